//! Values against a factor: makespan against n, speed-up against n.

use crate::report::chart::axis::{Axis, Scale};
use crate::report::chart::font::CAP_HEIGHT;
use crate::report::chart::frame::{self, Area, LABEL_SIZE, MARGIN, WIDTH, words};
use crate::report::chart::legend::{self, Entry, Sample};
use crate::report::chart::ruler::{Ruler, Way};
use crate::report::chart::scene::{Anchor, Dash, Fill, Point, Scene, Stroke, Text};
use crate::report::chart::style::{self, MARKER, SeriesStyle, TEXT};
use crate::report::chart::thin::{thin, thin_band};
use crate::report::chart::{ChartError, check, extent, raster, svg};

/// A line chart: one panel, or several with common axes.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// What is shown, in a few words.
    pub title: String,
    /// What was run: the cluster, the workload, seeds and replications.
    pub subtitle: String,
    /// The factor.
    pub x: Axis,
    /// The measured value.
    pub y: Axis,
    /// What is drawn; series of the same name, style and group in several panels share one legend entry.
    pub panels: Vec<LinePanel>,
    /// A remark below the chart.
    pub note: Option<String>,
}

/// One of the panels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinePanel {
    /// What sets it apart from the others; may be empty for a single panel.
    pub title: String,
    /// Drawn in this order, measured ones first. May be empty, and so may each of them.
    pub series: Vec<Series>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// (x, y), in the axes' own units; drawn in ascending order of x.
    pub points: Vec<(f64, f64)>,
    /// (x, lower, upper): a confidence band. Empty for none. On a logarithmic axis a lower edge at or below zero is
    /// drawn at the bottom.
    pub band: Vec<(f64, f64, f64)>,
    /// What the values are.
    pub style: SeriesStyle,
    /// Which colour and marker: series that belong together have the same. Seven of them go round.
    pub group: usize,
}

impl LineChart {
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

    fn series(&self) -> impl Iterator<Item = &Series> {
        self.panels.iter().flat_map(|p| &p.series)
    }

    fn check(&self) -> Result<(), ChartError> {
        for series in self.series() {
            for (i, &(x, y)) in series.points.iter().enumerate() {
                check(&self.x, &series.name, i, x)?;
                check(&self.y, &series.name, i, y)?;
            }
            let band = format!("{} (band)", series.name);
            let edge = Axis {
                scale: Scale::Linear,
                ..self.y.clone()
            };
            for (i, &(x, low, high)) in series.band.iter().enumerate() {
                check(&self.x, &band, i, x)?;
                check(&edge, &band, i, low)?;
                check(&self.y, &band, i, high)?;
                if low > high {
                    return Err(ChartError::Backwards {
                        what: band,
                        index: i,
                        low,
                        high,
                    });
                }
            }
        }
        Ok(())
    }

    /// The ranges of x and y over all panels.
    fn extents(&self) -> (Option<(f64, f64)>, Option<(f64, f64)>) {
        let xs = self
            .series()
            .flat_map(|s| s.points.iter().map(|p| p.0).chain(s.band.iter().map(|b| b.0)));
        let tiny = match self.y.scale {
            Scale::Linear => f64::NEG_INFINITY,
            Scale::Log => 1e-15,
        };
        let edges = |s: &Series| -> Vec<f64> { s.band.iter().flat_map(|b| [b.1, b.2]).collect() };
        let ys = self
            .series()
            .flat_map(|s| s.points.iter().map(|p| p.1).chain(edges(s)).filter(|y| *y >= tiny));
        (extent(xs), extent(ys))
    }

    /// The legend: one entry for every name, style and group, in order of appearance, and where its line ends.
    fn entries(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for series in self.series() {
            let sample = Sample::Line {
                style: series.style,
                group: series.group,
                marked: true,
            };
            let entry = Entry {
                name: series.name.clone(),
                sample,
            };
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        entries
    }

    fn scene(&self) -> Result<Scene, ChartError> {
        self.check()?;
        let mut scene = Scene::new(WIDTH, self.title.clone());
        let top = frame::heading(&mut scene, &self.title, &self.subtitle);
        let entries = self.entries();
        let columns = match self.panels.len() {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        };
        let height = if columns == 1 { 350.0 } else { 320.0 };
        let beside = if columns == 1 {
            legend::side_width(&entries, height)
        } else {
            None
        };
        let (xs, ys) = self.extents();
        let y = Ruler::new(&self.y, ys, Way::Up, height);
        let left = MARGIN + frame::y_axis_room(&y);
        let right = WIDTH - MARGIN - beside.unwrap_or(14.0);
        let width = ((right - left) - GUTTER * (columns as f64 - 1.0)) / columns as f64;
        let x = Ruler::new(&self.x, xs, Way::Across, width);
        let empty = LinePanel::default();
        let panels: Vec<&LinePanel> = if self.panels.is_empty() {
            vec![&empty]
        } else {
            self.panels.iter().collect()
        };
        let mut bottom = top;
        for (row, panels) in panels.chunks(columns).enumerate() {
            let mut head = bottom + if row > 0 { 14.0 } else { 0.0 };
            if panels.iter().any(|p| !p.title.is_empty()) {
                head += LABEL_SIZE * 1.5;
                for (i, panel) in panels.iter().enumerate() {
                    let at = (left + i as f64 * (width + GUTTER), head - 5.0);
                    let title = words(panel.title.clone(), at, LABEL_SIZE, TEXT, Anchor::Start);
                    scene.text(Text { bold: true, ..title });
                }
            }
            let baseline = head + LABEL_SIZE * CAP_HEIGHT;
            scene.text(words(
                y.title.clone(),
                (MARGIN, baseline),
                LABEL_SIZE,
                TEXT,
                Anchor::Start,
            ));
            for (i, panel) in panels.iter().enumerate() {
                let start = left + i as f64 * (width + GUTTER);
                let area = Area {
                    left: start,
                    top: baseline + 14.0,
                    right: start + width,
                    bottom: baseline + 14.0 + height,
                };
                let (x, y) = (
                    x.clone().placed(area.left, area.right),
                    y.clone().placed(area.bottom, area.top),
                );
                bottom = draw_panel(&mut scene, &area, (&x, &y), panel, i == 0);
                if beside.is_some() {
                    let ends = ends(&entries, panel, &area, &x, &y);
                    legend::beside(
                        &mut scene,
                        &entries,
                        &ends,
                        area.right,
                        area.top - 8.0,
                        area.bottom + 8.0,
                    );
                }
            }
        }
        if beside.is_none() && !entries.is_empty() {
            bottom = legend::columns(&mut scene, &entries, left, bottom + 10.0, WIDTH - MARGIN - left);
        }
        let notes: Vec<String> = self.note.iter().cloned().collect();
        frame::finish(&mut scene, &notes, bottom + 4.0);
        Ok(scene)
    }
}

/// Between two panels.
const GUTTER: f64 = 26.0;

/// The height at which each entry's line reaches the right edge, if it does.
fn ends(entries: &[Entry], panel: &LinePanel, area: &Area, x: &Ruler, y: &Ruler) -> Vec<Option<f64>> {
    let end = |entry: &Entry| {
        let same = |s: &&Series| {
            s.name == entry.name
                && entry.sample
                    == Sample::Line {
                        style: s.style,
                        group: s.group,
                        marked: true,
                    }
        };
        let series = panel.series.iter().find(same)?;
        let last = series.points.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        (x.at(last.0) > area.right - 30.0).then(|| y.at(last.1))
    };
    entries.iter().map(end).collect()
}

/// Draws one panel and returns where it ends.
fn draw_panel(scene: &mut Scene, area: &Area, (x, y): (&Ruler, &Ruler), panel: &LinePanel, first: bool) -> f64 {
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
                let dash = if paths[i].len() > 400 { Dash::Solid } else { stroke.dash };
                let width = stroke.width + if measured { 2.4 * hidden[i] as f64 } else { 0.0 };
                scene.line(thin(paths[i].clone(), area.width()), Stroke { width, dash, ..stroke });
            }
        }
    }
    for (i, series) in panel.series.iter().enumerate() {
        if is_measured(series) {
            let radius = MARKER + 2.2 * hidden[i] as f64;
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
