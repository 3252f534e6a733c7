//! One panel of a line chart: bands, lines and markers, so drawn that lines on top of each other all show.

use crate::report::chart::ChartError;
use crate::report::chart::frame::{self, Area};
use crate::report::chart::line::{LinePanel, Series};
use crate::report::chart::marker::{MARKER, Marker};
use crate::report::chart::plot::{EVERY_TICK, Plot};
use crate::report::chart::ruler::Ruler;
use crate::report::chart::scene::{Dash, Fill, Point, Scene, Stroke};
use crate::report::chart::style::{self, SeriesStyle};
use crate::report::chart::thin::{thin, thin_band};

/// Draws one panel and returns where it ends.
pub(super) fn draw_panel(
    scene: &mut Scene,
    area: &Area,
    (x, y): (&Ruler, &Ruler),
    panel: &LinePanel,
    first: bool,
) -> Result<f64, ChartError> {
    let mut plot = Plot::new(scene, area, x, y.clone())?;
    plot.grid(EVERY_TICK, EVERY_TICK)?;
    for series in &panel.series {
        let fill = Fill {
            colour: style::colour(series.group),
            alpha: 0.18,
        };
        plot.band(&band(area, x, series), fill)?;
    }
    let points: Vec<Vec<(f64, f64)>> = panel.series.iter().map(sorted).collect();
    let paths: Vec<Vec<Point>> = points.iter().map(|p| pixels(p, x, y)).collect();
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
                let line = thin(points[i].clone(), area.width(), |v| x.at(v));
                plot.line(line, Stroke { width, ..stroke })?;
            }
        }
    }
    for (i, series) in panel.series.iter().enumerate() {
        if is_measured(series) {
            let radius = MARKER + 1.8 * hidden[i] as f64;
            plot.series(markers(&points[i], x, series, radius))?;
        }
    }
    drop(plot);
    if panel.series.iter().all(|s| s.points.is_empty() && s.band.is_empty()) {
        frame::nothing(scene, area);
    }
    frame::y_axis(scene, area, y, first);
    Ok(frame::x_axis(scene, area, x, true))
}

fn is_measured(series: &Series) -> bool {
    match series.style {
        SeriesStyle::Measured | SeriesStyle::Contrast => true,
        SeriesStyle::Theory | SeriesStyle::Bound => false,
    }
}

/// The series' points, left to right.
fn sorted(series: &Series) -> Vec<(f64, f64)> {
    let mut points = series.points.clone();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

fn pixels(points: &[(f64, f64)], x: &Ruler, y: &Ruler) -> Vec<Point> {
    points.iter().map(|&(px, py)| (x.at(px), y.at(py))).collect()
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

/// The edges of the series' band, left to right.
fn band(area: &Area, x: &Ruler, series: &Series) -> Vec<(f64, f64, f64)> {
    let mut band = series.band.clone();
    band.sort_by(|a, b| a.0.total_cmp(&b.0));
    thin_band(band, area.width(), |v| x.at(v))
}

/// Markers at all points, or, where they would touch, only at points some way apart.
fn markers(points: &[(f64, f64)], x: &Ruler, series: &Series, radius: f64) -> Vec<Marker> {
    let hollow = series.style == SeriesStyle::Contrast;
    let mut free_from = f64::NEG_INFINITY;
    let crowded = points.len() > 40;
    let mut markers = Vec::new();
    for &at in points {
        let across = x.at(at.0);
        if !crowded || across >= free_from {
            markers.push(Marker::new(at, series.group, radius, hollow));
            free_from = across + 6.0 * MARKER;
        }
    }
    markers
}
