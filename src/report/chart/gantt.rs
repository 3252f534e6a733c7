//! Who ran where and when: attempts on nodes as bars on lanes.

use std::collections::BTreeMap;

use crate::report::chart::axis::{Axis, Scale};
use crate::report::chart::font::{self, CAP_HEIGHT};
use crate::report::chart::frame::{self, Area, MARGIN, TICK_SIZE, WIDTH, centred, words};
use crate::report::chart::legend::{self, Entry, Sample};
use crate::report::chart::pack::pack;
use crate::report::chart::ruler::{Ruler, Way};
use crate::report::chart::scene::{Anchor, Colour, Fill, Point, Scene, Shape, Stroke};
use crate::report::chart::style::{FRAME, PALETTE, SHADE, TEXT, WHITE};
use crate::report::chart::{ChartError, check, extent, raster, svg};
use crate::report::number::count;

/// A timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct GanttChart {
    /// What is shown, in a few words.
    pub title: String,
    /// What was run.
    pub subtitle: String,
    /// The time axis; usually [`Axis::time`].
    pub x: Axis,
    /// What a lane is, in the plural, for the note about lanes left out: `nodes`.
    pub lanes_are: String,
    /// From top to bottom. Of more than 40, lanes with bars come first and the rest is left out, with a note.
    pub lanes: Vec<Lane>,
    /// A remark below the chart.
    pub note: Option<String>,
}

/// A node, or whatever bars are on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lane {
    /// The name at the left.
    pub name: String,
    /// In any order; those that overlap lie side by side.
    pub bars: Vec<Bar>,
}

/// One attempt, or one state of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// When it begins, in the unit of x.
    pub start_s: f64,
    /// When it ends; not before it begins.
    pub end_s: f64,
    /// Written inside where it fits; may be empty.
    pub label: String,
    /// What it is.
    pub kind: BarKind,
}

/// What a bar is. Later ones win where several are too short to be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BarKind {
    /// Ran and ended well (or runs still).
    Ok,
    /// Waiting for a node.
    Pending,
    /// On its node, but not running yet: pulling, starting, backing off.
    Starting,
    /// Ran and failed.
    Failed,
}

impl BarKind {
    const ALL: [Self; 4] = [Self::Ok, Self::Pending, Self::Starting, Self::Failed];

    fn name(self) -> &'static str {
        match self {
            Self::Ok => "succeeded",
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Failed => "failed",
        }
    }
    fn fill(self) -> Colour {
        match self {
            Self::Ok => PALETTE[0],
            Self::Pending => WHITE,
            Self::Starting => PALETTE[5].mix(WHITE, 0.35),
            Self::Failed => PALETTE[1],
        }
    }
    fn edge(self) -> Stroke {
        match self {
            Self::Ok => Stroke::solid(WHITE, 0.8),
            Self::Pending | Self::Starting => Stroke::solid(FRAME, 0.8),
            Self::Failed => Stroke::solid(TEXT, 1.0),
        }
    }
    fn ink(self) -> Colour {
        match self {
            Self::Ok => WHITE,
            Self::Pending | Self::Starting | Self::Failed => TEXT,
        }
    }
    /// Draws a bar. Failed ones are hatched, so that they stand out without colour.
    pub(super) fn draw(self, scene: &mut Scene, (left, top): Point, (width, height): Point) {
        let shape = Shape::Rect {
            left,
            top,
            width,
            height,
        };
        let outlined = width >= 3.0 && height >= 4.0;
        scene.mark(shape.clone(), Some(Fill::opaque(self.fill())), None);
        if self == Self::Failed && width >= 4.0 && height >= 4.0 {
            scene.segments(hatch(left, top, width, height), Stroke::solid(WHITE, 1.3));
        }
        if outlined {
            scene.mark(shape, None, Some(self.edge()));
        }
    }
}

/// Slanted lines inside a rectangle, in step with those of all other rectangles.
fn hatch(left: f64, top: f64, width: f64, height: f64) -> Vec<(Point, Point)> {
    const STEP: f64 = 6.0;
    // Lines x + y = k · STEP.
    let (first, last) = (
        libm::ceil((left + top) / STEP) as i64,
        libm::floor((left + width + top + height) / STEP) as i64,
    );
    let line = |k: i64| {
        let sum = k as f64 * STEP;
        let (from, to) = (left.max(sum - top - height), (left + width).min(sum - top));
        ((from, sum - from), (to, sum - to))
    };
    (first..=last).map(line).filter(|(a, b)| a.0 < b.0).collect()
}

/// The most lanes, and the most rows on all lanes together.
const MAX_LANES: usize = 40;
const MAX_ROWS: usize = 160;
/// What the rows may take in height, and the bounds of one.
const ROOM: f64 = 560.0;
const ROW: (f64, f64) = (4.0, 24.0);
/// A lane is at least as high as its name.
const MIN_LANE: f64 = 17.0;

/// A lane as it is drawn: which bar is on which row.
struct Laid<'a> {
    lane: &'a Lane,
    rows: Vec<usize>,
    /// How many rows are drawn; bars beyond are left out.
    count: usize,
}

impl GanttChart {
    /// The chart as SVG text.
    ///
    /// # Errors
    /// Values that cannot be drawn.
    pub fn svg(&self) -> Result<String, ChartError> {
        Ok(svg::write(&self.scene()?))
    }
    /// The chart as PNG bytes, at twice the size.
    ///
    /// # Errors
    /// Values that cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        raster::write(&self.scene()?)
    }

    fn check(&self) -> Result<(), ChartError> {
        let axis = Axis {
            scale: Scale::Linear,
            ..self.x.clone()
        };
        for lane in &self.lanes {
            for (index, bar) in lane.bars.iter().enumerate() {
                check(&axis, &lane.name, index, bar.start_s)?;
                check(&axis, &lane.name, index, bar.end_s)?;
                if bar.end_s < bar.start_s {
                    let what = lane.name.clone();
                    return Err(ChartError::Backwards {
                        what,
                        index,
                        low: bar.start_s,
                        high: bar.end_s,
                    });
                }
            }
        }
        Ok(())
    }

    /// The lanes that are drawn, and what to say about those that are not.
    fn lay(&self) -> (Vec<Laid<'_>>, Option<String>) {
        let crowded = self.lanes.len() > MAX_LANES;
        let used = self.lanes.iter().filter(|l| !crowded || !l.bars.is_empty());
        let mut laid: Vec<Laid<'_>> = Vec::new();
        let mut rows_left = MAX_ROWS;
        for lane in used.take(MAX_LANES) {
            let spans: Vec<(f64, f64)> = lane.bars.iter().map(|b| (b.start_s, b.end_s)).collect();
            let (rows, count) = pack(&spans);
            let count = count.clamp(1, MAX_ROWS);
            // The first lane is always drawn, even if cut.
            if count > rows_left && !laid.is_empty() {
                break;
            }
            rows_left = rows_left.saturating_sub(count);
            laid.push(Laid { lane, rows, count });
        }
        let bars: usize = self.lanes.iter().map(|l| l.bars.len()).sum();
        let drawn: usize = laid
            .iter()
            .map(|l| l.rows.iter().filter(|r| **r < l.count).count())
            .sum();
        let note = (laid.len() < self.lanes.len() || drawn < bars).then(|| {
            let of = |a: usize, b: usize| format!("{} of {}", count(a as u64), count(b as u64));
            let skipped = if crowded {
                ", those without any bar left out first"
            } else {
                ""
            };
            format!(
                "Cut to fit: {} {} are shown{skipped}, with {} bars.",
                of(laid.len(), self.lanes.len()),
                self.lanes_are,
                of(drawn, bars)
            )
        });
        (laid, note)
    }

    fn scene(&self) -> Result<Scene, ChartError> {
        self.check()?;
        let (laid, cut) = self.lay();
        let mut scene = Scene::new(WIDTH, self.title.clone());
        let top = frame::heading(&mut scene, &self.title, &self.subtitle);
        let names = laid
            .iter()
            .map(|l| font::width(&l.lane.name, TICK_SIZE, false))
            .fold(0.0, f64::max)
            .min(200.0);
        let (left, right) = (MARGIN + names + 10.0, WIDTH - MARGIN - 16.0);
        let bars = || laid.iter().flat_map(|l| &l.lane.bars);
        let range = extent(bars().flat_map(|b| [b.start_s, b.end_s]));
        let axis = Axis {
            scale: Scale::Linear,
            ..self.x.clone()
        };
        let x = Ruler::new(&axis, range, Way::Across, right - left).placed(left, right);
        let rows: usize = laid.iter().map(|l| l.count).sum();
        let row = (ROOM / rows.max(1) as f64).clamp(ROW.0, ROW.1);
        let lane_height = |l: &Laid<'_>| (l.count as f64 * row).max(MIN_LANE) + LANE_GAP;
        let height = laid.iter().map(lane_height).sum::<f64>().max(60.0);
        let area = Area {
            left,
            top,
            right,
            bottom: top + height,
        };
        self.lane_backs(&mut scene, &laid, &area, lane_height);
        frame::grid(&mut scene, &area, Some(&x), None);
        let mut y = top;
        for l in &laid {
            let inner = (l.count as f64 * row).max(MIN_LANE);
            draw_lane(&mut scene, l, &x, y + LANE_GAP / 2.0, inner / l.count as f64);
            y += lane_height(l);
        }
        if bars().next().is_none() {
            frame::nothing(&mut scene, &area);
        }
        let mut bottom = frame::x_axis(&mut scene, &area, &x, true);
        let kinds = BarKind::ALL.into_iter().filter(|k| bars().any(|b| b.kind == *k));
        let entries: Vec<Entry> = kinds
            .map(|k| Entry {
                name: k.name().to_owned(),
                sample: Sample::Bar(k),
            })
            .collect();
        if !entries.is_empty() {
            bottom = legend::columns(&mut scene, &entries, left, bottom + 10.0, right - left);
        }
        let notes: Vec<String> = cut.into_iter().chain(self.note.clone()).collect();
        frame::finish(&mut scene, &notes, bottom + 4.0);
        Ok(scene)
    }

    /// Names, and a shade behind every other lane.
    fn lane_backs(&self, scene: &mut Scene, laid: &[Laid<'_>], area: &Area, height: impl Fn(&Laid<'_>) -> f64) {
        let mut y = area.top;
        for (i, l) in laid.iter().enumerate() {
            let tall = height(l);
            if i % 2 == 0 {
                let shape = Shape::Rect {
                    left: MARGIN,
                    top: y,
                    width: area.right - MARGIN,
                    height: tall,
                };
                scene.mark(shape, Some(Fill::opaque(SHADE)), None);
            }
            let name = font::shorten(&l.lane.name, TICK_SIZE, false, area.left - MARGIN - 8.0);
            let at = (area.left - 7.0, centred(y + tall / 2.0, TICK_SIZE));
            scene.text(words(name, at, TICK_SIZE, TEXT, Anchor::End));
            y += tall;
        }
    }
}

/// Between two lanes.
const LANE_GAP: f64 = 4.0;

/// Draws the bars of one lane, whose rows are `row` high.
fn draw_lane(scene: &mut Scene, laid: &Laid<'_>, x: &Ruler, top: f64, row: f64) {
    let gap = if row >= 8.0 { 1.0 } else { 0.0 };
    // Bars shorter than a pixel: for each row and half pixel, the kind that matters most.
    let mut dust: BTreeMap<(usize, i64), BarKind> = BTreeMap::new();
    for (bar, &at) in laid.lane.bars.iter().zip(&laid.rows) {
        if at >= laid.count {
            continue;
        }
        let (from, to) = (x.at(bar.start_s), x.at(bar.end_s));
        if to - from < 1.0 {
            for column in libm::floor(from * 2.0) as i64..=libm::floor(to * 2.0) as i64 {
                let kind = dust.entry((at, column)).or_insert(bar.kind);
                *kind = (*kind).max(bar.kind);
            }
            continue;
        }
        let (y, height) = (top + at as f64 * row + gap / 2.0, row - gap);
        bar.kind.draw(scene, (from, y), (to - from, height));
        label(scene, bar, (from, y), (to - from, height));
    }
    for ((at, column), width, kind) in runs(&dust) {
        let place = (column as f64 / 2.0, top + at as f64 * row + gap / 2.0);
        let shape = Shape::Rect {
            left: place.0,
            top: place.1,
            width,
            height: row - gap,
        };
        let colour = if kind == BarKind::Pending { FRAME } else { kind.fill() };
        scene.mark(shape, Some(Fill::opaque(colour)), None);
    }
}

/// Neighbouring half pixels of one kind as one piece: where it starts, how wide it is in pixels, its kind.
fn runs(dust: &BTreeMap<(usize, i64), BarKind>) -> Vec<((usize, i64), f64, BarKind)> {
    let mut runs: Vec<((usize, i64), f64, BarKind)> = Vec::new();
    for (&(row, column), &kind) in dust {
        match runs.last_mut() {
            Some(((r, c), width, k)) if *r == row && *k == kind && *c + (*width * 2.0) as i64 == column => {
                *width += 0.5
            }
            _ => runs.push(((row, column), 0.5, kind)),
        }
    }
    runs
}

/// Writes a bar's label inside it, if there is room for all of it.
fn label(scene: &mut Scene, bar: &Bar, (left, top): Point, (width, height): Point) {
    const SIZE: f64 = 11.0;
    let room = font::width(&bar.label, SIZE, false);
    if bar.label.is_empty() || height < SIZE + 1.0 || room + 6.0 > width {
        return;
    }
    let middle = left + width / 2.0;
    if bar.kind == BarKind::Failed {
        let (patch, tall) = (room + 4.0, SIZE * CAP_HEIGHT + 5.0);
        let shape = Shape::Rect {
            left: middle - patch / 2.0,
            top: top + (height - tall) / 2.0,
            width: patch,
            height: tall,
        };
        scene.mark(shape, Some(Fill::opaque(WHITE)), None);
    }
    let at = (middle, centred(top + height / 2.0, SIZE));
    scene.text(words(bar.label.clone(), at, SIZE, bar.kind.ink(), Anchor::Middle));
}
