//! What stands around the data: headings, notes, axes.

use crate::report::chart::font::{self, CAP_HEIGHT, LEADING};
use crate::report::chart::ruler::Ruler;
use crate::report::chart::scene::{Anchor, Colour, Fill, Point, Scene, Shape, Stroke, Text};
use crate::report::chart::style::{FRAME, MUTED, TEXT};

/// The width of every chart, in pixels.
pub(super) const WIDTH: f64 = 800.0;
/// The white rim.
pub(super) const MARGIN: f64 = 16.0;
/// Sizes of texts, in pixels.
pub(super) const TITLE_SIZE: f64 = 20.0;
pub(super) const LABEL_SIZE: f64 = 14.0;
pub(super) const TICK_SIZE: f64 = 13.0;
pub(super) const NOTE_SIZE: f64 = 12.0;

/// The length of a tick and its distance from its label.
const TICK: f64 = 5.0;

/// Where the data stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }
}

/// A text in regular weight.
pub(super) fn words(text: impl Into<String>, at: Point, size: f64, colour: Colour, anchor: Anchor) -> Text {
    Text {
        at,
        text: text.into(),
        size,
        bold: false,
        colour,
        anchor,
    }
}

/// Baseline of a text of `size` whose capitals are centred on `y`.
pub(super) fn centred(y: f64, size: f64) -> f64 {
    y + size * CAP_HEIGHT / 2.0
}

/// Writes a block of wrapped lines from `top` down and returns where it ends.
pub(super) fn paragraph(
    scene: &mut Scene,
    text: &str,
    left: f64,
    top: f64,
    room: f64,
    look: (f64, bool, Colour),
) -> f64 {
    let (size, bold, colour) = look;
    let mut y = top;
    for line in font::wrap(text, size, bold, room) {
        let text = Text {
            bold,
            ..words(line, (left, y + size), size, colour, Anchor::Start)
        };
        scene.text(text);
        y += size * LEADING;
    }
    y
}

/// Writes title and subtitle at the top and returns where the rest may begin.
pub(super) fn heading(scene: &mut Scene, title: &str, subtitle: &str) -> f64 {
    let room = WIDTH - 2.0 * MARGIN;
    let y = paragraph(scene, title, MARGIN, MARGIN - 4.0, room, (TITLE_SIZE, true, TEXT));
    let y = paragraph(scene, subtitle, MARGIN, y, room, (LABEL_SIZE, false, MUTED));
    y + 12.0
}

/// Writes the note below everything and sets the picture's height.
pub(super) fn finish(scene: &mut Scene, notes: &[String], top: f64) {
    let mut y = top;
    for note in notes {
        y = paragraph(
            scene,
            note,
            MARGIN,
            y + 4.0,
            WIDTH - 2.0 * MARGIN,
            (NOTE_SIZE, false, MUTED),
        );
    }
    scene.height = libm::ceil(y + MARGIN - 4.0);
}

/// Draws the axis below the data, with its title if wanted, and returns where it ends.
pub(super) fn x_axis(scene: &mut Scene, area: &Area, ruler: &Ruler, titled: bool) -> f64 {
    let mut pieces = vec![((area.left, area.bottom), (area.right, area.bottom))];
    let baseline = area.bottom + TICK + 3.0 + TICK_SIZE * CAP_HEIGHT;
    for tick in &ruler.ticks {
        let at = ruler.at(tick.value);
        pieces.push(((at, area.bottom), (at, area.bottom + TICK)));
        // A wide label at the end of the axis moves inwards rather than out of the picture.
        let half = font::width(&tick.label, TICK_SIZE, false) / 2.0 + 2.0;
        let middle = at.max(half).min(WIDTH - half);
        scene.text(words(
            tick.label.clone(),
            (middle, baseline),
            TICK_SIZE,
            TEXT,
            Anchor::Middle,
        ));
    }
    scene.segments(pieces, Stroke::solid(FRAME, 1.0));
    if !titled {
        return baseline + 4.0;
    }
    let middle = (area.left + area.right) / 2.0;
    let at = (middle, baseline + LABEL_SIZE * LEADING);
    scene.text(words(ruler.title.clone(), at, LABEL_SIZE, TEXT, Anchor::Middle));
    baseline + LABEL_SIZE * LEADING + 6.0
}

/// Draws the axis left of the data, its words only if wanted.
pub(super) fn y_axis(scene: &mut Scene, area: &Area, ruler: &Ruler, worded: bool) {
    let mut pieces = vec![((area.left, area.top), (area.left, area.bottom))];
    for tick in &ruler.ticks {
        let at = ruler.at(tick.value);
        if worded {
            pieces.push(((area.left - TICK, at), (area.left, at)));
            let place = (area.left - TICK - 3.0, centred(at, TICK_SIZE));
            scene.text(words(tick.label.clone(), place, TICK_SIZE, TEXT, Anchor::End));
        }
    }
    scene.segments(pieces, Stroke::solid(FRAME, 1.0));
}

/// The room that a vertical axis with these labels takes on the left.
pub(super) fn y_axis_room(ruler: &Ruler) -> f64 {
    ruler.label_width() + TICK + 5.0
}

/// Says in the middle of the area that there is nothing to show.
pub(super) fn nothing(scene: &mut Scene, area: &Area) {
    let at = (
        (area.left + area.right) / 2.0,
        centred((area.top + area.bottom) / 2.0, LABEL_SIZE),
    );
    let room = font::width("no data", LABEL_SIZE, false) + 16.0;
    let (left, top) = (at.0 - room / 2.0, (area.top + area.bottom) / 2.0 - LABEL_SIZE);
    let patch = Shape::Rect {
        left,
        top,
        width: room,
        height: 2.0 * LABEL_SIZE,
    };
    scene.mark(patch, Some(Fill::opaque(Colour(255, 255, 255))), None);
    scene.text(words("no data", at, LABEL_SIZE, MUTED, Anchor::Middle));
}
