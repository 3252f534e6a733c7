//! Findings as SARIF 2.1.0, which code hosts and editors show beside the lines.

use serde_json::{Value, json};

use crate::check::{Check, Finding, all};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// One SARIF log with one run. `version` is the program's.
#[must_use]
pub fn sarif(findings: &[Finding], version: &str) -> String {
    let used: Vec<&Check> = all()
        .filter(|check| findings.iter().any(|finding| finding.check.code == check.code))
        .collect();
    let results = findings.iter().map(|finding| result(finding, &used));
    let value = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "makespan",
                "version": version,
                "rules": used.iter().map(|check| rule(check)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    });
    format!("{value:#}\n")
}

fn rule(check: &Check) -> Value {
    let mut rule = json!({
        "id": check.code,
        "shortDescription": {"text": check.what},
        "fullDescription": {"text": format!("{} {}", check.what, check.why)},
        "defaultConfiguration": {"level": check.level.name()},
    });
    if check.page.starts_with("https://") {
        rule["helpUri"] = json!(check.page);
    }
    rule
}

fn result(finding: &Finding, rules: &[&Check]) -> Value {
    let problem = &finding.problem;
    let path = if problem.path.is_empty() {
        String::new()
    } else {
        format!("{}: ", problem.path)
    };
    let hint = problem
        .hint
        .as_ref()
        .map_or_else(String::new, |hint| format!("\nHint: {hint}"));
    let mut result = json!({
        "ruleId": finding.check.code,
        "ruleIndex": rules.iter().position(|check| check.code == finding.check.code),
        "level": finding.check.level.name(),
        "message": {"text": format!("{path}{}{hint}", problem.message)},
    });
    if let Some(source) = &problem.source {
        let mut location = json!({"artifactLocation": {"uri": uri(&source.name)}});
        if problem.place.line > 0 {
            location["region"] = json!({"startLine": problem.place.line});
            if problem.place.column > 0 {
                location["region"]["startColumn"] = json!(problem.place.column);
            }
        }
        result["locations"] = json!([{"physicalLocation": location}]);
    }
    result
}

/// A path as a URI reference: what may not stand in one is written as `%XX`.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/ü.yaml"), "a%20b/%C3%BC.yaml");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
    }
}
