//! The embedded font: measuring, breaking and drawing texts the same way on every machine.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef};

/// What an SVG asks for: the embedded font's family, then fonts of nearly the same widths.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// From the baseline to the top of a capital letter, as a share of the size (DejaVu Sans: 1493 of 2048 units).
pub(super) const CAP_HEIGHT: f64 = 0.729;

/// From one baseline to the next, as a share of the size.
pub(super) const LEADING: f64 = 1.35;

static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| load(include_bytes!("../../../assets/fonts/DejaVuSans-subset.ttf")));
static BOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| load(include_bytes!("../../../assets/fonts/DejaVuSans-Bold-subset.ttf")));

fn load(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded font is a font: a test reads it")
}

/// The font of a weight.
pub(super) fn font(bold: bool) -> &'static FontRef<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// Pixels per font unit at `size`.
pub(super) fn unit(bold: bool, size: f64) -> f64 {
    size / f64::from(font(bold).units_per_em().expect("a TrueType font names its units"))
}

/// What is shown for a character: characters that XML 1.0 forbids become U+FFFD, line ends and tabs a space.
pub(super) fn shown(c: char) -> char {
    match c {
        '\n' | '\t' | '\r' => ' ',
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// The width of `text` in pixels. No kerning: the subset carries none.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let face = font(bold);
    let units: f64 = text
        .chars()
        .map(|c| f64::from(face.h_advance_unscaled(face.glyph_id(shown(c)))))
        .sum();
    units * unit(bold, size)
}

/// Breaks `text` into lines no wider than `room`: at spaces, and inside words that are wider than a line.
pub(super) fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if width(&longer, size, bold) <= room {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = break_word(word, size, bold, room, &mut lines);
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// Puts all full lines of a long word into `lines` and returns what is left; a line holds at least one character.
fn break_word(word: &str, size: f64, bold: bool, room: f64, lines: &mut Vec<String>) -> String {
    let mut line = String::new();
    let mut used = 0.0;
    for c in word.chars() {
        let advance = width(c.encode_utf8(&mut [0; 4]), size, bold);
        if used + advance > room && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        line.push(c);
        used += advance;
    }
    line
}

/// `text` cut with an ellipsis to fit `room`; empty if not even that fits.
pub(super) fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let mut used = width("…", size, bold);
    let mut out = String::new();
    for c in text.chars() {
        used += width(c.encode_utf8(&mut [0; 4]), size, bold);
        if used > room {
            break;
        }
        out.push(c);
    }
    if out.is_empty() {
        return out;
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_weights_hold_every_symbol_the_charts_use() {
        for bold in [false, true] {
            for c in "AZaz09 ⌈n/c⌉·d×≤≥±–—…µ²∞→≈%[](),.:".chars() {
                assert_ne!(font(bold).glyph_id(c).0, 0, "{c} is missing (bold: {bold})");
            }
        }
    }

    #[test]
    fn a_capital_is_as_high_as_the_constant_says() {
        let glyph = font(false)
            .outline(font(false).glyph_id('H'))
            .expect("H has an outline");
        let top = f64::from(glyph.bounds.min.y.max(glyph.bounds.max.y)) * unit(false, 1.0);
        assert!((top - CAP_HEIGHT).abs() < 0.002, "{top}");
    }

    #[test]
    fn wrapped_lines_fit_and_lose_no_word() {
        let text = "batched:32 on 4 nodes × 8 GPUs, a-word-that-is-far-too-long-for-one-line-of-this-width end";
        let lines = wrap(text, 13.0, false, 120.0);
        assert!(lines.iter().all(|l| width(l, 13.0, false) <= 120.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        assert!(wrap("", 13.0, false, 120.0).is_empty());
    }

    #[test]
    fn shortened_texts_fit() {
        assert_eq!(shorten("node-1", 13.0, false, 500.0), "node-1");
        let cut = shorten("a-very-long-node-name.example.org", 13.0, false, 90.0);
        assert!(cut.ends_with('…') && width(&cut, 13.0, false) <= 90.0, "{cut}");
        assert_eq!(shorten("node-1", 13.0, false, 3.0), "");
    }
}
