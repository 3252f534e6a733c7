//! Where plotters draws: a backend that writes down shapes and texts in a [`Scene`].
//!
//! plotters counts in whole pixels. Here its pixel is 1/100 of ours, which is as fine as the SVG writer prints, so that
//! nothing is lost by counting: places, radii and widths of lines all come in these units. Two things make one shape of
//! what plotters draws in two steps: an outline drawn right after the area inside it joins it, and so does a line drawn
//! after other loose lines of the same ink. Dashes have no place in plotters' styles; [`DashedLine`] carries them.

use std::borrow::Borrow;
use std::convert::Infallible;

use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{RGBAColor, ShapeStyle};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind, FontStyle};

use crate::report::chart::ChartError;
use crate::report::chart::font::{self, CAP_HEIGHT};
use crate::report::chart::scene::{Anchor, Colour, Fill, Item, Point, Scene, Shape, Stroke, Text};
use crate::report::chart::style::WHITE;

/// What one of our pixels is in plotters' pixels.
const UNITS: f64 = 100.0;

/// A length in plotters' pixels.
pub(super) fn units(pixels: f64) -> i32 {
    libm::round(pixels * UNITS) as i32
}

/// A length in our pixels.
pub(super) fn pixels(units: i32) -> f64 {
    f64::from(units) / UNITS
}

/// A place in plotters' pixels.
pub(super) fn place((x, y): Point) -> BackendCoord {
    (units(x), units(y))
}

/// A place in our pixels.
pub(super) fn point((x, y): BackendCoord) -> Point {
    (pixels(x), pixels(y))
}

impl From<Colour> for RGBAColor {
    fn from(Colour(r, g, b): Colour) -> Self {
        Self(r, g, b, 1.0)
    }
}

/// A line's ink, without its dashes.
impl From<Stroke> for ShapeStyle {
    fn from(stroke: Stroke) -> Self {
        Self {
            color: stroke.colour.into(),
            filled: false,
            stroke_width: units(stroke.width).unsigned_abs(),
        }
    }
}

impl From<Fill> for ShapeStyle {
    fn from(fill: Fill) -> Self {
        let Colour(r, g, b) = fill.colour;
        Self {
            color: RGBAColor(r, g, b, fill.alpha),
            filled: true,
            stroke_width: 0,
        }
    }
}

impl From<DrawingErrorKind<Infallible>> for ChartError {
    fn from(error: DrawingErrorKind<Infallible>) -> Self {
        Self::Picture(error.to_string())
    }
}

impl From<DrawingAreaErrorKind<Infallible>> for ChartError {
    fn from(error: DrawingAreaErrorKind<Infallible>) -> Self {
        Self::Picture(error.to_string())
    }
}

/// What plotters' drawing can end in: the backend itself never fails.
pub(super) type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Draws on a scene.
pub(super) struct SceneBackend<'a> {
    scene: &'a mut Scene,
}

impl<'a> SceneBackend<'a> {
    pub(super) fn new(scene: &'a mut Scene) -> Self {
        Self { scene }
    }
    /// Draws a line with its dashes.
    pub(super) fn line(&mut self, points: impl Iterator<Item = BackendCoord>, stroke: Stroke) {
        self.scene.line(points.map(point).collect(), stroke);
    }
    /// Draws an outline, together with the area inside it if that was drawn last.
    fn outline(&mut self, shape: Shape, stroke: Stroke) {
        if let Some(Item::Mark {
            shape: last,
            fill: Some(_),
            stroke: edge @ None,
        }) = self.scene.items.last_mut()
            && *last == shape
        {
            *edge = Some(stroke);
            return;
        }
        self.scene.mark(shape, None, Some(stroke));
    }
    fn area_or_outline(&mut self, shape: Shape, style: &impl BackendStyle, fill: bool) {
        if fill {
            if let Some(fill) = fill_of(style.color()) {
                self.scene.mark(shape, Some(fill), None);
            }
        } else if let Some(stroke) = stroke_of(style) {
            self.outline(shape, stroke);
        }
    }
}

fn colour((r, g, b): (u8, u8, u8)) -> Colour {
    Colour(r, g, b)
}

/// A fill, unless it cannot be seen.
fn fill_of(color: BackendColor) -> Option<Fill> {
    (color.alpha > 0.0).then(|| Fill {
        colour: colour(color.rgb),
        alpha: color.alpha.min(1.0),
    })
}

/// A solid stroke, unless it cannot be seen. A scene's lines are opaque: a translucent one is mixed with the white below.
fn stroke_of(style: &impl BackendStyle) -> Option<Stroke> {
    let color = style.color();
    let ink = colour(color.rgb).mix(WHITE, 1.0 - color.alpha.clamp(0.0, 1.0));
    let width = f64::from(style.stroke_width()) / UNITS;
    (color.alpha > 0.0 && width > 0.0).then(|| Stroke::solid(ink, width))
}

impl DrawingBackend for SceneBackend<'_> {
    type ErrorType = Infallible;

    /// The sheet is endless: how high the picture is comes out last.
    fn get_size(&self) -> (u32, u32) {
        (i32::MAX.unsigned_abs(), i32::MAX.unsigned_abs())
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    /// A square of one unit.
    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x.saturating_add(1), y.saturating_add(1)), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        let Some(ink) = stroke_of(style) else { return Ok(()) };
        let piece = (point(from), point(to));
        match self.scene.items.last_mut() {
            Some(Item::Mark {
                shape: Shape::Segments(pieces),
                fill: None,
                stroke: Some(stroke),
            }) if *stroke == ink => pieces.push(piece),
            _ => self.scene.segments(vec![piece], ink),
        }
        Ok(())
    }

    /// A rectangle between two opposite corners, both taken as exact places rather than as pixels to cover.
    fn draw_rect<S: BackendStyle>(&mut self, a: BackendCoord, b: BackendCoord, style: &S, fill: bool) -> Drawn {
        let ((left, top), (right, bottom)) = (point(a), point(b));
        let shape = Shape::Rect {
            left,
            top,
            width: right - left,
            height: bottom - top,
        };
        self.area_or_outline(shape, style, fill);
        Ok(())
    }

    /// A line through the points; one that ends where it began is closed.
    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let Some(stroke) = stroke_of(style) else { return Ok(()) };
        let mut points: Vec<Point> = path.into_iter().map(point).collect();
        if points.len() > 3 && points.first() == points.last() {
            points.pop();
            self.outline(Shape::Path { points, closed: true }, stroke);
        } else {
            self.scene.line(points, stroke);
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, fill: bool) -> Drawn {
        let shape = Shape::Disc {
            centre: point(centre),
            radius: f64::from(radius) / UNITS,
        };
        self.area_or_outline(shape, style, fill);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        if let Some(fill) = fill_of(style.color()) {
            self.scene.area(corners.into_iter().map(point).collect(), fill);
        }
        Ok(())
    }

    /// A text in the embedded font, whatever family is asked for, and always upright. Its height is that of its capitals.
    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let size = style.size() / UNITS;
        let (x, y) = point(at);
        let below = match style.anchor().v_pos {
            VPos::Top => size * CAP_HEIGHT,
            VPos::Center => size * CAP_HEIGHT / 2.0,
            VPos::Bottom => 0.0,
        };
        self.scene.text(Text {
            at: (x, y + below),
            text: text.to_owned(),
            size,
            bold: is_bold(style),
            colour: colour(style.color().rgb),
            anchor: match style.anchor().h_pos {
                HPos::Left => Anchor::Start,
                HPos::Center => Anchor::Middle,
                HPos::Right => Anchor::End,
            },
        });
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let width = libm::ceil(font::width(text, style.size(), is_bold(style)));
        Ok((width as u32, libm::ceil(style.size() * CAP_HEIGHT) as u32))
    }
}

fn is_bold(style: &impl BackendTextStyle) -> bool {
    match style.style() {
        FontStyle::Bold => true,
        FontStyle::Normal | FontStyle::Oblique | FontStyle::Italic => false,
    }
}

/// Draws an element whose points are places in the picture, outside any data area.
pub(super) fn draw_at<E>(scene: &mut Scene, element: &E) -> Result<(), ChartError>
where
    for<'a> &'a E: PointCollection<'a, Point>,
    for<'a> E: Drawable<SceneBackend<'a>>,
{
    let mut backend = SceneBackend::new(scene);
    let size = backend.get_size();
    let at: Vec<BackendCoord> = element.point_iter().into_iter().map(|p| place(*p.borrow())).collect();
    element.draw(at.into_iter(), &mut backend, size)?;
    Ok(())
}

/// A line with dashes through places in the units of the axes. Only a scene can draw it.
pub(super) struct DashedLine {
    pub points: Vec<(f64, f64)>,
    pub stroke: Stroke,
}

impl<'a> PointCollection<'a, (f64, f64)> for &'a DashedLine {
    type Point = &'a (f64, f64);
    type IntoIter = &'a [(f64, f64)];
    fn point_iter(self) -> Self::IntoIter {
        &self.points
    }
}

impl Drawable<SceneBackend<'_>> for DashedLine {
    fn draw<I: Iterator<Item = BackendCoord>>(&self, at: I, backend: &mut SceneBackend<'_>, _: (u32, u32)) -> Drawn {
        backend.line(at, self.stroke);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
