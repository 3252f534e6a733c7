//! Tables, files and charts from rows: rows in, bytes out. Nothing here knows the model.
//!
//! * [`table`]: one table for the terminal, for Markdown and for CSV.
//! * [`files`]: output folders whose files are whole or absent.
//! * [`chart`]: line, step and timeline charts as SVG and PNG.
//! * [`number`]: how numbers are written for people.

pub mod chart;
pub mod files;
pub mod number;
pub mod table;

pub mod figures;
