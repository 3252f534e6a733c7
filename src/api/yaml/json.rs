//! A JSON reader that keeps places. Errors are worded as Go's `encoding/json` does, which users know from kubectl.

use crate::api::value::{Key, Place, Value, ValueKind};

use super::map::{Added, MapBuilder};
use super::place::PlaceCounter;
use super::{MAX_DEPTH, MAX_VALUES, scalar};

/// Why a text is not JSON.
#[derive(Debug)]
pub(super) struct JsonError {
    pub(super) place: Place,
    pub(super) message: String,
}

/// A key that stands twice in its map.
#[derive(Debug)]
pub(super) struct Duplicate {
    pub(super) place: Place,
    /// The steps from the key up to the root, the innermost first.
    pub(super) steps: Vec<String>,
}

/// What a JSON text holds: its values one after another, as `kubectl` accepts them, and its duplicate keys.
#[derive(Debug, Default)]
pub(super) struct Json {
    pub(super) values: Vec<Value>,
    pub(super) duplicates: Vec<Duplicate>,
}

/// Reads all values of `text`.
pub(super) fn read(text: &str) -> Result<Json, JsonError> {
    let mut reader = Reader {
        text,
        position: 0,
        depth: 0,
        values: 0,
        places: PlaceCounter::new(text),
        duplicates: Vec::new(),
    };
    let mut values = Vec::new();
    reader.skip_blanks();
    while reader.position < text.len() {
        values.push(reader.value()?);
        reader.skip_blanks();
    }
    Ok(Json {
        values,
        duplicates: reader.duplicates,
    })
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
    values: u64,
    places: PlaceCounter<'a>,
    duplicates: Vec<Duplicate>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.position += 1;
        }
    }

    fn fail(&mut self, message: String) -> JsonError {
        JsonError {
            place: self.places.place(self.position),
            message,
        }
    }

    fn unexpected(&mut self, context: &str) -> JsonError {
        let message = match self.text[self.position..].chars().next() {
            None => "unexpected end of JSON input".to_owned(),
            Some('\'') => format!(r"invalid character '\'' {context}"),
            Some('"') => format!("invalid character '\"' {context}"),
            Some(c) => format!("invalid character '{}' {context}", c.escape_debug()),
        };
        self.fail(message)
    }

    fn value(&mut self) -> Result<Value, JsonError> {
        let place = self.places.place(self.position);
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.fail(format!("the file holds more than {MAX_VALUES} values")));
        }
        let kind = match self.peek() {
            Some(b'{') => self.map()?,
            Some(b'[') => self.list()?,
            Some(b'"') => ValueKind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", ValueKind::Bool(true))?,
            Some(b'f') => self.word("false", ValueKind::Bool(false))?,
            Some(b'n') => self.word("null", ValueKind::Null)?,
            _ => return Err(self.unexpected("looking for beginning of value")),
        };
        Ok(Value { place, kind })
    }

    fn word(&mut self, word: &str, kind: ValueKind) -> Result<ValueKind, JsonError> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                let context = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(self.unexpected(&context));
            }
            self.position += 1;
        }
        Ok(kind)
    }

    fn digits(&mut self, context: &str) -> Result<(), JsonError> {
        if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
            return Err(self.unexpected(context));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.position += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<ValueKind, JsonError> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        if self.peek() == Some(b'0') {
            self.position += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.position += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.position += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(scalar::json_number(&self.text[start..self.position]))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.position += 1;
        let mut result = String::new();
        loop {
            let rest = &self.text.as_bytes()[self.position..];
            let plain = rest.iter().position(|&b| b == b'"' || b == b'\\' || b < b' ');
            let plain = plain.unwrap_or(rest.len());
            result.push_str(&self.text[self.position..self.position + plain]);
            self.position += plain;
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(result);
                }
                Some(b'\\') => result.push(self.escape()?),
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.position += 1;
        let plain = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.position += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.position += 1;
        Ok(plain)
    }

    /// The character of `\uXXXX`, or of a pair of surrogates; a lone surrogate is U+FFFD, as in Go.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex4()?;
        if (0xD800..0xDC00).contains(&first) && self.text[self.position..].starts_with("\\u") {
            let after_first = self.position;
            self.position += 2;
            let second = self.hex4()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.position = after_first;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.position += 1;
        }
        Ok(code)
    }

    fn enter(&mut self) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fail(format!("exceeded max depth of {MAX_DEPTH}")));
        }
        self.position += 1;
        self.skip_blanks();
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.position += 1;
    }

    fn list(&mut self) -> Result<ValueKind, JsonError> {
        self.enter()?;
        let mut items = Vec::new();
        while self.peek() != Some(b']') {
            let known = self.duplicates.len();
            items.push(self.value()?);
            for duplicate in &mut self.duplicates[known..] {
                duplicate.steps.push(format!("[{}]", items.len() - 1));
            }
            self.skip_blanks();
            match self.peek() {
                Some(b',') => {
                    self.position += 1;
                    self.skip_blanks();
                    if self.peek() == Some(b']') {
                        return Err(self.unexpected("looking for beginning of value"));
                    }
                }
                Some(b']') => {}
                _ => return Err(self.unexpected("after array element")),
            }
        }
        self.leave();
        Ok(ValueKind::List(items))
    }

    fn map(&mut self) -> Result<ValueKind, JsonError> {
        self.enter()?;
        let mut map = MapBuilder::default();
        while self.peek() != Some(b'}') {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            self.entry(&mut map)?;
            match self.peek() {
                Some(b',') => {
                    self.position += 1;
                    self.skip_blanks();
                    if self.peek() == Some(b'}') {
                        return Err(self.unexpected("looking for beginning of object key string"));
                    }
                }
                Some(b'}') => {}
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
        self.leave();
        Ok(ValueKind::Map(map.finish()))
    }

    /// `"key": value` and the blanks after it.
    fn entry(&mut self, map: &mut MapBuilder) -> Result<(), JsonError> {
        let place = self.places.place(self.position);
        let name = self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("after object key"));
        }
        self.position += 1;
        self.skip_blanks();
        let known = self.duplicates.len();
        let value = self.value()?;
        for duplicate in &mut self.duplicates[known..] {
            duplicate.steps.push(name.clone());
        }
        let key = Key {
            place,
            name: name.clone(),
        };
        if map.add(key, value) == Added::Duplicate {
            self.duplicates.push(Duplicate {
                place,
                steps: vec![name],
            });
        }
        self.skip_blanks();
        Ok(())
    }
}
