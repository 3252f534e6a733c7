//! The code of a Rust file without its comments and the insides of its strings, so that rules see code only.

/// `text` with comments and the contents of string and character literals blanked; lines and columns (in bytes) stay.
pub(super) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let length = comment(rest).or_else(|| literal(rest, at.checked_sub(1).map(|before| bytes[before])));
        if let Some(length) = length {
            code.extend(
                rest[..length]
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
            at += length;
        } else {
            let letter = rest.chars().next().expect("at is before the end");
            code.push(letter);
            at += letter.len_utf8();
        }
    }
    code
}

/// The length of the comment that `rest` begins with.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest.as_bytes()[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.as_bytes()[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
    Some(rest.len())
}

/// The length of the string or character literal that `rest` begins with; `before` is the byte in front of it.
fn literal(rest: &str, before: Option<u8>) -> Option<usize> {
    let inside_a_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if rest.starts_with('r') && (!inside_a_word || before == Some(b'b')) {
        let hashes = rest[1..].bytes().take_while(|&byte| byte == b'#').count();
        if rest[1 + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            return Some(
                rest[start..]
                    .find(&close)
                    .map_or(rest.len(), |end| start + end + close.len()),
            );
        }
    }
    if rest.starts_with('"') {
        return Some(closing(rest, b'"'));
    }
    // A quote opens a character only if one follows and is closed; otherwise it is a lifetime.
    let after = rest.strip_prefix('\'')?;
    let is_character = after.starts_with('\\') || after.chars().nth(1) == Some('\'');
    is_character.then(|| closing(rest, b'\''))
}

/// The length of a literal that opens with one byte and ends at the next `quote` without a backslash.
fn closing(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The line (counted from 1) of a byte position.
pub(super) fn line_of(text: &str, position: usize) -> usize {
    text.as_bytes()[..position]
        .iter()
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}

/// The byte positions at which `word` stands in `code` with nothing of a name in front of it.
pub(super) fn places_of<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word)
        .map(|(position, _)| position)
        .filter(|&position| {
            let before = code[..position].chars().next_back();
            !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        })
}

#[test]
fn comments_and_literals_are_blanked_and_code_stays() {
    for (text, code) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (r#"f("x // \" y", 1)"#, "f(           , 1)"),
        ("f(r#\"a \" // b\"#) g", "f(             ) g"),
        (r"x('\'', '/', 'a') y", "x(    ,    ,    ) y"),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
        ("\"https://x\" + crate::y", "            + crate::y"),
    ] {
        assert_eq!(code_only(text), code, "{text}");
    }
    assert_eq!(code_only("\"é\nb\" c"), "   \n   c", "lines and bytes stay in place");
    assert_eq!(line_of("a\nb\nc", 4), 3);
    assert_eq!(
        places_of("print! eprint! _print! (print!", "print!").collect::<Vec<_>>(),
        [0, 24]
    );
}
