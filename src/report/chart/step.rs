//! Values over time that hold until they change: queue length, utilisation, replicas.

use crate::report::chart::axis::Axis;
use crate::report::chart::font::{self, CAP_HEIGHT};
use crate::report::chart::frame::{self, Area, LABEL_SIZE, MARGIN, WIDTH, words};
use crate::report::chart::legend::{self, Entry, Sample};
use crate::report::chart::plot::{EVERY_TICK, Plot};
use crate::report::chart::ruler::{Ruler, Way};
use crate::report::chart::scene::{Anchor, Dash, Fill, Scene, Stroke};
use crate::report::chart::style::{self, SeriesStyle, TEXT};
use crate::report::chart::thin::thin;
use crate::report::chart::{ChartError, check, extent, raster, svg};

/// Panels stacked on one time axis.
#[derive(Clone, Debug, PartialEq)]
pub struct StepChart {
    /// What is shown, in a few words.
    pub title: String,
    /// What was run.
    pub subtitle: String,
    /// The common axis; usually [`Axis::time`].
    pub x: Axis,
    /// From top to bottom.
    pub panels: Vec<StepPanel>,
    /// Where the last values stop holding, in the unit of x. `None`: at the last change of all.
    pub end: Option<f64>,
    /// A remark below the chart.
    pub note: Option<String>,
}

/// One of the panels, with its own vertical axis.
#[derive(Clone, Debug, PartialEq)]
pub struct StepPanel {
    /// What is shown.
    pub y: Axis,
    /// The lines.
    pub series: Vec<StepSeries>,
}

/// One value over time.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSeries {
    /// The name in the panel's legend; a panel with one unnamed series has none.
    pub name: String,
    /// (time, value from then on); drawn in ascending order of time, of equal times the last one holds.
    pub steps: Vec<(f64, f64)>,
    /// What the values are.
    pub style: SeriesStyle,
    /// Which colour.
    pub group: usize,
}

impl StepChart {
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
        for panel in &self.panels {
            for series in &panel.series {
                let what = if series.name.is_empty() {
                    &panel.y.label
                } else {
                    &series.name
                };
                for (i, &(x, y)) in series.steps.iter().enumerate() {
                    check(&self.x, what, i, x)?;
                    check(&panel.y, what, i, y)?;
                }
            }
        }
        self.end.map_or(Ok(()), |end| check(&self.x, "end", 0, end))
    }

    fn scene(&self) -> Result<Scene, ChartError> {
        self.check()?;
        let mut scene = Scene::new(WIDTH, self.title.clone());
        let mut bottom = frame::heading(&mut scene, &self.title, &self.subtitle);
        let height = match self.panels.len() {
            0 | 1 => 300.0,
            2 => 180.0,
            _ => 135.0,
        };
        let steps = || self.panels.iter().flat_map(|p| &p.series).flat_map(|s| &s.steps);
        let range = extent(steps().map(|s| s.0).chain(self.end));
        let rulers: Vec<Ruler> = self.panels.iter().map(|panel| panel.ruler(height)).collect();
        let left = MARGIN + rulers.iter().map(frame::y_axis_room).fold(0.0, f64::max);
        let right = WIDTH - MARGIN - 16.0;
        let x = Ruler::new(&self.x, range, Way::Across, right - left).placed(left, right);
        let end = range.map_or(0.0, |(_, last)| last);
        for (i, (panel, y)) in self.panels.iter().zip(rulers).enumerate() {
            let top = panel.head(&mut scene, &y, bottom + if i > 0 { 16.0 } else { 0.0 }, right)?;
            let area = Area {
                left,
                top,
                right,
                bottom: top + height,
            };
            let y = y.placed(area.bottom, area.top);
            panel.draw(&mut scene, &area, &x, &y, end)?;
            let last = i + 1 == self.panels.len();
            bottom = if last {
                frame::x_axis(&mut scene, &area, &x, true)
            } else {
                frame_floor(&mut scene, &area)
            };
        }
        if self.panels.is_empty() {
            let area = Area {
                left,
                top: bottom,
                right,
                bottom: bottom + height,
            };
            frame::nothing(&mut scene, &area);
            bottom = frame::x_axis(&mut scene, &area, &x, true);
        }
        let notes: Vec<String> = self.note.iter().cloned().collect();
        frame::finish(&mut scene, &notes, bottom + 4.0);
        Ok(scene)
    }
}

/// A line of more steps than this is not dashed.
const MOST_DASHED_STEPS: usize = 800;

/// The line below a panel that shares its axis with the panels below it.
fn frame_floor(scene: &mut Scene, area: &Area) -> f64 {
    scene.segments(
        vec![((area.left, area.bottom), (area.right, area.bottom))],
        Stroke::solid(style::FRAME, 1.0),
    );
    area.bottom
}

impl StepPanel {
    fn ruler(&self, height: f64) -> Ruler {
        let values = self.series.iter().flat_map(|s| s.steps.iter().map(|p| p.1));
        Ruler::new(&self.y, extent(values), Way::Up, height)
    }

    /// How the line of series `i` looks. Without markers, measured lines of one panel differ in their dashes too.
    fn stroke(&self, i: usize) -> Stroke {
        let series = &self.series[i];
        let stroke = style::stroke(series.style, series.group);
        let before = self.series[..i]
            .iter()
            .filter(|s| s.style == SeriesStyle::Measured)
            .count();
        let dash = match series.style {
            // Dashes of a line that goes up and down all the time are none, in the chart and so in the legend.
            SeriesStyle::Measured if series.steps.len() > MOST_DASHED_STEPS => Dash::Solid,
            SeriesStyle::Measured => [Dash::Solid, Dash::Long, Dash::LongShort, Dash::Short][before % 4],
            SeriesStyle::Contrast | SeriesStyle::Theory | SeriesStyle::Bound => stroke.dash,
        };
        let width = if series.style == SeriesStyle::Measured {
            1.8
        } else {
            stroke.width
        };
        Stroke { dash, width, ..stroke }
    }

    fn entries(&self) -> Vec<Entry> {
        let named = self.series.iter().enumerate().filter(|(_, s)| !s.name.is_empty());
        named
            .map(|(i, s)| Entry {
                name: s.name.clone(),
                sample: Sample::Stroke(self.stroke(i)),
            })
            .collect()
    }

    /// Writes what the panel shows, and its legend beside it or below it; returns where the data begin.
    fn head(&self, scene: &mut Scene, y: &Ruler, top: f64, right: f64) -> Result<f64, ChartError> {
        let baseline = top + LABEL_SIZE * CAP_HEIGHT + 4.0;
        scene.text(words(
            y.title.clone(),
            (MARGIN, baseline),
            LABEL_SIZE,
            TEXT,
            Anchor::Start,
        ));
        let entries = self.entries();
        let free = right - MARGIN - font::width(&y.title, LABEL_SIZE, false) - 30.0;
        if legend::row_width(&entries) <= free {
            legend::row(scene, &entries, right, baseline - LABEL_SIZE * CAP_HEIGHT / 2.0)?;
            return Ok(baseline + 12.0);
        }
        let bottom = legend::columns(scene, &entries, MARGIN, baseline + 4.0, right - MARGIN)?;
        Ok(bottom + 8.0)
    }

    fn draw(&self, scene: &mut Scene, area: &Area, x: &Ruler, y: &Ruler, end: f64) -> Result<(), ChartError> {
        let mut plot = Plot::new(scene, area, x, y.clone())?;
        plot.grid(EVERY_TICK, EVERY_TICK)?;
        let measured = self.series.iter().filter(|s| s.style == SeriesStyle::Measured).count();
        for (i, series) in self.series.iter().enumerate() {
            let path = staircase(series, x, area, end);
            let stroke = self.stroke(i);
            if measured == 1 && series.style == SeriesStyle::Measured {
                let fill = Fill {
                    colour: stroke.colour,
                    alpha: 0.15,
                };
                plot.area(path.clone(), y.low, fill)?;
            }
            plot.line(path, stroke)?;
        }
        drop(plot);
        if self.series.iter().all(|s| s.steps.is_empty()) {
            frame::nothing(scene, area);
        }
        frame::y_axis(scene, area, y, true);
        Ok(())
    }
}

/// The corners of a series' line, up to `end`.
fn staircase(series: &StepSeries, x: &Ruler, area: &Area, end: f64) -> Vec<(f64, f64)> {
    let mut steps = series.steps.clone();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut held: Vec<(f64, f64)> = Vec::with_capacity(steps.len());
    for step in steps {
        match held.last_mut() {
            Some(last) if last.0 == step.0 => *last = step,
            _ => held.push(step),
        }
    }
    let held = thin(held, area.width(), |t| x.at(t));
    let mut path: Vec<(f64, f64)> = Vec::with_capacity(held.len() * 2 + 1);
    for (t, value) in held {
        if let Some(&(_, before)) = path.last()
            && before != value
        {
            path.push((t, before));
        }
        path.push((t, value));
    }
    if let Some(&(_, last)) = path.last() {
        path.push((end, last));
    }
    path
}
