//! What a picture is made of before it is SVG or PNG: paths, discs and texts at exact places.
//!
//! Both writers draw the same list in the same order, so the two files show the same picture. The unit is one CSS
//! pixel at full size; y grows downwards; a text's place is its baseline.

/// A place in the picture: (x, y).
pub(super) type Point = (f64, f64);

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// The mix of `share` parts of `other` (0 to 1) and the rest of `self`.
    pub(super) fn mix(self, other: Self, share: f64) -> Self {
        let blend = |a: u8, b: u8| libm::round(f64::from(a) * (1.0 - share) + f64::from(b) * share) as u8;
        Self(blend(self.0, other.0), blend(self.1, other.1), blend(self.2, other.2))
    }
}

/// How a line is broken up. Lengths are in multiples of the line's width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dash {
    Solid,
    Long,
    Short,
    Dots,
    LongShort,
}

impl Dash {
    /// Lengths of ink and gap in pixels, by turns, for a line `width` wide. Empty for a solid line.
    pub(super) fn lengths(self, width: f64) -> Vec<f64> {
        let multiples: &[f64] = match self {
            Self::Solid => &[],
            Self::Long => &[6.0, 3.0],
            Self::Short => &[4.0, 2.6],
            Self::Dots => &[1.2, 2.2],
            Self::LongShort => &[7.0, 2.5, 1.8, 2.5],
        };
        multiples.iter().map(|m| m * width).collect()
    }
}

/// A line's ink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub colour: Colour,
    pub width: f64,
    pub dash: Dash,
}

impl Stroke {
    pub(super) const fn solid(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            dash: Dash::Solid,
        }
    }
}

/// An area's ink; `alpha` from 0 (nothing) to 1 (opaque).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fill {
    pub colour: Colour,
    pub alpha: f64,
}

impl Fill {
    pub(super) const fn opaque(colour: Colour) -> Self {
        Self { colour, alpha: 1.0 }
    }
}

/// The outline of something drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Straight pieces through the points, joined at the end if `closed`.
    Path { points: Vec<Point>, closed: bool },
    /// Straight pieces that do not touch each other: grids, ticks, hatches.
    Segments(Vec<(Point, Point)>),
    /// An upright rectangle: left, top, width, height.
    Rect {
        left: f64,
        top: f64,
        width: f64,
        height: f64,
    },
    /// A disc.
    Disc { centre: Point, radius: f64 },
}

/// Which point of a text its place names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub at: Point,
    pub text: String,
    /// Size of the em square, in pixels.
    pub size: f64,
    pub bold: bool,
    pub colour: Colour,
    pub anchor: Anchor,
}

/// One thing drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Mark {
        shape: Shape,
        fill: Option<Fill>,
        stroke: Option<Stroke>,
    },
    Text(Text),
}

/// A whole picture on white.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub width: f64,
    pub height: f64,
    /// What the picture shows, for those who cannot see it.
    pub name: String,
    pub items: Vec<Item>,
}

impl Scene {
    pub(super) fn new(width: f64, name: String) -> Self {
        Self {
            width,
            height: 0.0,
            name,
            items: Vec::new(),
        }
    }
    /// Draws an outline, an area, or both.
    pub(super) fn mark(&mut self, shape: Shape, fill: Option<Fill>, stroke: Option<Stroke>) {
        self.items.push(Item::Mark { shape, fill, stroke });
    }
    /// Draws straight pieces through `points`; one point alone draws nothing.
    pub(super) fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 {
            self.mark(Shape::Path { points, closed: false }, None, Some(stroke));
        }
    }
    /// Fills the area inside `points`; fewer than three draw nothing.
    pub(super) fn area(&mut self, points: Vec<Point>, fill: Fill) {
        if points.len() > 2 {
            self.mark(Shape::Path { points, closed: true }, Some(fill), None);
        }
    }
    /// Draws pieces that do not touch each other.
    pub(super) fn segments(&mut self, pieces: Vec<(Point, Point)>, stroke: Stroke) {
        if !pieces.is_empty() {
            self.mark(Shape::Segments(pieces), None, Some(stroke));
        }
    }
    /// Writes a line of text.
    pub(super) fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.items.push(Item::Text(text));
        }
    }
}
