//! Charts as SVG text and PNG bytes. Plain data in, bytes out; the same data gives the same bytes on every machine.
//!
//! * [`LineChart`]: measured values against a factor (makespan against n), with theory, bounds and confidence bands;
//!   one panel, or several side by side with common axes.
//! * [`StepChart`]: values over time (queue length, utilisation, replicas), panels stacked on one time axis.
//! * [`GanttChart`]: who ran where and when.
//!
//! A chart is laid out once as a list of shapes and texts (`scene`), which two small writers turn into SVG and PNG, so
//! that both files show the same picture. Letters come from an embedded font: no system font is needed or looked at.
//!
//! # How plotters is used
//!
//! Everything inside the data area is drawn by `plotters` (`plot`): the grid, lines, steps, bands, markers, bars and
//! their labels are its series and elements on its cartesian chart, in the units of the axes. Three parts are ours:
//!
//! * The backend (`backend`). Those that come with plotters count in whole pixels (a line is 2 or 3 wide, a marker sits
//!   up to half a pixel beside its value), know no dashes, place letters without their bearings, fill self-crossing
//!   areas even-odd, and by default need system fonts. Ours counts in hundredths of a pixel and writes shapes into the
//!   scene. A dashed line is an element of ours that hands its dashes to the backend, so that an SVG has one path with
//!   a `stroke-dasharray` and not a thousand pieces.
//! * The coordinates (`ruler`). Linear or logarithmic, they are plotters coordinates (`Ranged`) with ranges and ticks
//!   that suit times, counts and shares, and a logarithm that is the same on every machine.
//! * The frame: headings, axes, legends, notes. plotters centres labels in boxes of its own measure, lets the last one
//!   run out of the picture and has no legend beside the lines' ends. Markers and bars in a legend are the same elements
//!   as in the data area.

mod axis;
mod backend;
mod bar;
mod font;
mod frame;
mod gantt;
mod legend;
mod line;
mod marker;
mod pack;
mod panel;
mod plot;
mod raster;
mod ruler;
mod scene;
mod step;
mod style;
mod svg;
#[cfg(test)]
mod tests;
mod thin;
mod ticks;

pub use axis::{Axis, Quantity, Scale};
pub use bar::{Bar, BarKind};
pub use gantt::{GanttChart, Lane};
pub use line::{LineChart, LinePanel, Series};
pub use step::{StepChart, StepPanel, StepSeries};
pub use style::SeriesStyle;

/// Why a chart cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChartError {
    /// A number is NaN or infinite.
    #[error("{what}, value {index}: {value} cannot be drawn")]
    NotFinite {
        /// Which series or lane.
        what: String,
        /// Which of its values, from 0.
        index: usize,
        /// What was found.
        value: f64,
    },
    /// A number is so large that the axis would lose its meaning.
    #[error("{what}, value {index}: {value:e} is beyond ±1e15, the range of an axis")]
    OutOfRange {
        /// Which series or lane.
        what: String,
        /// Which of its values, from 0.
        index: usize,
        /// What was found.
        value: f64,
    },
    /// A logarithmic axis got zero or less.
    #[error("{what}, value {index}: {value} has no place on a logarithmic axis; it must be at least 1e-15")]
    NotPositive {
        /// Which series.
        what: String,
        /// Which of its values, from 0.
        index: usize,
        /// What was found.
        value: f64,
    },
    /// A bar ends before it starts, or a band's lower edge lies above its upper edge.
    #[error("{what}, value {index}: {low} to {high} runs backwards")]
    Backwards {
        /// Which series or lane.
        what: String,
        /// Which of its bars or band points, from 0.
        index: usize,
        /// The start, or the lower edge.
        low: f64,
        /// The end, or the upper edge.
        high: f64,
    },
    /// The PNG could not be made.
    #[error("the picture cannot be made: {0}")]
    Picture(String),
}

/// Checks that `value` can stand on `axis`.
fn check(axis: &Axis, what: &str, index: usize, value: f64) -> Result<(), ChartError> {
    let what = || what.to_owned();
    if !value.is_finite() {
        return Err(ChartError::NotFinite {
            what: what(),
            index,
            value,
        });
    }
    if value.abs() > 1e15 {
        return Err(ChartError::OutOfRange {
            what: what(),
            index,
            value,
        });
    }
    match axis.scale {
        Scale::Log if value < 1e-15 => Err(ChartError::NotPositive {
            what: what(),
            index,
            value,
        }),
        Scale::Log | Scale::Linear => Ok(()),
    }
}

/// The smallest and the largest of some values; `None` if there are none.
type Extent = Option<(f64, f64)>;

/// The smallest and the largest of `values`.
fn extent(values: impl Iterator<Item = f64>) -> Extent {
    values.fold(None, |seen, v| {
        Some(seen.map_or((v, v), |(low, high): (f64, f64)| (low.min(v), high.max(v))))
    })
}
