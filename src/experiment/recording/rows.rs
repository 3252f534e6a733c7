//! CSV rows by column name.

use super::RecordingError;
use super::folder::Folder;

/// The rows of one file.
#[derive(Clone, Debug)]
pub struct Rows {
    file: String,
    header: csv::StringRecord,
    rows: Vec<csv::StringRecord>,
}

impl Rows {
    /// Reads `file` of `folder`; `None` if the recording has none.
    ///
    /// # Errors
    /// The file cannot be read or is no CSV.
    pub fn read(folder: &Folder, file: &str) -> Result<Option<Self>, RecordingError> {
        let Some(text) = folder.optional_text(file)? else {
            return Ok(None);
        };
        let malformed = |error: csv::Error| RecordingError::Malformed {
            file: file.to_owned(),
            reason: error.to_string(),
        };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        Ok(Some(Self {
            file: file.to_owned(),
            header: reader.headers().map_err(malformed)?.clone(),
            rows: reader.records().collect::<Result<_, _>>().map_err(malformed)?,
        }))
    }

    /// Whether there is such a column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.header.iter().any(|name| name == column)
    }
    /// The names of the columns, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.header.iter()
    }
    /// The rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|row| Row { rows: self, row })
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    rows: &'a Rows,
    row: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    /// The cell in `column`; `None` if it is empty or there is no such column.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<&'a str> {
        let place = self.rows.header.iter().position(|name| name == column)?;
        self.row.get(place).filter(|cell| !cell.is_empty())
    }
    /// The cell in `column`, which must be there.
    ///
    /// # Errors
    /// It is not.
    pub fn required(&self, column: &str) -> Result<&'a str, RecordingError> {
        self.text(column)
            .ok_or_else(|| self.malformed(&format!("column {column} is missing or empty")))
    }
    /// The cell in `column` as seconds.
    ///
    /// # Errors
    /// It is no finite number.
    pub fn seconds(&self, column: &str) -> Result<Option<f64>, RecordingError> {
        let Some(cell) = self.text(column) else {
            return Ok(None);
        };
        let parsed = cell.parse().ok().filter(|seconds: &f64| seconds.is_finite());
        match parsed {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(self.malformed(&format!("column {column}: {cell:?} is no number of seconds"))),
        }
    }
    /// The cell in `column` as seconds, which must be there.
    ///
    /// # Errors
    /// It is not, or is no finite number.
    pub fn required_seconds(&self, column: &str) -> Result<f64, RecordingError> {
        self.required(column)?;
        let seconds = self.seconds(column)?;
        seconds.ok_or_else(|| self.malformed(&format!("column {column} is empty")))
    }
    /// The cell in `column` as a whole number from 0.
    ///
    /// # Errors
    /// It is none.
    pub fn count(&self, column: &str) -> Result<Option<u32>, RecordingError> {
        let Some(cell) = self.text(column) else {
            return Ok(None);
        };
        let parsed = cell.parse().map(Some);
        parsed.map_err(|_| self.malformed(&format!("column {column}: {cell:?} is no whole number from 0")))
    }
    fn malformed(&self, reason: &str) -> RecordingError {
        let line = self.row.position().map_or(0, csv::Position::line);
        RecordingError::Malformed {
            file: format!("{}:{line}", self.rows.file),
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_name() {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("jobs.csv"), "job,end\na,1.5\nb,\nc,soon\nd\n").unwrap();
        let folder = Folder::new(temporary.path());
        let rows = Rows::read(&folder, "jobs.csv").unwrap().unwrap();
        let rows: Vec<Row<'_>> = rows.iter().collect();
        assert_eq!(rows[0].required("job"), Ok("a"));
        assert_eq!(rows[0].seconds("end"), Ok(Some(1.5)));
        assert_eq!(rows[1].seconds("end"), Ok(None));
        assert_eq!(rows[1].text("node"), None);
        let error = rows[2].seconds("end").unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"jobs.csv:4: column end: "soon" is no number of seconds"#);
        assert!(rows[1].required("end").is_err());
        // The last cells of a row may lack.
        assert_eq!((rows[3].text("job"), rows[3].text("end")), (Some("d"), None));
        assert!(Rows::read(&folder, "pods.csv").unwrap().is_none());
    }
}
