//! A scene as SVG text.

use std::fmt::Write as _;

use crate::report::chart::font::{self, FAMILY};
use crate::report::chart::scene::{Anchor, Colour, Fill, Item, Point, Scene, Shape, Stroke, Text};

/// Writes the whole document, ending with a newline.
pub(super) fn write(scene: &Scene) -> String {
    let mut out = String::with_capacity(4096 + scene.items.len() * 96);
    let (width, height) = (num(scene.width), num(scene.height));
    put(
        &mut out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FAMILY}\">\n\
             <title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
            escape(&scene.name)
        ),
    );
    for item in &scene.items {
        match item {
            Item::Mark { shape, fill, stroke } => mark(&mut out, shape, *fill, *stroke),
            Item::Text(t) => text(&mut out, t),
        }
    }
    out.push_str("</svg>\n");
    out
}

fn put(out: &mut String, args: std::fmt::Arguments<'_>) {
    out.write_fmt(args).expect("writing to a String cannot fail");
}

fn mark(out: &mut String, shape: &Shape, fill: Option<Fill>, stroke: Option<Stroke>) {
    outline(out, shape);
    match fill {
        Some(fill) => {
            put(out, format_args!(" fill=\"{}\"", hex(fill.colour)));
            if fill.alpha < 1.0 {
                put(out, format_args!(" fill-opacity=\"{}\"", num(fill.alpha)));
            }
        }
        None => out.push_str(" fill=\"none\""),
    }
    if let Some(stroke) = stroke {
        put(
            out,
            format_args!(
                " stroke=\"{}\" stroke-width=\"{}\"",
                hex(stroke.colour),
                num(stroke.width)
            ),
        );
        let dash = stroke.dash.lengths(stroke.width);
        if !dash.is_empty() {
            let list: Vec<String> = dash.iter().map(|d| num(*d)).collect();
            put(out, format_args!(" stroke-dasharray=\"{}\"", list.join(" ")));
        } else if !matches!(shape, Shape::Segments(_)) {
            out.push_str(" stroke-linejoin=\"round\"");
        }
    }
    out.push_str("/>\n");
}

/// Opens the element of a shape.
fn outline(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Path { points, closed } => {
            out.push_str("<path d=\"");
            for (i, &p) in points.iter().enumerate() {
                go(out, if i == 0 { 'M' } else { 'L' }, p);
            }
            out.push_str(if *closed { "Z\"" } else { "\"" });
        }
        Shape::Segments(pieces) => {
            out.push_str("<path d=\"");
            for &(from, to) in pieces {
                go(out, 'M', from);
                go(out, 'L', to);
            }
            out.push('"');
        }
        Shape::Rect {
            left,
            top,
            width,
            height,
        } => put(
            out,
            format_args!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                num(*left),
                num(*top),
                num(*width),
                num(*height)
            ),
        ),
        Shape::Disc { centre, radius } => put(
            out,
            format_args!(
                "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"",
                num(centre.0),
                num(centre.1),
                num(*radius)
            ),
        ),
    }
}

fn go(out: &mut String, verb: char, (x, y): Point) {
    put(out, format_args!("{verb}{} {}", num(x), num(y)));
}

fn text(out: &mut String, t: &Text) {
    let (x, y) = (num(t.at.0), num(t.at.1));
    put(
        out,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" fill=\"{}\"",
            num(t.size),
            hex(t.colour)
        ),
    );
    if t.bold {
        out.push_str(" font-weight=\"bold\"");
    }
    match t.anchor {
        Anchor::Start => {}
        Anchor::Middle => out.push_str(" text-anchor=\"middle\""),
        Anchor::End => out.push_str(" text-anchor=\"end\""),
    }
    put(out, format_args!(">{}</text>\n", escape(&t.text)));
}

fn hex(Colour(r, g, b): Colour) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A coordinate with at most two decimals and no needless zeros.
fn num(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text that XML can hold.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(font::shown(c)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short() {
        assert_eq!(num(12.0), "12");
        assert_eq!(num(-0.001), "0");
        assert_eq!(num(100.0), "100");
        assert_eq!(num(2.71999), "2.72");
        assert_eq!(num(0.5), "0.5");
    }

    #[test]
    fn what_xml_forbids_is_replaced() {
        assert_eq!(escape("a<b> & \"c\"\u{0}\n"), "a&lt;b&gt; &amp; &quot;c&quot;\u{fffd} ");
    }

    #[test]
    fn a_scene_is_written_in_order() {
        let mut scene = Scene::new(20.0, "n & d".to_owned());
        scene.height = 10.0;
        scene.line(vec![(0.0, 0.0), (2.5, 1.0)], Stroke::solid(Colour(0, 114, 178), 2.0));
        scene.mark(
            Shape::Disc {
                centre: (3.0, 4.0),
                radius: 1.0,
            },
            Some(Fill {
                colour: Colour(1, 2, 3),
                alpha: 0.25,
            }),
            None,
        );
        insta::assert_snapshot!(write(&scene), @r##"
        <svg xmlns="http://www.w3.org/2000/svg" width="20" height="10" viewBox="0 0 20 10" role="img" font-family="DejaVu Sans, Verdana, sans-serif">
        <title>n &amp; d</title>
        <rect width="20" height="10" fill="#ffffff"/>
        <path d="M0 0L2.5 1" fill="none" stroke="#0072b2" stroke-width="2" stroke-linejoin="round"/>
        <circle cx="3" cy="4" r="1" fill="#010203" fill-opacity="0.25"/>
        </svg>
        "##);
    }
}
