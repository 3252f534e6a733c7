//! The rows of a shard as they are kept while it runs: lines of CSV that are only ever added.
//!
//! Each line ends with a digest of itself and of all lines before it, down to the question that is asked. So what a crash left
//! is whole up to some line, and a row that was lost, added, or belongs to another sweep cannot be overlooked.

use std::hash::Hasher;

use super::schedule::{Row, Run, Shard};
use crate::observe::Fingerprint;

/// Writes lines, and reads what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The digest of everything so far.
    digest: String,
    metrics: usize,
    header: String,
}

/// What could be read of a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The rows, in the order in which they were written.
    pub rows: Vec<Row>,
    /// So many bytes from the beginning are whole lines that are as they were written.
    pub length: usize,
    /// Where the rest, if there is one, is more than half a line: its first line's number. It was changed afterwards.
    pub damaged: Option<usize>,
}

/// The digest of `bytes` after what has the digest `before`.
#[must_use]
pub fn digest(before: &str, bytes: &[u8]) -> String {
    let mut digest = Fingerprint::default();
    digest.write(before.as_bytes());
    digest.write(bytes);
    digest.to_string()
}

impl Journal {
    /// A journal of `shard` of the sweep whose question has the digest `question`, with metrics of these names.
    #[must_use]
    pub fn new(question: &str, shard: Shard, metrics: &[String]) -> Self {
        let mut cells = vec!["point".to_owned(), "replication".to_owned()];
        cells.extend(metrics.iter().cloned());
        let mut journal = Self {
            digest: digest(question, shard.to_string().as_bytes()),
            metrics: metrics.len(),
            header: String::new(),
        };
        journal.header = journal.line(&cells);
        journal
    }

    /// The first line.
    #[must_use]
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The line of a row, which must be the next one.
    #[must_use]
    pub fn row(&mut self, row: &Row) -> String {
        let mut cells = vec![row.run.point.to_string(), row.run.replication.to_string()];
        cells.extend(row.values.iter().map(|value| value_text(*value)));
        self.line(&cells)
    }

    /// Cells as a line of CSV with its digest, which becomes that of everything so far.
    fn line(&mut self, cells: &[String]) -> String {
        let text = csv_line(cells);
        self.digest = digest(&self.digest, text.as_bytes());
        format!("{text},{}\n", self.digest)
    }

    /// Reads what was written to a journal that began as `self`; it then goes on behind the last whole line.
    ///
    /// `None` if not even the first line is that of this journal, although there is one: it is another sweep's.
    #[must_use]
    pub fn read(&mut self, bytes: &[u8]) -> Option<Kept> {
        let mut kept = Kept {
            rows: Vec::new(),
            length: 0,
            damaged: None,
        };
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
        match lines.next() {
            Some((_, first)) if first == self.header.as_bytes() => kept.length = first.len(),
            Some((_, first)) if first.ends_with(b"\n") => return None,
            _ => return Some(kept),
        }
        for (i, line) in lines {
            if !line.ends_with(b"\n") {
                break;
            }
            let Some((row, digest)) = self.parse(line) else {
                kept.damaged = Some(i + 1);
                break;
            };
            self.digest = digest;
            kept.rows.push(row);
            kept.length += line.len();
        }
        Some(kept)
    }

    /// The row of a line, and the digest behind it, if that is the right one.
    fn parse(&self, line: &[u8]) -> Option<(Row, String)> {
        let line = std::str::from_utf8(line).ok()?.trim_end_matches('\n');
        let (text, told) = line.rsplit_once(',')?;
        if digest(&self.digest, text.as_bytes()) != told {
            return None;
        }
        let mut cells = text.split(',');
        let run = Run {
            point: cells.next()?.parse().ok()?,
            replication: cells.next()?.parse().ok()?,
        };
        let values: Option<Vec<Option<f64>>> = cells
            .map(|cell| match cell {
                "" => Some(None),
                number => number.parse().ok().map(Some),
            })
            .collect();
        let values = values.filter(|values| values.len() == self.metrics)?;
        Some((Row { run, values }, told.to_owned()))
    }
}

/// A value so that exactly it is read again: `inf` for what is without end, nothing for what does not exist.
#[must_use]
pub fn value_text(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Cells as a line of CSV, without the line's end.
fn csv_line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn journal(question: &str) -> Journal {
        Journal::new(
            question,
            Shard::WHOLE,
            &["makespan".to_owned(), "p95(wait[gpus=8,job=a])".to_owned()],
        )
    }

    fn rows() -> Vec<Row> {
        let values = [Some(0.1 + 0.2), Some(f64::INFINITY), None, Some(1e21), Some(-0.0)];
        let row = |i: usize| Row {
            run: Run {
                point: i,
                replication: 7,
            },
            values: vec![values[i], values[(i + 2) % 5]],
        };
        (0..5).map(row).collect()
    }

    fn written(question: &str) -> String {
        let mut journal = journal(question);
        let header = journal.header().to_owned();
        rows().iter().fold(header, |text, row| text + &journal.row(row))
    }

    #[test]
    fn what_is_written_is_read() {
        let text = written("q");
        insta::assert_snapshot!(text, @r#"
        point,replication,makespan,"p95(wait[gpus=8,job=a])",04dae28fa60c2617
        0,7,0.30000000000000004,,99f5515612512ca6
        1,7,inf,1000000000000000000000,d555849e08928ec9
        2,7,,-0,5d8886eeae61fc86
        3,7,1000000000000000000000,0.30000000000000004,4e6e550559306798
        4,7,-0,inf,34fd4c5f0e22e0bb
        "#);
        let mut again = journal("q");
        let kept = again.read(text.as_bytes()).expect("its own");
        assert_eq!(
            (kept.rows.as_slice(), kept.length, kept.damaged),
            (&rows()[..], text.len(), None)
        );
        let mut first = journal("q");
        for row in rows() {
            let _ = first.row(&row);
        }
        assert_eq!(again, first, "both go on alike");
        assert_eq!(journal("other").read(text.as_bytes()), None);
        let shard = Shard { index: 0, of: 2 };
        assert_ne!(
            Journal::new("q", shard, &[]).header(),
            Journal::new("q", Shard::WHOLE, &[]).header()
        );
    }

    proptest! {
        /// A crash leaves some beginning of the file: all its whole lines are read, and writing on gives the whole file.
        #[test]
        fn a_torn_journal_is_mended(at in 0_usize..1000) {
            let text = written("q");
            let torn = &text.as_bytes()[..at.min(text.len())];
            let mut journal = journal("q");
            let kept = journal.read(torn).expect("its own");
            prop_assert_eq!(kept.damaged, None);
            let mut mended = torn[..kept.length].to_vec();
            if mended.is_empty() {
                mended.extend(journal.header().as_bytes());
            }
            for row in &rows()[kept.rows.len()..] {
                mended.extend(journal.row(row).bytes());
            }
            prop_assert_eq!(mended, text.as_bytes());
        }

        /// Whatever byte is changed, no changed row is read.
        #[test]
        fn a_changed_byte_is_seen(at in 0_usize..1000, to: u8) {
            let text = written("q");
            let mut bytes = text.clone().into_bytes();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            if let Some(kept) = journal("q").read(&bytes) {
                prop_assert!(kept.length <= at);
                prop_assert_eq!(&kept.rows[..], &rows()[..kept.rows.len()]);
            }
        }
    }
}
