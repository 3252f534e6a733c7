//! The bars of a timeline: their kinds, their looks, and how those too short to see are summed up.

use std::collections::BTreeMap;

use crate::report::chart::font::{self, CAP_HEIGHT};
use crate::report::chart::frame::{centred, words};
use crate::report::chart::gantt::Laid;
use crate::report::chart::ruler::Ruler;
use crate::report::chart::scene::{Anchor, Colour, Fill, Point, Scene, Shape, Stroke};
use crate::report::chart::style::{FRAME, PALETTE, TEXT, WHITE};

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

/// Draws the bars of one lane, whose rows are `row` high. Says whether a bar hides another of another kind.
pub(super) fn draw_lane(scene: &mut Scene, laid: &Laid<'_>, x: &Ruler, top: f64, row: f64) -> bool {
    let gap = if row >= 8.0 { 1.0 } else { 0.0 };
    // Bars shorter than a pixel: for each row and half pixel, the kind that matters most.
    let mut dust: BTreeMap<(usize, i64), BarKind> = BTreeMap::new();
    let mut hides = false;
    for (bar, &at) in laid.lane.bars.iter().zip(&laid.rows) {
        if at >= laid.count {
            continue;
        }
        let (from, to) = (x.at(bar.start_s), x.at(bar.end_s));
        if to - from < 1.0 {
            for column in libm::floor(from * 2.0) as i64..=libm::floor(to * 2.0) as i64 {
                let kind = dust.entry((at, column)).or_insert(bar.kind);
                hides |= *kind != bar.kind;
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
    hides
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
