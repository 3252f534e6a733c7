//! The data area: a plotters chart over a [`SceneBackend`].

use std::ops::Range;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{AsRangedCoord, KeyPointHint, NoDefaultFormatting, Ranged};
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{BackendCoordOnly, Drawable, PointCollection, Polygon};
use plotters::series::{AreaSeries, LineSeries};
use plotters::style::ShapeStyle;

use crate::report::chart::ChartError;
use crate::report::chart::backend::{DashedLine, SceneBackend, units};
use crate::report::chart::frame::Area;
use crate::report::chart::ruler::Ruler;
use crate::report::chart::scene::{Dash, Fill, Scene, Stroke};
use crate::report::chart::style::GRID;

/// A ruler is a coordinate of plotters: linear or logarithmic, with the chart's own range and ticks. plotters' own
/// logarithmic one takes the logarithm of the machine it runs on. (Its linear one serves for the lanes of a timeline.)
impl Ranged for Ruler {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        from + libm::round(self.share(*value) * f64::from(to - from)) as i32
    }
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|t| t.value).take(hint.max_num_points()).collect()
    }
    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// How many lines a grid has across an axis: one at every tick, or none.
pub(super) const EVERY_TICK: usize = usize::MAX;
pub(super) const NO_TICK: usize = 0;

/// The data area while it is drawn. Points are in the units of the axes; those outside land on the edge.
pub(super) struct Plot<'a, Y: Ranged<ValueType = f64>> {
    chart: ChartContext<'a, SceneBackend<'a>, Cartesian2d<Ruler, Y>>,
}

impl<'a, Y: Ranged<ValueType = f64>> Plot<'a, Y> {
    /// A chart on `area` between two axes.
    pub(super) fn new<A>(scene: &'a mut Scene, area: &Area, x: &Ruler, y: A) -> Result<Self, ChartError>
    where
        A: AsRangedCoord<CoordDescType = Y, Value = f64>,
    {
        let root = SceneBackend::new(scene).into_drawing_area();
        let (width, height) = root.dim_in_pixel();
        // plotters ends an area one unit before its edge, where the last pixel would begin.
        let rest = |all: u32, end: f64| (all as i32).saturating_sub(units(end)).saturating_sub(1);
        let chart = ChartBuilder::on(&root)
            .margin_left(units(area.left))
            .margin_top(units(area.top))
            .margin_right(rest(width, area.right))
            .margin_bottom(rest(height, area.bottom))
            .build_cartesian_2d(x.clone(), y)?;
        Ok(Self { chart })
    }
    /// The grid: upright lines at up to `upright` ticks of x, level ones at up to `level` ticks of y.
    pub(super) fn grid(&mut self, upright: usize, level: usize) -> Result<(), ChartError> {
        let style = ShapeStyle::from(Stroke::solid(GRID, 1.0));
        self.chart
            .plotting_area()
            .draw_mesh(|backend, line| line.draw(backend, &style), level, upright)?;
        Ok(())
    }
    /// Straight pieces through the points.
    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, stroke: Stroke) -> Result<(), ChartError> {
        if stroke.dash == Dash::Solid {
            self.chart.draw_series(LineSeries::new(points, stroke))?;
            Ok(())
        } else {
            self.series([DashedLine { points, stroke }])
        }
    }
    /// The area between the points and the level `floor`.
    pub(super) fn area(&mut self, points: Vec<(f64, f64)>, floor: f64, fill: Fill) -> Result<(), ChartError> {
        self.chart.draw_series(AreaSeries::new(points, floor, fill))?;
        Ok(())
    }
    /// The area between the edges of a band, each (x, lower, upper).
    pub(super) fn band(&mut self, edges: &[(f64, f64, f64)], fill: Fill) -> Result<(), ChartError> {
        let upper = edges.iter().map(|e| (e.0, e.2));
        let lower = edges.iter().rev().map(|e| (e.0, e.1));
        self.series([Polygon::new(upper.chain(lower).collect::<Vec<_>>(), fill)])
    }
    /// One element after another.
    pub(super) fn series<E>(&mut self, elements: impl IntoIterator<Item = E>) -> Result<(), ChartError>
    where
        for<'b> &'b E: PointCollection<'b, (f64, f64), BackendCoordOnly>,
        E: Drawable<SceneBackend<'a>, BackendCoordOnly>,
    {
        self.chart.draw_series(elements)?;
        Ok(())
    }
    /// The same area for things that stand at places in the picture, given in plotters' pixels.
    pub(super) fn screen(&self) -> DrawingArea<SceneBackend<'a>, Shift> {
        self.chart.plotting_area().use_screen_coord()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::chart::axis::Axis;
    use crate::report::chart::ruler::Way;
    use crate::report::chart::scene::{Colour, Item, Point, Shape};

    const AREA: Area = Area {
        left: 40.0,
        top: 25.5,
        right: 740.0,
        bottom: 325.5,
    };
    const INK: Stroke = Stroke::solid(Colour(0, 0, 0), 2.0);

    fn rulers(log: bool, (low, high): (f64, f64)) -> (Ruler, Ruler) {
        let axis = if log {
            Axis::number("", "").log()
        } else {
            Axis::number("", "")
        };
        let x = Ruler::new(&axis, Some((low, high)), Way::Across, 700.0).placed(AREA.left, AREA.right);
        let y = Ruler::new(&axis, Some((low, high)), Way::Up, 300.0).placed(AREA.bottom, AREA.top);
        (x, y)
    }

    fn only_shape(scene: &Scene) -> Shape {
        let [Item::Mark { shape, .. }] = &scene.items[..] else {
            panic!("not one mark: {:?}", scene.items);
        };
        shape.clone()
    }

    #[test]
    fn the_grid_stands_at_our_ticks() {
        for log in [false, true] {
            let (x, y) = rulers(log, (1.0, 1000.0));
            let mut scene = Scene::new(800.0, String::new());
            let mut plot = Plot::new(&mut scene, &AREA, &x, y.clone()).expect("a plot");
            plot.grid(EVERY_TICK, EVERY_TICK).expect("drawn");
            drop(plot);
            let Shape::Segments(lines) = only_shape(&scene) else {
                panic!("no segments");
            };
            let wanted: Vec<(f64, bool)> = x
                .ticks
                .iter()
                .map(|t| (x.at(t.value), true))
                .chain(y.ticks.iter().map(|t| (y.at(t.value), false)))
                .collect();
            assert_eq!(lines.len(), wanted.len());
            for (line, (at, upright)) in lines.into_iter().zip(wanted) {
                let whole = if upright {
                    ((at, AREA.bottom), (at, AREA.top))
                } else {
                    ((AREA.left, at), (AREA.right, at))
                };
                assert!(near(line.0, whole.0) && near(line.1, whole.1), "{line:?} {whole:?}");
            }
        }
    }

    fn near(a: Point, b: Point) -> bool {
        (a.0 - b.0).abs() <= 0.005_01 && (a.1 - b.1).abs() <= 0.005_01
    }

    proptest! {
        /// plotters puts every point where the ruler says, to half a hundredth of a pixel, on either scale.
        #[test]
        fn points_land_where_the_ruler_says(
            log in any::<bool>(), values in prop::collection::vec((1e-3..1e6f64, 1e-3..1e6f64), 2..30),
        ) {
            let (x, y) = rulers(log, (0.5, 2e5));
            // A line that ends where it began is closed: this one does not.
            let values: Vec<(f64, f64)> = [(0.5, 0.5)].into_iter().chain(values).chain([(2e5, 2e5)]).collect();
            let mut scene = Scene::new(800.0, String::new());
            let mut plot = Plot::new(&mut scene, &AREA, &x, y.clone()).expect("a plot");
            plot.line(values.clone(), INK).expect("drawn");
            drop(plot);
            let Shape::Path { points, closed: false } = only_shape(&scene) else {
                panic!("no line");
            };
            prop_assert_eq!(points.len(), values.len());
            for (found, (px, py)) in points.into_iter().zip(values) {
                prop_assert!(near(found, (x.at(px), y.at(py))), "{:?}", found);
            }
        }
    }

    #[test]
    fn dashes_reach_the_scene() {
        let (x, y) = rulers(false, (0.0, 1.0));
        let mut scene = Scene::new(800.0, String::new());
        let mut plot = Plot::new(&mut scene, &AREA, &x, y).expect("a plot");
        let dashed = Stroke {
            dash: Dash::Long,
            ..INK
        };
        plot.line(vec![(0.0, 0.0), (1.0, 1.0)], dashed).expect("drawn");
        drop(plot);
        assert!(matches!(&scene.items[..], [Item::Mark { stroke: Some(s), .. }] if *s == dashed));
    }

    #[test]
    fn areas_reach_down_to_their_floor() {
        let (x, y) = rulers(false, (0.0, 1.0));
        let mut scene = Scene::new(800.0, String::new());
        let mut plot = Plot::new(&mut scene, &AREA, &x, y).expect("a plot");
        let fill = Fill::opaque(Colour(1, 2, 3));
        plot.area(vec![(0.0, 0.5), (1.0, 1.0)], 0.0, fill).expect("drawn");
        plot.band(&[(0.0, 0.0, 0.5), (1.0, 0.5, 1.0)], fill).expect("drawn");
        drop(plot);
        let corners: Vec<Vec<Point>> = scene
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Mark {
                    shape: Shape::Path { points, closed: true },
                    stroke: None,
                    ..
                } => Some(points.clone()),
                Item::Mark { .. } | Item::Text(_) => None,
            })
            .collect();
        let (left, right, top, middle, bottom) = (40.0, 740.0, 25.5, 175.5, 325.5);
        assert_eq!(
            corners,
            [
                [(left, middle), (right, top), (right, bottom), (left, bottom)],
                [(left, middle), (right, top), (right, middle), (left, bottom)],
            ]
        );
    }
}
