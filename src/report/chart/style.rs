//! Colours and dashes. With the markers, every series differs from its neighbours by more than its colour.

use crate::report::chart::scene::{Colour, Dash, Stroke};

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
