//! What probably went wrong where YAML could not be read.

use granit_parser::ErrorKind;

fn line_of(part: &str, line: usize) -> &str {
    part.lines().nth(line.saturating_sub(1)).unwrap_or_default()
}

const TEMPLATE: &str = "this looks like a template: render it first, for instance with `helm template`";

fn is_template(line: &str) -> bool {
    line.contains("{{") || line.trim_start().starts_with("{%")
}

/// A hint for a syntax error on line `line` (from 1) of `part`.
pub(super) fn for_syntax_error(part: &str, line: usize, kind: &ErrorKind) -> Option<String> {
    // An error is often noticed on the line after.
    let here = line_of(part, line);
    let before = line_of(part, line.saturating_sub(1));
    let indented_by_tab = |line: &str| {
        line.chars()
            .take_while(|c| c.is_whitespace() || *c == '-')
            .any(|c| c == '\t')
    };
    if is_template(here) || is_template(before) {
        return Some(TEMPLATE.to_owned());
    }
    if indented_by_tab(here) || (indented_by_tab(before) && line > 1) {
        return Some("YAML does not allow tabs in indentation: use spaces".to_owned());
    }
    let text = match kind {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            "a text that contains \": \" must be in quotes; else check that the line is indented like its neighbours"
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey => "check the indentation, and that every key of the map is followed by \": \"",
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => "a closing quote is missing",
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::MismatchedFlowCollectionEnd { .. } => "check the brackets and the commas between their entries",
        ErrorKind::UnknownQuotedScalarEscape => "in double quotes a backslash must be doubled; single quotes keep it",
        ErrorKind::UnexpectedCharacter { .. } => "a text that begins with this character must be in quotes",
        _ => return None,
    };
    Some(text.to_owned())
}

/// A hint for a key that is no scalar, on line `line` (from 1) of `part`.
pub(super) fn for_bad_key(part: &str, line: usize) -> String {
    if is_template(line_of(part, line)) {
        return TEMPLATE.to_owned();
    }
    "a key is a text, a number or a boolean".to_owned()
}
