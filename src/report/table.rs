//! One table, three ways out: for the terminal, as Markdown, as CSV.
//!
//! Cells are texts that the caller has written (see [`crate::report::number`]); the table only lays them out.

use unicode_width::UnicodeWidthStr;

mod layout;

/// Which side of a column its cells lean to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The lines around the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// Unicode box drawing, light.
    Light,
    /// `+`, `-` and `|` only, for terminals and logs without Unicode.
    Ascii,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name for people.
    pub header: String,
    /// Its unit, shown in brackets behind the name; may be empty.
    pub unit: String,
    /// Its name in CSV, such as `makespan_s`.
    pub key: String,
    /// Which side its cells lean to.
    pub align: Align,
}

impl Column {
    /// A column of numbers in `unit` (empty for none).
    #[must_use]
    pub fn number(header: impl Into<String>, unit: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            header: header.into(),
            unit: unit.into(),
            key: key.into(),
            align: Align::Right,
        }
    }
    /// A column of words.
    #[must_use]
    pub fn text(header: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            header: header.into(),
            unit: String::new(),
            key: key.into(),
            align: Align::Left,
        }
    }
    fn title(&self) -> String {
        if self.unit.is_empty() {
            self.header.clone()
        } else {
            format!("{} [{}]", self.header, self.unit)
        }
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
    footers: Vec<String>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub const fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
            footers: Vec::new(),
        }
    }
    /// Adds a row. Missing cells are empty; cells beyond the last column are dropped.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let mut cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }
    /// Adds a line of words below the table.
    pub fn footer(&mut self, line: impl Into<String>) {
        self.footers.push(line.into());
    }
    /// The rows so far.
    #[must_use]
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// The table for a terminal of `max_width` columns (`None`: as wide as it likes), ending with a newline.
    ///
    /// Too wide a table first breaks its headers and words into lines; then it is cut into blocks of columns below each
    /// other, each of which repeats the first column. Nothing is dropped; a single word or number wider than the
    /// terminal sticks out.
    #[must_use]
    pub fn render(&self, border: Border, max_width: Option<usize>) -> String {
        layout::render(self, border, max_width.unwrap_or(usize::MAX))
    }

    /// The table in GitHub's Markdown, padded to read well as text too; the footers follow as paragraphs.
    #[must_use]
    pub fn markdown(&self) -> String {
        let escape = |cell: &str| {
            cell.replace('\\', "\\\\")
                .replace('|', "\\|")
                .replace(['\n', '\r'], " ")
        };
        let headers: Vec<String> = self.columns.iter().map(|c| escape(&c.title())).collect();
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|r| r.iter().map(|c| escape(c)).collect())
            .collect();
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|i| {
                rows.iter()
                    .map(|r| r[i].width())
                    .chain([headers[i].width(), 3])
                    .max()
                    .unwrap_or(3)
            })
            .collect();
        let line = |cells: &[String]| {
            let padded = cells
                .iter()
                .zip(&self.columns)
                .zip(&widths)
                .map(|((cell, c), w)| pad(cell, *w, c.align));
            format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
        };
        let rule = self.columns.iter().zip(&widths).map(|(c, w)| match c.align {
            Align::Left => "-".repeat(*w),
            Align::Right => format!("{}:", "-".repeat(w - 1)),
        });
        let mut out = line(&headers);
        out.push_str(&format!("| {} |\n", rule.collect::<Vec<_>>().join(" | ")));
        out.extend(rows.iter().map(|row| line(row)));
        for footer in &self.footers {
            out.push_str(&format!("\n{footer}\n"));
        }
        out
    }

    /// The table as CSV (RFC 4180, but lines end with a newline alone): the columns' keys, then the rows. Cells stand
    /// as they are, so write machine-readable numbers into a table that is meant for this. Footers are left out.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        let never = "writing to memory cannot fail, and all rows have as many cells as there are columns";
        writer.write_record(self.columns.iter().map(|c| &c.key)).expect(never);
        for row in &self.rows {
            writer.write_record(row).expect(never);
        }
        writer.into_inner().expect(never)
    }
}

/// `cell` filled up with spaces to `width` terminal columns.
fn pad(cell: &str, width: usize, align: Align) -> String {
    let space = " ".repeat(width.saturating_sub(cell.width()));
    match align {
        Align::Left => format!("{cell}{space}"),
        Align::Right => format!("{space}{cell}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(vec![
            Column::number("n", "", "n"),
            Column::text("strategy", "strategy"),
            Column::number("makespan", "h", "makespan_h"),
            Column::number("speed-up", "×", "speed_up"),
        ]);
        table.row(["10", "sequential", "0.85", "1.0"]);
        table.row(["1,000", "parallel", "2.75", "30.9"]);
        table.footer("Submitting all at once is 30.9 times faster.");
        table
    }

    #[test]
    fn a_small_table_on_a_terminal() {
        insta::assert_snapshot!(sample().render(Border::Light, None), @r"
        ┌───────┬────────────┬──────────────┬──────────────┐
        │     n │ strategy   │ makespan [h] │ speed-up [×] │
        ├───────┼────────────┼──────────────┼──────────────┤
        │    10 │ sequential │         0.85 │          1.0 │
        │ 1,000 │ parallel   │         2.75 │         30.9 │
        └───────┴────────────┴──────────────┴──────────────┘
        Submitting all at once is 30.9 times faster.
        ");
    }

    #[test]
    fn a_narrow_terminal_breaks_headers_first() {
        insta::assert_snapshot!(sample().render(Border::Ascii, Some(46)), @r"
        +-------+------------+----------+----------+
        |     n | strategy   | makespan | speed-up |
        |       |            |      [h] |      [×] |
        +-------+------------+----------+----------+
        |    10 | sequential |     0.85 |      1.0 |
        | 1,000 | parallel   |     2.75 |     30.9 |
        +-------+------------+----------+----------+
        Submitting all at once is 30.9 times faster.
        ");
    }

    #[test]
    fn a_very_narrow_terminal_gets_blocks_with_the_first_column_again() {
        insta::assert_snapshot!(sample().render(Border::Ascii, Some(24)), @r"
        +-------+------------+
        |     n | strategy   |
        +-------+------------+
        |    10 | sequential |
        | 1,000 | parallel   |
        +-------+------------+
        +-------+--------------+
        |     n | makespan [h] |
        +-------+--------------+
        |    10 |         0.85 |
        | 1,000 |         2.75 |
        +-------+--------------+
        +-------+--------------+
        |     n | speed-up [×] |
        +-------+--------------+
        |    10 |          1.0 |
        | 1,000 |         30.9 |
        +-------+--------------+
        Submitting all at once
        is 30.9 times faster.
        ");
    }

    #[test]
    fn the_same_table_in_markdown_and_csv() {
        let mut table = sample();
        table.row(["7", "a|b", "\"x\"", "1,5"]);
        insta::assert_snapshot!(table.markdown(), @r#"
        |     n | strategy   | makespan [h] | speed-up [×] |
        | ----: | ---------- | -----------: | -----------: |
        |    10 | sequential |         0.85 |          1.0 |
        | 1,000 | parallel   |         2.75 |         30.9 |
        |     7 | a\|b       |          "x" |          1,5 |

        Submitting all at once is 30.9 times faster.
        "#);
        insta::assert_snapshot!(String::from_utf8(table.csv()).expect("UTF-8"), @r#"
        n,strategy,makespan_h,speed_up
        10,sequential,0.85,1.0
        "1,000",parallel,2.75,30.9
        7,a|b,"""x""","1,5"
        "#);
    }

    #[test]
    fn empty_tables_and_ragged_rows_are_tables_too() {
        assert_eq!(Table::new(Vec::new()).render(Border::Light, Some(80)), "");
        let mut table = Table::new(vec![Column::text("a", "a"), Column::text("b", "b")]);
        table.row(["x"]);
        table.row(["1", "2", "3"]);
        assert_eq!(table.csv(), b"a,b\nx,\n1,2\n");
        assert_eq!(table.rows().len(), 2);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal_and_no_cell_is_lost(
            rows in prop::collection::vec(prop::collection::vec("[a-zµ日]{1,6}( [a-z0-9]{1,6}){0,4}", 4), 0..6),
            width in 24usize..120,
        ) {
            let columns = ["one", "two words", "three", "four"].iter().map(|h| Column::text(*h, *h)).collect();
            let mut table = Table::new(columns);
            for row in &rows {
                table.row(row.clone());
            }
            let text = table.render(Border::Light, Some(width));
            // A word has at most 12 columns (six wide characters); two columns of them with borders take 31.
            for line in text.lines() {
                prop_assert!(line.width() <= width.max(31), "{width}: {line}");
            }
            for word in rows.iter().flatten().flat_map(|c| c.split(' ')) {
                prop_assert!(text.contains(word), "{word}");
            }
        }
    }
}
