//! Colours, dashes and markers. Every series differs from its neighbours by more than its colour.

use crate::report::chart::scene::{Colour, Dash, Fill, Point, Scene, Shape, Stroke};

/// What a series is, which decides how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeriesStyle {
    /// Simulated or recorded values: a solid line, with filled markers where the chart has markers.
    Measured,
    /// The same things measured under the other setting: a dashed line with hollow markers.
    Contrast,
    /// What a formula says: a thin dashed line without markers.
    Theory,
    /// What no run can pass: a dotted line without markers.
    Bound,
}

/// Words, frames and grids, from dark to light.
pub(super) const TEXT: Colour = Colour(0x1a, 0x1a, 0x1a);
pub(super) const MUTED: Colour = Colour(0x55, 0x55, 0x55);
pub(super) const FRAME: Colour = Colour(0x80, 0x80, 0x80);
pub(super) const GRID: Colour = Colour(0xe2, 0xe2, 0xe2);
pub(super) const SHADE: Colour = Colour(0xf5, 0xf5, 0xf5);
pub(super) const WHITE: Colour = Colour(0xff, 0xff, 0xff);
pub(super) const BLACK: Colour = Colour(0, 0, 0);

/// The colours of M. Okabe and K. Ito, "Color Universal Design" (2008), told apart by all common kinds of colour
/// vision. Their yellow is left out: it cannot be seen on white.
pub(super) const PALETTE: [Colour; 7] = [
    Colour(0x00, 0x72, 0xb2), // blue
    Colour(0xd5, 0x5e, 0x00), // vermilion
    Colour(0x00, 0x9e, 0x73), // bluish green
    Colour(0xcc, 0x79, 0xa7), // reddish purple
    Colour(0xe6, 0x9f, 0x00), // orange
    Colour(0x56, 0xb4, 0xe9), // sky blue
    Colour(0x4d, 0x4d, 0x4d), // black, softened: text is black
];

/// The colour of a group.
pub(super) fn colour(group: usize) -> Colour {
    PALETTE[group % PALETTE.len()]
}

/// The line of a series of `group`.
pub(super) fn stroke(style: SeriesStyle, group: usize) -> Stroke {
    let base = colour(group);
    match style {
        SeriesStyle::Measured => Stroke::solid(base, 2.2),
        SeriesStyle::Contrast => Stroke {
            colour: base,
            width: 1.9,
            dash: Dash::Long,
        },
        // Darker than the measured line of the same group, to be seen where it lies on top of it.
        SeriesStyle::Theory => Stroke {
            colour: base.mix(BLACK, 0.5),
            width: 1.4,
            dash: Dash::Short,
        },
        SeriesStyle::Bound => Stroke {
            colour: base.mix(BLACK, 0.5),
            width: 1.6,
            dash: Dash::Dots,
        },
    }
}

/// The radius of an ordinary marker, in pixels.
pub(super) const MARKER: f64 = 4.6;

/// A marker's form; one for each group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Disc,
    Square,
    Triangle,
    Diamond,
    Cross,
    Turned,
    Plus,
}

/// The form of a group. Seven forms and seven colours go round together: groups 0 and 7 look the same.
pub(super) fn form(group: usize) -> Form {
    [
        Form::Disc,
        Form::Square,
        Form::Triangle,
        Form::Diamond,
        Form::Cross,
        Form::Turned,
        Form::Plus,
    ][group % 7]
}

/// Draws one marker; all forms look about equally large.
pub(super) fn marker(scene: &mut Scene, form: Form, (x, y): Point, radius: f64, colour: Colour, hollow: bool) {
    let (fill, edge) = if hollow {
        (Fill::opaque(WHITE), Stroke::solid(colour, 1.7))
    } else {
        (Fill::opaque(colour), Stroke::solid(WHITE, 0.9))
    };
    let polygon = |corners: &[(f64, f64)]| Shape::Path {
        points: corners
            .iter()
            .map(|(dx, dy)| (x + dx * radius, y + dy * radius))
            .collect(),
        closed: true,
    };
    let shape = match form {
        Form::Disc => Shape::Disc { centre: (x, y), radius },
        Form::Square => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        Form::Triangle => polygon(&[(0.0, -1.25), (1.15, 0.8), (-1.15, 0.8)]),
        Form::Turned => polygon(&[(0.0, 1.25), (1.15, -0.8), (-1.15, -0.8)]),
        Form::Diamond => polygon(&[(0.0, -1.35), (1.2, 0.0), (0.0, 1.35), (-1.2, 0.0)]),
        Form::Cross | Form::Plus => {
            let reach = if form == Form::Cross {
                0.9 * radius
            } else {
                1.2 * radius
            };
            let pieces = if form == Form::Cross {
                vec![
                    ((x - reach, y - reach), (x + reach, y + reach)),
                    ((x - reach, y + reach), (x + reach, y - reach)),
                ]
            } else {
                vec![((x - reach, y), (x + reach, y)), ((x, y - reach), (x, y + reach))]
            };
            scene.segments(pieces.clone(), Stroke::solid(WHITE, if hollow { 3.0 } else { 4.4 }));
            scene.segments(pieces, Stroke::solid(colour, if hollow { 1.6 } else { 2.8 }));
            return;
        }
    };
    scene.mark(shape, Some(fill), Some(edge));
}
