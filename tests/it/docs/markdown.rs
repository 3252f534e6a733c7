//! As much Markdown as the documents use: fenced blocks, code spans, headings, tables.

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// The word behind the fence: `yaml`, `text`, or nothing for commands.
    pub info: String,
    pub text: String,
}

/// The fenced blocks of `text` in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            open = !open;
            if open {
                let info = info.trim().to_owned();
                let text = String::new();
                blocks.push(Block { info, text });
            }
        } else if open {
            let block = blocks.last_mut().expect("an open block was pushed");
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    blocks
}

/// `text` without its fenced blocks.
pub fn prose(text: &str) -> String {
    let mut open = false;
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        open ^= fence;
        !open && !fence
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// The code spans of `text` in order. A span that goes on in the next line has a blank there.
pub fn spans(text: &str) -> Vec<String> {
    let inside = text.split('`').skip(1).step_by(2);
    inside
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// What stands below the heading `heading`, to the next heading of its level or above.
pub fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let begin = text
        .find(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?}"));
    let body = &text[begin + heading.len() + 2..];
    let level = heading.bytes().take_while(|byte| *byte == b'#').count();
    let mut end = 0;
    for line in body.split_inclusive('\n') {
        let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=level).contains(&hashes) {
            break;
        }
        end += line.len();
    }
    &body[..end]
}

/// The cells of the rows of all tables of `text`, without their headings.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_rule = |line: &str| line.starts_with('|') && line.chars().all(|c| "|-: ".contains(c));
        let heads = lines.peek().is_some_and(|next| is_rule(next));
        if line.starts_with('|') && !heads && !is_rule(line) {
            let cells = line.trim().trim_matches('|').split('|');
            rows.push(cells.map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}

/// The anchors of the headings of `text`, as GitHub makes them.
pub fn anchors(text: &str) -> Vec<String> {
    let text = prose(text);
    let headings = text.lines().filter_map(|line| {
        let title = line.trim_start_matches('#');
        (title.len() < line.len() && title.starts_with(' ')).then_some(title)
    });
    headings
        .map(|title| {
            let kept = title.trim().to_lowercase();
            let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn a_document_is_taken_apart() {
    let text = "# A title, in words\n\nSee `src/a.rs` and `makespan\nrun`.\n\n```\nmakespan x \\\n  y\n```\n\n## Next\n\n\
        | a | b |\n|---|--:|\n| `1` | 2 |\n| 3 | 4 |\n\n```yaml\na: `1`\n```\n# End\n";
    let block = |info: &str, text: &str| Block {
        info: info.to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(
        blocks(text),
        [block("", "makespan x \\\n  y\n"), block("yaml", "a: `1`\n")]
    );
    assert_eq!(spans(&prose(text)), ["src/a.rs", "makespan run", "1"]);
    assert_eq!(rows(text), [["`1`", "2"], ["3", "4"]]);
    assert_eq!(anchors(text), ["a-title-in-words", "next", "end"]);
    assert!(section(text, "## Next").starts_with("\n| a | b |") && !section(text, "## Next").contains("End"));
}
