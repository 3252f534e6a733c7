//! How wide columns become, where cells break, and the lines around them.

use unicode_width::UnicodeWidthStr;

use super::{Align, Border, Table, pad};

/// Lays the table out within `room` terminal columns.
pub(super) fn render(table: &Table, border: Border, room: usize) -> String {
    let mut out = String::new();
    for block in blocks(table, room) {
        out.push_str(&render_block(table, &block, border, room));
    }
    for footer in &table.footers {
        for line in wrap(footer, room) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// What `count` cells need besides their texts: a border on each side and a space on both sides of a text.
const fn frame(count: usize) -> usize {
    3 * count + 1
}

/// The widest text of column `i`, when nothing is broken.
fn natural(table: &Table, i: usize) -> usize {
    let cells = table.rows.iter().map(|r| r[i].as_str().width());
    cells.chain([table.columns[i].title().width()]).max().unwrap_or(0)
}

/// The least width of column `i`: its longest word, or for numbers its longest cell.
fn least(table: &Table, i: usize) -> usize {
    let column = &table.columns[i];
    let cells = table.rows.iter().map(|r| match column.align {
        Align::Left => longest_word(&r[i]),
        Align::Right => r[i].width(),
    });
    cells.chain([longest_word(&column.title())]).max().unwrap_or(0)
}

fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// Which columns stand side by side: all of them if their least widths fit, else as many as fit beside the first one.
fn blocks(table: &Table, room: usize) -> Vec<Vec<usize>> {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut used = 0;
    for i in 0..table.columns.len() {
        let width = least(table, i);
        match blocks.last_mut() {
            // A block is never the first column alone, if there are others.
            Some(block) if block.len() < 2 || used + width + frame(block.len() + 1) <= room => {
                // The very first block may have only the first column so far, which then gets its one companion.
                block.push(i);
                used += width;
            }
            Some(_) => {
                blocks.push(vec![0, i]);
                used = least(table, 0) + width;
            }
            None => {
                blocks.push(vec![i]);
                used = width;
            }
        }
    }
    blocks
}

/// The widths of a block's columns: as wide as they like, or narrowed where most room is taken until they fit.
fn widths(table: &Table, block: &[usize], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = block.iter().map(|&i| natural(table, i)).collect();
    let least: Vec<usize> = block.iter().map(|&i| least(table, i)).collect();
    while widths.iter().sum::<usize>() + frame(block.len()) > room {
        let widest = (0..block.len())
            .filter(|&k| widths[k] > least[k])
            .max_by_key(|&k| (widths[k], k));
        match widest {
            Some(k) => widths[k] -= 1,
            None => break,
        }
    }
    // Broken texts may need less than they were given.
    let used = |(k, &i): (usize, &usize)| {
        let texts = table
            .rows
            .iter()
            .map(|r| r[i].clone())
            .chain([table.columns[i].title()]);
        texts
            .flat_map(|t| wrap(&t, widths[k]))
            .map(|line| line.width())
            .max()
            .unwrap_or(0)
    };
    block.iter().enumerate().map(used).collect()
}

fn render_block(table: &Table, block: &[usize], border: Border, room: usize) -> String {
    let widths = widths(table, block, room);
    let (bar, dash, [top, middle, bottom]) = match border {
        Border::Light => ("│", "─", [["┌", "┬", "┐"], ["├", "┼", "┤"], ["└", "┴", "┘"]]),
        Border::Ascii => ("|", "-", [["+"; 3]; 3]),
    };
    let rule = |[left, inner, right]: [&str; 3]| {
        let pieces: Vec<String> = widths.iter().map(|w| dash.repeat(w + 2)).collect();
        format!("{left}{}{right}\n", pieces.join(inner))
    };
    let lines = |cells: Vec<Vec<String>>| {
        let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let line = |row: usize| {
            let padded = cells.iter().enumerate().map(|(k, lines)| {
                let text = lines.get(row).map_or("", String::as_str);
                pad(text, widths[k], table.columns[block[k]].align)
            });
            format!("{bar} {} {bar}\n", padded.collect::<Vec<_>>().join(&format!(" {bar} ")))
        };
        (0..height).map(line).collect::<String>()
    };
    let mut out = rule(top);
    out.push_str(&lines(
        block
            .iter()
            .zip(&widths)
            .map(|(&i, &w)| wrap(&table.columns[i].title(), w))
            .collect(),
    ));
    out.push_str(&rule(middle));
    for row in &table.rows {
        out.push_str(&lines(
            block.iter().zip(&widths).map(|(&i, &w)| wrap(&row[i], w)).collect(),
        ));
    }
    if !table.rows.is_empty() {
        out.push_str(&rule(bottom));
    }
    out
}

/// Breaks a text at spaces into lines of at most `room` columns; longer words stay whole. A text that fits keeps its
/// spaces, line breaks become spaces.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let text = text.replace(['\n', '\r', '\t'], " ");
    if text.width() <= room {
        return vec![text];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
