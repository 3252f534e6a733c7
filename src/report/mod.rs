//! Tables, files and charts from rows: rows in, bytes out. Only [`figures`] knows what the rows are about.
//!
//! * [`table`]: one table for the terminal, for Markdown and for CSV.
//! * [`files`]: output folders whose files are whole or absent.
//! * [`append`]: files that grow line by line and survive a crash.
//! * [`chart`]: line, step and timeline charts as SVG and PNG.
//! * [`figures`]: the tables, charts and summaries of comparisons and runs.
//! * [`number`]: how numbers are written for people.
//! * [`validation`]: recordings beside their replays.

pub mod append;
pub mod chart;
pub mod figures;
pub mod files;
pub mod number;
pub mod table;
pub mod validation;
