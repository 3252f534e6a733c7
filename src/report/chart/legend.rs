//! Legends: names beside samples, below the data in columns, or to the right of the lines they name.

use crate::report::chart::ChartError;
use crate::report::chart::backend::draw_at;
use crate::report::chart::bar::{BarKind, Block};
use crate::report::chart::font::{self, LEADING};
use crate::report::chart::frame::{LABEL_SIZE, centred, words};
use crate::report::chart::marker::{MARKER, Marker};
use crate::report::chart::scene::{Anchor, Scene, Stroke};
use crate::report::chart::style::{self, SeriesStyle, TEXT};

/// The width of a sample and its distance from the name.
const SAMPLE: f64 = 36.0;
const SAMPLE_GAP: f64 = 8.0;
/// Between two columns.
const COLUMN_GAP: f64 = 22.0;
/// One row.
const ROW: f64 = 22.0;

/// What a legend entry shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sample {
    /// A line of a chart that draws markers.
    Line { style: SeriesStyle, group: usize },
    /// A line exactly as drawn.
    Stroke(Stroke),
    /// A bar of a timeline.
    Bar(BarKind),
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub name: String,
    pub sample: Sample,
}

/// Draws the sample centred on `y`.
fn draw_sample(scene: &mut Scene, sample: Sample, left: f64, y: f64) -> Result<(), ChartError> {
    let ends = vec![(left, y), (left + SAMPLE, y)];
    match sample {
        Sample::Line { style: kind, group } => {
            scene.line(ends, style::stroke(kind, group));
            if matches!(kind, SeriesStyle::Measured | SeriesStyle::Contrast) {
                let hollow = kind == SeriesStyle::Contrast;
                let middle = (left + SAMPLE / 2.0, y);
                draw_at(scene, &Marker::new(middle, group, MARKER, hollow))?;
            }
        }
        Sample::Stroke(stroke) => scene.line(ends, stroke),
        Sample::Bar(kind) => draw_at(scene, &Block::new((left, y - 7.0), (left + SAMPLE, y + 7.0), kind))?,
    }
    Ok(())
}

/// Draws the entries in columns within `room` and returns where they end. Long names break into lines.
pub(super) fn columns(scene: &mut Scene, entries: &[Entry], left: f64, top: f64, room: f64) -> Result<f64, ChartError> {
    let name_room = room - SAMPLE - SAMPLE_GAP;
    let widest = entries
        .iter()
        .map(|e| font::width(&e.name, LABEL_SIZE, false))
        .fold(0.0, f64::max)
        .min(name_room);
    let column = SAMPLE + SAMPLE_GAP + widest + COLUMN_GAP;
    let fitting = (libm::floor((room + COLUMN_GAP) / column) as usize).clamp(1, entries.len().max(1));
    // As few rows as fit, and the columns evenly full.
    let rows = entries.len().div_ceil(fitting);
    let mut bottom = top;
    let mut tops = vec![top; fitting];
    for (i, entry) in entries.iter().enumerate() {
        let at = i / rows.max(1);
        let (x, y) = (left + at as f64 * column, tops[at] + ROW / 2.0);
        draw_sample(scene, entry.sample, x, y)?;
        let lines = font::wrap(&entry.name, LABEL_SIZE, false, widest.max(1.0) + 0.5);
        for (k, line) in lines.iter().enumerate() {
            let place = (
                x + SAMPLE + SAMPLE_GAP,
                centred(y, LABEL_SIZE) + k as f64 * LABEL_SIZE * LEADING,
            );
            scene.text(words(line.clone(), place, LABEL_SIZE, TEXT, Anchor::Start));
        }
        tops[at] += ROW + lines.len().saturating_sub(1) as f64 * LABEL_SIZE * LEADING;
        bottom = bottom.max(tops[at]);
    }
    Ok(bottom)
}

/// Draws the entries in one row that ends at `right`, centred on `y`.
/// The caller has seen to it that they fit (`row_width`).
pub(super) fn row(scene: &mut Scene, entries: &[Entry], right: f64, y: f64) -> Result<(), ChartError> {
    let mut x = right - row_width(entries);
    for entry in entries {
        draw_sample(scene, entry.sample, x, y)?;
        let place = (x + SAMPLE + SAMPLE_GAP, centred(y, LABEL_SIZE));
        scene.text(words(entry.name.clone(), place, LABEL_SIZE, TEXT, Anchor::Start));
        x += SAMPLE + SAMPLE_GAP + font::width(&entry.name, LABEL_SIZE, false) + COLUMN_GAP;
    }
    Ok(())
}

/// The width of `entries` in one row.
pub(super) fn row_width(entries: &[Entry]) -> f64 {
    let names: f64 = entries.iter().map(|e| font::width(&e.name, LABEL_SIZE, false)).sum();
    let count = entries.len() as f64;
    names + count * (SAMPLE + SAMPLE_GAP) + (count - 1.0).max(0.0) * COLUMN_GAP
}

/// The width of names beside the lines' ends, or `None` if they would take too much of the picture's width or height.
pub(super) fn side_width(entries: &[Entry], height: f64) -> Option<f64> {
    let widest = entries
        .iter()
        .map(|e| font::width(&e.name, LABEL_SIZE, false))
        .fold(0.0, f64::max);
    let width = LEADER + SAMPLE + SAMPLE_GAP + widest;
    (width <= 250.0 && entries.len() as f64 * ROW <= height).then_some(width)
}

/// The room for the thin line from a series' end to its name.
const LEADER: f64 = 24.0;

/// Draws each entry at the height of its line's end, as near as its neighbours allow, between `top` and `bottom`.
/// `ends` are the heights; a thin line leads from the end at `left` to the name.
pub(super) fn beside(
    scene: &mut Scene,
    entries: &[Entry],
    ends: &[Option<f64>],
    left: f64,
    top: f64,
    bottom: f64,
) -> Result<(), ChartError> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    let wanted = |i: usize| ends[i].unwrap_or(bottom);
    order.sort_by(|&a, &b| wanted(a).total_cmp(&wanted(b)).then(a.cmp(&b)));
    let heights: Vec<f64> = order.iter().map(|&i| wanted(i)).collect();
    let places = spread(&heights, ROW, top + ROW / 2.0, bottom - ROW / 2.0);
    for (&i, &y) in order.iter().zip(&places) {
        if let Some(end) = ends[i] {
            let path = vec![(left + 8.0, end), (left + LEADER - 3.0, y)];
            scene.line(path, Stroke::solid(style::FRAME, 0.8));
        }
        draw_sample(scene, entries[i].sample, left + LEADER, y)?;
        let place = (left + LEADER + SAMPLE + SAMPLE_GAP, centred(y, LABEL_SIZE));
        scene.text(words(entries[i].name.clone(), place, LABEL_SIZE, TEXT, Anchor::Start));
    }
    Ok(())
}

/// Moves ascending `wanted` places apart until neighbours are `gap` from each other, each group of touching ones around
/// its mean, and all within `low..=high` if that is long enough.
fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    // Each group: where its first member would like to be on average, and how many there are.
    let mut groups: Vec<(f64, usize)> = Vec::new();
    for &place in wanted {
        groups.push((place, 1));
        while let [.., (before, n), (after, m)] = groups[..] {
            if before + n as f64 * gap <= after {
                break;
            }
            let first = (before * n as f64 + (after - n as f64 * gap) * m as f64) / (n + m) as f64;
            groups.truncate(groups.len() - 2);
            groups.push((first, n + m));
        }
    }
    let mut places: Vec<f64> = groups
        .iter()
        .flat_map(|&(first, n)| (0..n).map(move |k| first + k as f64 * gap))
        .collect();
    let mut floor = low;
    for place in &mut places {
        *place = place.max(floor);
        floor = *place + gap;
    }
    let mut ceiling = high;
    for place in places.iter_mut().rev() {
        *place = place.min(ceiling);
        ceiling = *place - gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_move_apart_around_their_mean() {
        assert_eq!(spread(&[100.0, 100.0, 100.0], 20.0, 0.0, 200.0), [80.0, 100.0, 120.0]);
        assert_eq!(spread(&[10.0, 50.0, 90.0], 20.0, 0.0, 200.0), [10.0, 50.0, 90.0]);
        assert_eq!(spread(&[198.0, 199.0], 20.0, 0.0, 200.0), [180.0, 200.0]);
        assert_eq!(spread(&[-5.0, 0.0, 1.0], 20.0, 0.0, 200.0), [0.0, 20.0, 40.0]);
        assert!(spread(&[], 20.0, 0.0, 200.0).is_empty());
    }
}
