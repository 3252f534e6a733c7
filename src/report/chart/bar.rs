//! The bars of a timeline: their kinds, their looks, and how those too short to see are summed up.

use std::collections::BTreeMap;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingArea;
use plotters::element::{Drawable, PointCollection, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontFamily, IntoFont, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use crate::report::chart::ChartError;
use crate::report::chart::backend::{SceneBackend, place, point, units};
use crate::report::chart::font::{self, CAP_HEIGHT};
use crate::report::chart::gantt::Laid;
use crate::report::chart::plot::Plot;
use crate::report::chart::ruler::Ruler;
use crate::report::chart::scene::{Colour, Fill, Point, Stroke};
use crate::report::chart::style::{FRAME, PALETTE, TEXT, WHITE};

/// Bars over time; their heights are pixels of the picture.
pub(super) type Timeline<'a> = Plot<'a, RangedCoordf64>;

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
    /// All kinds, in the order of the legend.
    pub(super) const ALL: [Self; 4] = [Self::Ok, Self::Pending, Self::Starting, Self::Failed];

    pub(super) fn name(self) -> &'static str {
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
}

/// A bar as an element for plotters, between two opposite corners. Failed ones are hatched, so that they stand out
/// without colour.
pub(super) struct Block {
    corners: [(f64, f64); 2],
    kind: BarKind,
}

impl Block {
    pub(super) fn new(a: (f64, f64), b: (f64, f64), kind: BarKind) -> Self {
        Self { corners: [a, b], kind }
    }
}

impl<'a> PointCollection<'a, (f64, f64)> for &'a Block {
    type Point = &'a (f64, f64);
    type IntoIter = &'a [(f64, f64)];
    fn point_iter(self) -> Self::IntoIter {
        &self.corners
    }
}

impl<DB: DrawingBackend> Drawable<DB> for Block {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        at: I,
        backend: &mut DB,
        size: (u32, u32),
    ) -> Result<(), DrawingErrorKind<DB::ErrorType>> {
        let corners: Vec<BackendCoord> = at.collect();
        let [a, b] = corners[..] else { return Ok(()) };
        let (low, high) = ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)));
        let ((left, top), (right, bottom)) = (point(low), point(high));
        let (width, height) = (right - left, bottom - top);
        let rectangle = |style: ShapeStyle| Rectangle::new([low, high], style);
        rectangle(Fill::opaque(self.kind.fill()).into()).draw([low, high].into_iter(), backend, size)?;
        if self.kind == BarKind::Failed && width >= 4.0 && height >= 4.0 {
            let style = ShapeStyle::from(Stroke::solid(WHITE, 1.3));
            for (from, to) in hatch(left, top, width, height) {
                backend.draw_line(place(from), place(to), &style)?;
            }
        }
        if width >= 3.0 && height >= 4.0 {
            rectangle(self.kind.edge().into()).draw([low, high].into_iter(), backend, size)?;
        }
        Ok(())
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

/// Draws the bars of one lane, whose rows are `row` high. Says whether a bar hides another of another kind.
pub(super) fn draw_lane(
    plot: &mut Timeline<'_>,
    laid: &Laid<'_>,
    x: &Ruler,
    top: f64,
    row: f64,
) -> Result<bool, ChartError> {
    let gap = if row >= 8.0 { 1.0 } else { 0.0 };
    let sides = |at: usize| {
        (
            top + at as f64 * row + gap / 2.0,
            top + (at + 1) as f64 * row - gap / 2.0,
        )
    };
    // Bars shorter than a pixel: for each row and half pixel, the kind that matters most.
    let mut dust: BTreeMap<(usize, i64), BarKind> = BTreeMap::new();
    let mut hides = false;
    let mut seen: Vec<(&Bar, usize)> = Vec::new();
    for (bar, &at) in laid.lane.bars.iter().zip(&laid.rows) {
        if at >= laid.count {
            continue;
        }
        let (from, to) = (x.at(bar.start_s), x.at(bar.end_s));
        if to - from >= 1.0 {
            seen.push((bar, at));
            continue;
        }
        for column in libm::floor(from * 2.0) as i64..=libm::floor(to * 2.0) as i64 {
            let kind = dust.entry((at, column)).or_insert(bar.kind);
            hides |= *kind != bar.kind;
            *kind = (*kind).max(bar.kind);
        }
    }
    plot.series(seen.iter().map(|&(bar, at)| {
        let (upper, lower) = sides(at);
        Block::new((bar.start_s, upper), (bar.end_s, lower), bar.kind)
    }))?;
    let screen = plot.screen();
    for (bar, at) in seen {
        label(&screen, bar, (x.at(bar.start_s), x.at(bar.end_s)), sides(at))?;
    }
    for ((at, column), width, kind) in runs(&dust) {
        let (left, (upper, lower)) = (column as f64 / 2.0, sides(at));
        let colour = if kind == BarKind::Pending { FRAME } else { kind.fill() };
        let corners = [place((left, upper)), place((left + width, lower))];
        screen.draw(&Rectangle::new(corners, Fill::opaque(colour)))?;
    }
    Ok(hides)
}

/// Neighbouring half pixels of one kind as one piece: where it starts, how wide it is in pixels, its kind.
fn runs(dust: &BTreeMap<(usize, i64), BarKind>) -> Vec<((usize, i64), f64, BarKind)> {
    let mut runs: Vec<((usize, i64), f64, BarKind)> = Vec::new();
    for (&(row, column), &kind) in dust {
        match runs.last_mut() {
            Some(((r, c), width, k)) if *r == row && *k == kind && *c + (*width * 2.0) as i64 == column => {
                *width += 0.5;
            }
            _ => runs.push(((row, column), 0.5, kind)),
        }
    }
    runs
}

/// Writes a bar's label inside it, if there is room for all of it.
fn label(
    screen: &DrawingArea<SceneBackend<'_>, Shift>,
    bar: &Bar,
    (left, right): (f64, f64),
    (top, bottom): (f64, f64),
) -> Result<(), ChartError> {
    const SIZE: f64 = 11.0;
    let room = font::width(&bar.label, SIZE, false);
    if bar.label.is_empty() || bottom - top < SIZE + 1.0 || room + 6.0 > right - left {
        return Ok(());
    }
    let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
    if bar.kind == BarKind::Failed {
        let (across, up) = (room / 2.0 + 2.0, (SIZE * CAP_HEIGHT + 5.0) / 2.0);
        let corners = [place((x - across, y - up)), place((x + across, y + up))];
        screen.draw(&Rectangle::new(corners, Fill::opaque(WHITE)))?;
    }
    let font = (FontFamily::SansSerif, f64::from(units(SIZE))).into_font();
    let ink = RGBAColor::from(bar.kind.ink());
    let style = TextStyle::from(font)
        .color(&ink)
        .pos(Pos::new(HPos::Center, VPos::Center));
    screen.draw(&Text::new(bar.label.as_str(), place((x, y)), style))?;
    Ok(())
}
