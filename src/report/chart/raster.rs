//! A scene as PNG bytes at twice its size.
//!
//! tiny-skia without its `simd` feature computes with plain floats and integers in one order, so the bytes do not
//! depend on the processor. Letters are filled outlines of the embedded font.

use ab_glyph::{Font, OutlineCurve};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke as Pen, StrokeDash, Transform,
};

use crate::report::chart::ChartError;
use crate::report::chart::font;
use crate::report::chart::scene::{Anchor, Colour, Fill, Item, Point, Scene, Shape, Stroke, Text};

/// PNG pixels per scene pixel.
const SCALE: f32 = 2.0;

/// The largest side of a PNG, in its own pixels.
const MAX_SIDE: f64 = 16_384.0;

/// Paints the scene and encodes it as an 8-bit RGB PNG.
pub(super) fn write(scene: &Scene) -> Result<Vec<u8>, ChartError> {
    let (width, height) = (side(scene.width)?, side(scene.height)?);
    let mut map = Pixmap::new(width, height).ok_or_else(|| ChartError::Picture("it has no area".to_owned()))?;
    map.fill(Color::WHITE);
    for item in &scene.items {
        match item {
            Item::Mark { shape, fill, stroke } => mark(&mut map, shape, *fill, *stroke),
            Item::Text(t) => text(&mut map, t),
        }
    }
    encode(&map, width, height).map_err(|e| ChartError::Picture(e.to_string()))
}

fn side(length: f64) -> Result<u32, ChartError> {
    let pixels = libm::ceil(length * f64::from(SCALE));
    if (1.0..=MAX_SIDE).contains(&pixels) {
        Ok(pixels as u32)
    } else {
        Err(ChartError::Picture(format!(
            "a side of {pixels} pixels is outside 1..={MAX_SIDE}"
        )))
    }
}

fn encode(map: &Pixmap, width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    // The picture started white and stays opaque: alpha carries nothing.
    let rgb: Vec<u8> = map.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(bytes)
}

fn paint(Colour(r, g, b): Colour, alpha: f64) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, libm::round(alpha.clamp(0.0, 1.0) * 255.0) as u8);
    paint
}

fn mark(map: &mut Pixmap, shape: &Shape, fill: Option<Fill>, stroke: Option<Stroke>) {
    // Shapes without extent have no path; there is nothing to see of them.
    let Some(path) = outline(shape) else { return };
    let transform = Transform::from_scale(SCALE, SCALE);
    if let Some(fill) = fill {
        map.fill_path(
            &path,
            &paint(fill.colour, fill.alpha),
            FillRule::Winding,
            transform,
            None,
        );
    }
    if let Some(stroke) = stroke {
        let lengths: Vec<f32> = stroke.dash.lengths(stroke.width).iter().map(|l| *l as f32).collect();
        let pen = Pen {
            width: stroke.width as f32,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            dash: StrokeDash::new(lengths, 0.0),
            ..Pen::default()
        };
        map.stroke_path(&path, &paint(stroke.colour, 1.0), &pen, transform, None);
    }
}

fn outline(shape: &Shape) -> Option<Path> {
    let mut path = PathBuilder::new();
    match shape {
        Shape::Path { points, closed } => {
            for (i, &(x, y)) in points.iter().enumerate() {
                if i == 0 {
                    path.move_to(x as f32, y as f32);
                } else {
                    path.line_to(x as f32, y as f32);
                }
            }
            if *closed {
                path.close();
            }
        }
        Shape::Segments(pieces) => {
            for &(from, to) in pieces {
                path.move_to(from.0 as f32, from.1 as f32);
                path.line_to(to.0 as f32, to.1 as f32);
            }
        }
        Shape::Rect {
            left,
            top,
            width,
            height,
        } => {
            path.push_rect(Rect::from_xywh(
                *left as f32,
                *top as f32,
                *width as f32,
                *height as f32,
            )?);
        }
        Shape::Disc { centre, radius } => path.push_circle(centre.0 as f32, centre.1 as f32, *radius as f32),
    }
    path.finish()
}

/// Fills the letters of one line of text as a single path.
fn text(map: &mut Pixmap, t: &Text) {
    let face = font::font(t.bold);
    let unit = font::unit(t.bold, t.size);
    let mut pen = match t.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -font::width(&t.text, t.size, t.bold) / 2.0,
        Anchor::End => -font::width(&t.text, t.size, t.bold),
    };
    let mut path = PathBuilder::new();
    for c in t.text.chars() {
        let id = face.glyph_id(font::shown(c));
        if let Some(glyph) = face.outline(id) {
            let place = |p: ab_glyph::Point| -> Point {
                (t.at.0 + pen + f64::from(p.x) * unit, t.at.1 - f64::from(p.y) * unit)
            };
            letter(&mut path, &glyph.curves, place);
        }
        pen += f64::from(face.h_advance_unscaled(id)) * unit;
    }
    if let Some(path) = path.finish() {
        let transform = Transform::from_scale(SCALE, SCALE);
        map.fill_path(&path, &paint(t.colour, 1.0), FillRule::Winding, transform, None);
    }
}

/// Adds one glyph's contours. The font gives its curves in order, each starting where the last one ended.
fn letter(path: &mut PathBuilder, curves: &[OutlineCurve], place: impl Fn(ab_glyph::Point) -> Point) {
    let at = |p: ab_glyph::Point| {
        let (x, y) = place(p);
        (x as f32, y as f32)
    };
    let mut last: Option<ab_glyph::Point> = None;
    for curve in curves {
        let (from, to) = match curve {
            OutlineCurve::Line(a, b) | OutlineCurve::Quad(a, _, b) | OutlineCurve::Cubic(a, _, _, b) => (*a, *b),
        };
        if last != Some(from) {
            if last.is_some() {
                path.close();
            }
            let (x, y) = at(from);
            path.move_to(x, y);
        }
        let (x, y) = at(to);
        match curve {
            OutlineCurve::Line(..) => path.line_to(x, y),
            OutlineCurve::Quad(_, c, _) => {
                let (cx, cy) = at(*c);
                path.quad_to(cx, cy, x, y);
            }
            OutlineCurve::Cubic(_, c, d, _) => {
                let ((cx, cy), (dx, dy)) = (at(*c), at(*d));
                path.cubic_to(cx, cy, dx, dy, x, y);
            }
        }
        last = Some(to);
    }
    if last.is_some() {
        path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(scene: &Scene) -> (u32, u32, Vec<u8>) {
        let bytes = write(scene).expect("a small picture");
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .expect("a PNG");
        let mut data = vec![0; reader.output_buffer_size().expect("it fits")];
        let info = reader.next_frame(&mut data).expect("one frame");
        (info.width, info.height, data)
    }

    #[test]
    fn shapes_land_where_they_should_at_twice_the_size() {
        let mut scene = Scene::new(10.0, String::new());
        scene.height = 5.0;
        let area = Shape::Rect {
            left: 2.0,
            top: 1.0,
            width: 3.0,
            height: 2.0,
        };
        scene.mark(area, Some(Fill::opaque(Colour(10, 20, 30))), None);
        let (width, height, data) = pixels(&scene);
        assert_eq!((width, height), (20, 10));
        for y in 0..10 {
            for x in 0..20 {
                let inside = (4..10).contains(&x) && (2..6).contains(&y);
                let at = (y * 20 + x) * 3;
                assert_eq!(
                    data[at..at + 3],
                    if inside { [10, 20, 30] } else { [255; 3] },
                    "{x},{y}"
                );
            }
        }
    }

    #[test]
    fn text_stays_in_the_box_that_was_measured() {
        let mut scene = Scene::new(200.0, String::new());
        scene.height = 40.0;
        let size = 20.0;
        scene.text(Text {
            at: (20.0, 30.0),
            text: "⌈n/c⌉·d HAT".to_owned(),
            size,
            bold: false,
            colour: Colour(0, 0, 0),
            anchor: Anchor::Start,
        });
        let (width, _, data) = pixels(&scene);
        let dark: Vec<usize> = (0..data.len() / 3)
            .filter(|i| data[i * 3] < 128)
            .map(|i| i % width as usize)
            .collect();
        let (left, right) = (*dark.iter().min().expect("ink"), *dark.iter().max().expect("ink"));
        let end = 2.0 * (20.0 + font::width("⌈n/c⌉·d HAT", size, false));
        assert!(
            left >= 40 && (right as f64) <= end && (right as f64) > end - 6.0,
            "{left}..{right}, measured end {end}"
        );
    }

    #[test]
    fn a_picture_without_area_or_too_large_is_an_error() {
        let mut scene = Scene::new(0.0, String::new());
        assert!(write(&scene).is_err());
        scene.width = 800.0;
        scene.height = 1e6;
        assert!(
            write(&scene)
                .expect_err("too high")
                .to_string()
                .contains("2000000 pixels")
        );
    }
}
