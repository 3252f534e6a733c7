//! Line and column of byte positions that only move forward.

use crate::api::value::Place;

/// Turns byte positions, asked for in rising order, into places in time linear in the text, even if it is one long line.
pub(super) struct PlaceCounter<'a> {
    bytes: &'a [u8],
    position: usize,
    place: Place,
}

impl<'a> PlaceCounter<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            position: 0,
            place: Place { line: 1, column: 1 },
        }
    }
    /// The place of byte `position`. An earlier position than before gives the last place again.
    pub(super) fn place(&mut self, position: usize) -> Place {
        let end = position.min(self.bytes.len());
        while self.position < end {
            let byte = self.bytes[self.position];
            if byte == b'\n' {
                self.place.line += 1;
                self.place.column = 1;
            } else if byte & 0xC0 != 0x80 {
                // Not a continuation byte of UTF-8: a new character.
                self.place.column += 1;
            }
            self.position += 1;
        }
        self.place
    }
}
