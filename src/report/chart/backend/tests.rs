//! What plotters' elements become in a scene.

use plotters::drawing::IntoDrawingArea;
use plotters::element::{Circle, EmptyElement, PathElement, Polygon, Rectangle, Text as Words};
use plotters::style::text_anchor::Pos;
use plotters::style::{Color, IntoFont, RED, TRANSPARENT, TextStyle};

use super::*;

const INK: Stroke = Stroke::solid(Colour(0, 114, 178), 1.25);
const AREA: Fill = Fill::opaque(Colour(1, 2, 3));

fn scene() -> Scene {
    Scene::new(20.0, String::new())
}

#[test]
fn plotters_elements_keep_hundredths_of_a_pixel() {
    let mut scene = scene();
    let root = SceneBackend::new(&mut scene).into_drawing_area();
    root.draw(&PathElement::new([(1, 250), (1034, 999)], INK))
        .expect("drawn");
    root.draw(&(EmptyElement::at((100, 200)) + Circle::new((5, 7), 460, RED.mix(0.25).filled())))
        .expect("drawn");
    drop(root);
    let line = Shape::Path {
        points: vec![(0.01, 2.5), (10.34, 9.99)],
        closed: false,
    };
    let disc = Shape::Disc {
        centre: (1.05, 2.07),
        radius: 4.6,
    };
    let fill = Fill {
        colour: Colour(255, 0, 0),
        alpha: 0.25,
    };
    let mark = |shape, fill, stroke| Item::Mark { shape, fill, stroke };
    assert_eq!(scene.items, [mark(line, None, Some(INK)), mark(disc, Some(fill), None)]);
}

#[test]
fn an_outline_joins_its_area_and_nothing_else() {
    let corners = [(0, 0), (300, 0), (0, 400)];
    let closed = [(0, 0), (300, 0), (0, 400), (0, 0)];
    let mut scene = scene();
    let root = SceneBackend::new(&mut scene).into_drawing_area();
    let rectangle = |style: ShapeStyle| Rectangle::new([(0, 0), (500, 300)], style);
    root.draw(&Polygon::new(corners, AREA)).expect("drawn");
    root.draw(&PathElement::new(closed, INK)).expect("drawn");
    root.draw(&PathElement::new(closed, INK)).expect("drawn");
    root.draw(&rectangle(AREA.into())).expect("drawn");
    root.draw(&rectangle(INK.into())).expect("drawn");
    root.draw(&rectangle(ShapeStyle::from(&TRANSPARENT))).expect("drawn");
    drop(root);
    let inks: Vec<(bool, bool)> = scene
        .items
        .iter()
        .map(|item| match item {
            Item::Mark { fill, stroke, .. } => (fill.is_some(), stroke.is_some()),
            Item::Text(_) => (false, false),
        })
        .collect();
    assert_eq!(inks, [(true, true), (false, true), (true, true)]);
}

#[test]
fn loose_lines_of_one_ink_are_one_item_and_translucent_ones_turn_pale() {
    let mut scene = scene();
    let mut backend = SceneBackend::new(&mut scene);
    let pale = ShapeStyle::from(Stroke::solid(Colour(0, 0, 0), 1.0));
    for style in [
        INK.into(),
        INK.into(),
        ShapeStyle {
            color: pale.color.mix(0.5),
            ..pale
        },
    ] {
        backend.draw_line((0, 0), (100, 100), &style).expect("drawn");
    }
    let pieces = |item: &Item| match item {
        Item::Mark {
            shape: Shape::Segments(pieces),
            stroke: Some(stroke),
            ..
        } => (pieces.len(), stroke.colour),
        Item::Mark { .. } | Item::Text(_) => (0, WHITE),
    };
    let found: Vec<(usize, Colour)> = scene.items.iter().map(pieces).collect();
    assert_eq!(found, [(2, INK.colour), (1, Colour(128, 128, 128))]);
}

#[test]
fn texts_are_measured_and_placed_by_the_embedded_font() {
    let mut scene = scene();
    let root = SceneBackend::new(&mut scene).into_drawing_area();
    let style = TextStyle::from(("whatever", 1000).into_font()).pos(Pos::new(HPos::Right, VPos::Center));
    let (width, height) = root.estimate_text_size("HAT", &style).expect("measured");
    root.draw(&Words::new("HAT", (1500, 800), style)).expect("drawn");
    drop(root);
    assert!((f64::from(width) / UNITS - font::width("HAT", 10.0, false)).abs() < 0.011);
    assert_eq!(height, 729);
    let Some(Item::Text(text)) = scene.items.first() else {
        panic!("no text in {:?}", scene.items);
    };
    assert_eq!((text.size, text.anchor, text.bold), (10.0, Anchor::End, false));
    assert!(
        text.at.0 == 15.0 && (text.at.1 - (8.0 + 3.645)).abs() < 1e-9,
        "{:?}",
        text.at
    );
}
