//! Values against a factor: makespan against n, speed-up against n.

use crate::report::chart::axis::{Axis, Scale};
use crate::report::chart::font::{self, CAP_HEIGHT};
use crate::report::chart::frame::{self, Area, LABEL_SIZE, MARGIN, WIDTH, words};
use crate::report::chart::legend::{self, Entry, Sample};
use crate::report::chart::panel::draw_panel;
use crate::report::chart::ruler::{Ruler, Way};
use crate::report::chart::scene::{Anchor, Scene, Text};
use crate::report::chart::style::{SeriesStyle, TEXT};
use crate::report::chart::{ChartError, Extent, check, extent, raster, svg};

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
    fn extents(&self) -> (Extent, Extent) {
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
        let beside = legend::side_width(&entries, height).filter(|_| columns == 1);
        let (xs, ys) = self.extents();
        let y = Ruler::new(&self.y, ys, Way::Up, height);
        let left = MARGIN + frame::y_axis_room(&y);
        let right = WIDTH - MARGIN - beside.unwrap_or(14.0);
        let width = ((right - left) - GUTTER * (columns as f64 - 1.0)) / columns as f64;
        let x = Ruler::new(&self.x, xs, Way::Across, width);
        let named = if beside.is_some() { &entries[..] } else { &[] };
        let row = Row {
            left,
            width,
            height,
            x,
            y,
            named,
        };
        let empty = [LinePanel::default()];
        let panels = if self.panels.is_empty() {
            &empty[..]
        } else {
            &self.panels[..]
        };
        let mut bottom = top;
        for (i, panels) in panels.chunks(columns).enumerate() {
            bottom = row.draw(&mut scene, panels, bottom + if i > 0 { 14.0 } else { 0.0 })?;
        }
        if beside.is_none() && !entries.is_empty() {
            bottom = legend::columns(&mut scene, &entries, left, bottom + 10.0, WIDTH - MARGIN - left)?;
        }
        let notes: Vec<String> = self.note.iter().cloned().collect();
        frame::finish(&mut scene, &notes, bottom + 4.0);
        Ok(scene)
    }
}

/// Between two panels.
const GUTTER: f64 = 26.0;

/// What all rows of panels have in common.
struct Row<'a> {
    left: f64,
    /// Of one panel's data.
    width: f64,
    height: f64,
    x: Ruler,
    y: Ruler,
    /// The lines to name at their right ends.
    named: &'a [Entry],
}

impl Row<'_> {
    /// Draws panels side by side from `top` down and returns where they end.
    fn draw(&self, scene: &mut Scene, panels: &[LinePanel], top: f64) -> Result<f64, ChartError> {
        let start = |i: usize| self.left + i as f64 * (self.width + GUTTER);
        let mut head = top;
        if panels.iter().any(|p| !p.title.is_empty()) {
            head += LABEL_SIZE * 2.0;
            for (i, panel) in panels.iter().enumerate() {
                let title = font::shorten(&panel.title, LABEL_SIZE, true, self.width + GUTTER - 10.0);
                let text = words(title, (start(i), head - 14.0), LABEL_SIZE, TEXT, Anchor::Start);
                scene.text(Text { bold: true, ..text });
            }
        }
        let baseline = head + LABEL_SIZE * CAP_HEIGHT;
        let title = words(&self.y.title, (MARGIN, baseline), LABEL_SIZE, TEXT, Anchor::Start);
        scene.text(title);
        let (top, bottom) = (baseline + 14.0, baseline + 14.0 + self.height);
        let mut end = bottom;
        for (i, panel) in panels.iter().enumerate() {
            let area = Area {
                left: start(i),
                top,
                right: start(i) + self.width,
                bottom,
            };
            let x = self.x.clone().placed(area.left, area.right);
            let y = self.y.clone().placed(area.bottom, area.top);
            end = draw_panel(scene, &area, (&x, &y), panel, i == 0)?;
            if !self.named.is_empty() {
                let ends = ends(self.named, panel, &area, &x, &y);
                legend::beside(scene, self.named, &ends, area.right, top - 8.0, bottom + 8.0)?;
            }
        }
        Ok(end)
    }
}

/// The height at which each entry's line reaches the right edge, if it does.
fn ends(entries: &[Entry], panel: &LinePanel, area: &Area, x: &Ruler, y: &Ruler) -> Vec<Option<f64>> {
    let end = |entry: &Entry| {
        let same = |s: &&Series| {
            s.name == entry.name
                && entry.sample
                    == Sample::Line {
                        style: s.style,
                        group: s.group,
                    }
        };
        let series = panel.series.iter().find(same)?;
        let last = series.points.iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
        (x.at(last.0) > area.right - 30.0).then(|| y.at(last.1))
    };
    entries.iter().map(end).collect()
}
