//! One panel of a line chart: bands, lines and markers, so drawn that lines on top of each other all show.

use crate::report::chart::frame::{self, Area};
use crate::report::chart::line::{LinePanel, Series};
use crate::report::chart::ruler::Ruler;
use crate::report::chart::scene::{Dash, Fill, Point, Scene, Stroke};
use crate::report::chart::style::{self, MARKER, SeriesStyle};
use crate::report::chart::thin::{thin, thin_band};

/// Draws one panel and returns where it ends.
pub(super) fn draw_panel(
    scene: &mut Scene,
    area: &Area,
    (x, y): (&Ruler, &Ruler),
    panel: &LinePanel,
    first: bool,
) -> f64 {
    frame::grid(scene, area, Some(x), Some(y));
    if panel.series.iter().all(|s| s.points.is_empty() && s.band.is_empty()) {
        frame::nothing(scene, area);
    }
    for series in &panel.series {
        draw_band(scene, area, x, y, series);
    }
    let paths: Vec<Vec<Point>> = panel.series.iter().map(|s| pixels(s, x, y)).collect();
    let hidden: Vec<usize> = (0..paths.len()).map(|i| covered_by(&panel.series, &paths, i)).collect();
    // Measured lines below, theory and bounds on top of them, markers last.
    for measured in [true, false] {
        for (i, series) in panel.series.iter().enumerate() {
            if is_measured(series) == measured {
                let stroke = style::stroke(series.style, series.group);
                let width = stroke.width
                    + if stroke.dash == Dash::Solid {
                        1.6 * hidden[i] as f64
                    } else {
                        0.0
                    };
                scene.line(thin(paths[i].clone(), area.width()), Stroke { width, ..stroke });
            }
        }
    }
    for (i, series) in panel.series.iter().enumerate() {
        if is_measured(series) {
            let radius = MARKER + 1.8 * hidden[i] as f64;
            draw_markers(scene, &paths[i], series, radius);
        }
    }
    frame::y_axis(scene, area, y, first);
    frame::x_axis(scene, area, x, true)
}

fn is_measured(series: &Series) -> bool {
    match series.style {
        SeriesStyle::Measured | SeriesStyle::Contrast => true,
        SeriesStyle::Theory | SeriesStyle::Bound => false,
    }
}

/// The series' points in pixels, left to right.
fn pixels(series: &Series, x: &Ruler, y: &Ruler) -> Vec<Point> {
    let mut points = series.points.clone();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points.into_iter().map(|(px, py)| (x.at(px), y.at(py))).collect()
}

/// How many later measured lines lie exactly on top of line `i`. Such a line is drawn wider, with larger markers, so
/// that it still shows at the rims of those that cover it.
fn covered_by(series: &[Series], paths: &[Vec<Point>], i: usize) -> usize {
    let on_top = |j: &usize| {
        let (below, above) = (&paths[i], &paths[*j]);
        let near = |(a, b): (&Point, &Point)| (a.0 - b.0).abs() < 2.0 && (a.1 - b.1).abs() < 3.0;
        let meeting = below.iter().zip(above).filter(|pair| near(*pair)).count();
        below.len() == above.len() && meeting > 0 && meeting * 2 >= below.len()
    };
    (i + 1..series.len())
        .filter(|j| is_measured(&series[i]) && is_measured(&series[*j]))
        .filter(on_top)
        .count()
        .min(4)
}

fn draw_band(scene: &mut Scene, area: &Area, x: &Ruler, y: &Ruler, series: &Series) {
    let mut band = series.band.clone();
    band.sort_by(|a, b| a.0.total_cmp(&b.0));
    let band = band
        .into_iter()
        .map(|(at, low, high)| (x.at(at), y.at(high), y.at(low)))
        .collect();
    let band = thin_band(band, area.width());
    let upper = band.iter().map(|p| (p.0, p.1));
    let lower = band.iter().rev().map(|p| (p.0, p.2));
    scene.area(
        upper.chain(lower).collect(),
        Fill {
            colour: style::colour(series.group),
            alpha: 0.18,
        },
    );
}

/// Markers at all points, or, where they would touch, only at points some way apart.
fn draw_markers(scene: &mut Scene, path: &[Point], series: &Series, radius: f64) {
    let hollow = series.style == SeriesStyle::Contrast;
    let mut free_from = f64::NEG_INFINITY;
    let crowded = path.len() > 40;
    for &at in path {
        if !crowded || at.0 >= free_from {
            style::marker(
                scene,
                style::form(series.group),
                at,
                radius,
                style::colour(series.group),
                hollow,
            );
            free_from = at.0 + 6.0 * MARKER;
        }
    }
}
