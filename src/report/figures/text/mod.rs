//! What the terminal shows of comparisons and runs: tables, and sentences between them. All texts end with a newline.

mod compare;

pub(super) mod limits;

mod requests;

mod run;

mod run_tables;

pub mod story;

#[cfg(test)]
mod tests;

use unicode_width::UnicodeWidthStr;

use crate::cluster::{ResourceId, Store};
use crate::experiment::format::{count, significant};
use crate::report::table::{Border, Table};

pub use compare::{answer, compare, compare_tables, growth};
pub use run::{headline, run, run_tables};

/// What texts are laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// The lines of tables.
    pub border: Border,
    /// Columns of the terminal; `None`: as wide as it takes.
    pub width: Option<usize>,
}

impl Paper {
    /// `line`, broken between words where it is too long.
    fn sentence(&self, line: &str) -> String {
        // A table without columns is its footers.
        let mut table = Table::new(Vec::new());
        table.footer(line);
        table.render(self.border, self.width)
    }

    /// `lines` as a list: a bullet before each, and the lines that do not fit indented below it.
    pub(super) fn bullets(&self, lines: &[String]) -> String {
        let room = self.width.unwrap_or(usize::MAX).saturating_sub(2).max(20);
        let mut out = String::new();
        for line in lines {
            let mut used = 0;
            for word in line.split(' ') {
                let width = word.width();
                if used == 0 {
                    out.push_str("• ");
                } else if used + 1 + width > room {
                    out.push_str("\n  ");
                    used = 0;
                } else {
                    out.push(' ');
                    used += 1;
                }
                out.push_str(word);
                used += width;
            }
            out.push('\n');
        }
        out
    }

    /// Tables below their headings (none where it is empty), an empty line between them.
    fn tables(&self, tables: &[(String, Table)]) -> String {
        let text = |(heading, table): &(String, Table)| {
            let heading = if heading.is_empty() {
                String::new()
            } else {
                self.sentence(heading)
            };
            heading + &table.render(self.border, self.width)
        };
        tables.iter().map(text).collect::<Vec<_>>().join("\n")
    }
}

/// An amount of a resource as people write it: cpu in cores, bytes in Ki to Ti where that is exact to three digits.
pub(super) fn amount(store: &Store, id: ResourceId, amount: i64) -> String {
    let value = amount.max(0) as u64;
    if id == ResourceId::CPU {
        return if value.is_multiple_of(1000) {
            count(value / 1000)
        } else {
            short(value as f64 / 1000.0)
        };
    }
    if store.resources.unit(id) != "bytes" {
        return count(value);
    }
    let units = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let unit = units.into_iter().find(|(_, bits)| value >= 1 << bits);
    unit.map_or_else(
        || count(value),
        |(name, bits)| format!("{}{name}", short(value as f64 / (1_u64 << bits) as f64)),
    )
}

/// Three significant digits, without zeros at the end.
fn short(value: f64) -> String {
    let text = significant(value, 3);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// `1 node`, `4 nodes`.
fn plural(number: u64, word: &str) -> String {
    format!("{} {word}{}", count(number), if number == 1 { "" } else { "s" })
}
