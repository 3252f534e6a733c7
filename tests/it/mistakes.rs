//! The recording `mistakes`: faulty requests and what a real API server (Kubernetes 1.36.2) answered, beside what
//! `makespan check` says of the same bodies. A section of docs/validation.md is made here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use makespan::api::problem::Problems;
use makespan::api::value::Source;
use makespan::check::{Finding, Level, findings};
use makespan::scenario::checked::check;
use makespan::scenario::load::Flags;
use serde::Deserialize;

/// One request and its answer.
#[derive(Deserialize)]
struct Case {
    case_no: u32,
    file: String,
    case: String,
    http: u16,
    message: String,
    warnings: Vec<String>,
    #[serde(default)]
    causes: Vec<Cause>,
}

#[derive(Deserialize)]
struct Cause {
    message: String,
    field: String,
}

/// A case whose answer hangs on the request and not on the object alone.
struct Apart {
    case: u32,
    /// What is said instead; empty: nothing.
    said: &'static str,
    why: &'static str,
}

const APART: &[Apart] = &[
    Apart {
        case: 31,
        said: "no matches for kind \"Job\" in version \"batch/v2\"",
        why: "kubectl looks for the kind before it sends anything; these are its words",
    },
    Apart {
        case: 32,
        said: "no matches for kind \"Job\" in version \"v1\"",
        why: "kubectl looks for the kind before it sends anything; these are its words",
    },
    Apart {
        case: 34,
        said: "Object 'apiVersion' is missing",
        why: "the request's path said what it is; a file cannot, and kubectl refuses it",
    },
    Apart {
        case: 35,
        said: "Object 'Kind' is missing",
        why: "the request's path said what it is; a file cannot, and kubectl refuses it",
    },
    Apart {
        case: 44,
        said: "strict decoding error: unknown field \"spec.backofLimit\"",
        why: "the request asked for a warning only; kubectl asks for an error by default",
    },
    Apart {
        case: 82,
        said: "",
        why: "the request's path named another namespace; a file has no path",
    },
    Apart {
        case: 83,
        said: "couldn't get version/kind; found string instead of an object",
        why: "the body was sent as JSON, which it is not; as YAML it is a text",
    },
    Apart {
        case: 94,
        said: "no matches for kind \"Deployment\" in version \"extensions/v1beta1\"",
        why: "kubectl looks for the kind before it sends anything; these are its words",
    },
    Apart {
        case: 115,
        said: "Object 'apiVersion' is missing",
        why: "the body is a patch of an object that is there, not an object",
    },
    Apart {
        case: 116,
        said: "Object 'apiVersion' is missing",
        why: "the body is a patch of an object that is there, not an object",
    },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mistakes")
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join("results.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn found(case: &Case) -> Vec<Finding> {
    let text = std::fs::read_to_string(folder().join(&case.file)).unwrap();
    let source = Arc::new(Source {
        name: case.file.clone(),
        text,
    });
    let mut problems = Problems::new();
    check(&[source], &Flags::default(), &mut problems);
    findings(&problems)
}

/// A uid that was drawn is another one each time.
fn without_uids(text: &str) -> String {
    let is_uid = |part: &str| {
        part.len() == 36
            && part.bytes().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_hexdigit(),
            })
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if rest.get(..36).is_some_and(is_uid) {
            out.push_str("<uid>");
            rest = &rest[36..];
        } else {
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    out
}

/// What differs between the answer and the findings; nothing if they agree.
fn difference(case: &Case, found: &[Finding]) -> Option<String> {
    let errors = || found.iter().filter(|finding| finding.check.level == Level::Error);
    let said: BTreeSet<String> = errors()
        .map(|f| format!("{}: {}", f.problem.path, f.problem.message))
        .collect();
    let apart = APART.iter().find(|apart| apart.case == case.case_no);
    if let Some(apart) = apart {
        let first = errors().next().map_or("", |finding| &finding.problem.message);
        return (first != apart.said).then(|| format!("said {first:?} and not {:?}", apart.said));
    }
    if case.http < 300 {
        if !said.is_empty() {
            return Some(format!("accepted, but told {said:#?}"));
        }
        let told = |warning: &str| {
            found
                .iter()
                .any(|f| warning.contains(&format!("{}: {}", f.problem.path, f.problem.message).replace('"', "\\\"")))
        };
        let silent = case.warnings.iter().find(|warning| !told(warning));
        return silent.map(|warning| format!("the warning {warning} is not told"));
    }
    if case.causes.is_empty() {
        // The namespace of the request is that of the recording.
        let answer = case.message.replace("mistakes/", "default/");
        let same = errors().count() > 0 && errors().all(|finding| answer.ends_with(&finding.problem.message));
        return (!same).then(|| format!("answered {:?}, told {said:#?}", case.message));
    }
    let answered: BTreeSet<String> = case
        .causes
        .iter()
        .map(|cause| without_uids(&format!("{}: {}", cause.field, cause.message)))
        .collect();
    (answered != said).then(|| format!("answered {answered:#?}, told {said:#?}"))
}

#[test]
fn every_mistake_is_told_in_the_api_servers_words() {
    let cases = cases();
    assert_eq!(cases.len(), 78);
    let differences = cases.iter().filter_map(|case| {
        let difference = difference(case, &found(case))?;
        Some(format!("{} {}: {difference}\n", case.case_no, case.case))
    });
    let differences: String = differences.collect();
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn a_difference_is_seen() {
    let mut case = cases().into_iter().find(|case| case.case_no == 2).unwrap();
    let found = found(&case);
    assert_eq!(difference(&case, &found), None);
    case.causes[0].message.push('!');
    assert!(difference(&case, &found).is_some());
    case.http = 201;
    assert!(difference(&case, &found).unwrap().starts_with("accepted, but told"));
    assert_eq!(without_uids("a 6be7aca2-1bea-4cca-bc18-1f98b8ecae50."), "a <uid>.");
}

/// The section of docs/validation.md about these.
pub(crate) fn section() -> String {
    let cases = cases();
    let mut text = "\n## Mistakes\n\nFaulty manifests (and some correct ones) that were sent to the real API server, and what \
        `makespan check` says of them: the same verdict,\nthe same fields, the same words. Where the answer hung on the \
        request and not on the object, the last column says how. Bodies and answers stand in\n`tests/data/mistakes`.\n\n\
        | no. | case | API server | makespan check | codes |\n|--:|---|---|---|---|\n"
        .to_owned();
    for case in &cases {
        let found = found(case);
        let codes: BTreeSet<&str> = found.iter().map(|finding| finding.check.code).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        let apart = APART.iter().find(|apart| apart.case == case.case_no);
        let verdict = match (difference(case, &found), apart) {
            (Some(_), _) => "differs".to_owned(),
            (None, None) => "the same".to_owned(),
            (None, Some(apart)) => apart.why.to_owned(),
        };
        let answer = if case.http < 300 {
            "accepted".to_owned()
        } else {
            format!("refused, {}", case.http)
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {answer} | {verdict} | {} |",
            case.case_no,
            case.case.replace('|', "\\|"),
            codes.join(", ")
        );
    }
    text
}
