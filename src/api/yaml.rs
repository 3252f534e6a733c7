//! From a source text to documents: YAML with several documents, or JSON, as kubectl reads them.
//!
//! The text is cut at lines that begin with `---` before anything is parsed, as Kubernetes does
//! (`staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go: YAMLReader`), so that a syntax error in one document leaves
//! the others readable. A text that begins with `{` is tried as JSON first. Scalars are read as
//! in YAML 1.1 (`yaml/scalar.rs`).

use std::sync::Arc;

use crate::api::problem::Problems;
use crate::api::value::{Document, Place, Source};

mod build;
mod hint;
mod json;
mod map;
mod place;
mod scalar;

/// Levels of maps and lists that a document may have. Kubernetes' deepest built-in object has about 20.
const MAX_DEPTH: usize = 100;
/// Largest source, in bytes.
const MAX_BYTES: usize = 256 << 20;
/// Most values that one source may hold, what aliases repeat included.
const MAX_VALUES: u64 = 20_000_000;
/// Most values that aliases may add to one source.
const MAX_ALIASED: u64 = 1_000_000;

/// What a source may cost. A value costs one, and one more per 32 bytes of text.
#[derive(Default)]
struct Budget {
    used: u64,
    /// The share of `used` that aliases made.
    aliased: u64,
}

/// Reads all documents of `source` that can be read; what cannot is told in `problems`. Empty documents are left out.
///
/// Limits on nesting, on the number of values and on what aliases may multiply end a hostile text early, with a problem.
#[must_use]
pub fn load(source: Arc<Source>, problems: &mut Problems) -> Vec<Document> {
    let loader = Loader { source };
    loader.load(problems)
}

struct Loader {
    source: Arc<Source>,
}

impl Loader {
    fn load(self, problems: &mut Problems) -> Vec<Document> {
        let text = self.source.text.strip_prefix('\u{feff}').unwrap_or(&self.source.text);
        if text.len() > MAX_BYTES {
            let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
            problems.error(&self.source, Place::default(), "", message, None);
            return Vec::new();
        }
        let json_error = if text.trim_start().starts_with('{') {
            match json::read(text) {
                Ok(found) => return self.take_json(found, problems),
                Err(error) => Some(error),
            }
        } else {
            None
        };
        let mut found = Problems::new();
        let documents = self.load_yaml(text, &mut found);
        match json_error {
            // Meant as JSON, and no YAML either: say what JSON lacks.
            Some(error) if found.has_errors() && looks_like_json(text) => {
                problems.error(&self.source, error.place, "", error.message, None);
                Vec::new()
            }
            _ => {
                problems.append(found);
                documents
            }
        }
    }

    fn take_json(&self, found: json::Json, problems: &mut Problems) -> Vec<Document> {
        for duplicate in found.duplicates {
            let mut path = String::new();
            for step in duplicate.steps.iter().rev() {
                join_path(&mut path, step);
            }
            report_duplicate(&self.source, duplicate.place, &path, problems);
        }
        let documents = found.values.into_iter().filter(|value| !value.is_null());
        documents
            .map(|root| Document {
                source: self.source.clone(),
                root,
            })
            .collect()
    }

    fn load_yaml(&self, text: &str, problems: &mut Problems) -> Vec<Document> {
        let mut documents = Vec::new();
        let mut budget = Budget::default();
        for part in Parts::new(text) {
            if let Some(rest) = part.bad_separator {
                let place = Place {
                    line: part.lines_before,
                    column: 4,
                };
                let message = format!("invalid Yaml document separator: {rest}");
                let hint = "nothing but a comment may follow --- on its line".to_owned();
                problems.error(&self.source, place, "", message, Some(hint));
            }
            if is_blank(part.text) {
                continue;
            }
            let builder = build::Builder::new(&self.source, part.text, part.lines_before, &mut budget, problems);
            if let Err(build::Stop) = builder.run(&mut documents) {
                break;
            }
        }
        documents
    }
}

/// Whether nothing but comments and directives is there.
fn is_blank(part: &str) -> bool {
    part.lines()
        .map(str::trim_start)
        .all(|line| line.is_empty() || line.starts_with(['#', '%']))
}

fn looks_like_json(text: &str) -> bool {
    let after = text.trim_start().strip_prefix('{').unwrap_or_default();
    after.trim_start().starts_with('"')
}

fn join_path(path: &mut String, step: &str) {
    if !path.is_empty() && !step.starts_with('[') {
        path.push('.');
    }
    path.push_str(step);
}

fn report_duplicate(source: &Arc<Source>, place: Place, path: &str, problems: &mut Problems) {
    let message = format!("strict decoding error: duplicate field \"{path}\"");
    let hint = "remove one of the two".to_owned();
    problems.error(source, place, path, message, Some(hint));
}

/// The text between two separators.
struct Part<'a> {
    text: &'a str,
    lines_before: u32,
    /// What follows `---` on the separator's line, if it must not.
    bad_separator: Option<&'a str>,
}

/// Cuts a text at its separators.
struct Parts<'a> {
    rest: Option<&'a str>,
    line: u32,
}

impl<'a> Parts<'a> {
    const fn new(text: &'a str) -> Self {
        Self {
            rest: Some(text),
            line: 0,
        }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let text = self.rest?;
        let mut part = Part {
            text,
            lines_before: self.line,
            bad_separator: None,
        };
        if let Some(after) = text.strip_prefix("---") {
            let end = after.find('\n').unwrap_or(after.len());
            let on_line = after[..end].trim();
            if !on_line.is_empty() && !on_line.starts_with('#') {
                part.bad_separator = Some(on_line);
            }
            part.text = &after[(end + 1).min(after.len())..];
            part.lines_before += 1;
        }
        let next = part.text.find("\n---").map(|at| at + 1);
        let next = if part.text.starts_with("---") { Some(0) } else { next };
        if let Some(at) = next {
            self.rest = Some(&part.text[at..]);
            part.text = &part.text[..at];
        } else {
            self.rest = None;
        }
        let lines = part.text.bytes().filter(|&b| b == b'\n').count();
        self.line = part
            .lines_before
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        Some(part)
    }
}

#[cfg(test)]
mod tests;
