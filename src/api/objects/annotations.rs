//! What Kubernetes does not know of a pod, said in annotations: how long it runs, how it ends, how long it takes to start.
//!
//! `makespan.dev/…` on the pod template, or on the object itself; the `sim/…` annotations of recordings are synonyms.

use super::context::Reading;
use super::reader::Field;
use crate::api::value::Value;
use crate::cluster::spec::{AttemptOutcome, Behaviour, Outcome};
use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;

/// Prefix of makespan's annotations.
const PREFIX: &str = "makespan.dev/";
/// The names behind the prefix.
const NAMES: [&str; 6] = [
    "runtime",
    "outcome",
    "init-runtimes",
    "start-latency",
    "ready-delay",
    "stop-latency",
];
const OUTCOME_HINT: &str = "write ok, fail, exit:N (N from 0 to 255), a list of these by attempt such as `fail,fail,ok`, or \
    one of them with a probability such as `fail(p=0.1)`";
const DURATION_HINT: &str = "write a duration such as 90s, 5m or 1h30m";
const RUNTIME_HINT: &str = "write a duration such as 90s or 5m, a distribution such as `lognormal(median=20m,p95=1h)` or \
    `exponential(mean=5m)`, or a list of these by attempt";

/// Tells the annotations that have makespan's prefix and a name that nothing reads.
pub fn check_known(annotations: &Field<'_>, reading: &mut Reading<'_>) {
    for (key, field) in annotations.entries() {
        let Some(name) = key.strip_prefix(PREFIX) else { continue };
        if !NAMES.contains(&name) {
            let hint = match crate::kernel::text::suggest(name, NAMES) {
                Some(near) => format!("did you mean {PREFIX}{near}?"),
                None => format!("{PREFIX} annotations are {}", NAMES.join(", ")),
            };
            field.error_with_hint(reading.problems, format!("unknown annotation \"{key}\""), hint);
        }
    }
}

/// The annotations of a pod template and of the object it belongs to.
struct Annotations<'a>([Field<'a>; 2]);

impl<'a> Annotations<'a> {
    /// The annotation `makespan.dev/<name>` or its synonym; the template's come before the object's.
    fn find(&self, name: &str, synonym: &str) -> Option<Annotation<'a>> {
        let is_asked = |key: &str| key.strip_prefix(PREFIX) == Some(name) || key == synonym;
        let has_it = |annotations: &Field<'_>| {
            let entries = annotations.value().map_or(&[][..], Value::entries);
            entries.iter().any(|(key, _)| is_asked(&key.name))
        };
        if !self.0.iter().any(has_it) {
            return None;
        }
        let keys = [(format!("{PREFIX}{name}"), false), (synonym.to_owned(), true)];
        self.0.iter().find_map(|annotations| {
            let entries = annotations.entries();
            keys.iter()
                .filter(|(key, _)| !key.is_empty())
                .find_map(|(key, from_recording)| {
                    let (_, field) = entries.iter().find(|(k, _)| k == key)?;
                    Some(Annotation {
                        text: field.str()?,
                        field: field.clone(),
                        from_recording: *from_recording,
                    })
                })
        })
    }
}

/// One annotation.
struct Annotation<'a> {
    field: Field<'a>,
    text: &'a str,
    /// A `sim/…` annotation, whose numbers are seconds.
    from_recording: bool,
}

impl Annotation<'_> {
    fn wrong(&self, message: impl Into<String>, hint: &str, reading: &mut Reading<'_>) {
        self.field.error_with_hint(reading.problems, message, hint);
    }
}

/// Reads the behaviour of the pods of a template, whose `metadata` it is; `owner` is the metadata of the object.
pub fn read_behaviour(metadata: &Field<'_>, owner: &Field<'_>, reading: &mut Reading<'_>) -> Behaviour {
    let annotations = Annotations([metadata.at("annotations"), owner.at("annotations")]);
    let mut span = |name: &str, synonym: &str| {
        let annotation = annotations.find(name, synonym)?;
        match annotation.text.parse::<SimDuration>() {
            Ok(span) => Some(span),
            Err(error) => {
                annotation.wrong(error.to_string(), DURATION_HINT, reading);
                None
            }
        }
    };
    let start_latency = span("start-latency", "");
    let ready_delay = span("ready-delay", "sim/ready-delay").unwrap_or_default();
    let stop_latency = span("stop-latency", "sim/term-delay");
    let mut behaviour = Behaviour {
        start_latency,
        ready_delay,
        stop_latency,
        ..Behaviour::default()
    };
    if let Some(annotation) = annotations.find("runtime", "sim/duration") {
        behaviour.runtime = read_runtimes(&annotation, annotation.text, reading).unwrap_or_default();
    }
    if let Some(annotation) = annotations.find("outcome", "sim/outcome") {
        match read_outcome(annotation.text) {
            Ok(outcome) => behaviour.outcome = outcome,
            Err(message) => annotation.wrong(message, OUTCOME_HINT, reading),
        }
    }
    if let Some(annotation) = annotations.find("init-runtimes", "") {
        behaviour.init_runtimes = read_runtimes(&annotation, annotation.text, reading).unwrap_or_default();
    }
    read_by_index(&annotations, &mut behaviour, reading);
    behaviour
}

/// `text` cut at its commas, those inside parentheses aside; without blanks around the parts.
fn split_list(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let parts = text.split(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth <= 0
    });
    parts.map(str::trim).collect()
}

/// A list of run times, one per attempt; `None` if one of them cannot be read (which is told).
fn read_runtimes(annotation: &Annotation<'_>, text: &str, reading: &mut Reading<'_>) -> Option<Vec<Distribution>> {
    let parts = split_list(text).into_iter().map(|part| {
        if annotation.from_recording {
            let span = part.parse::<SimDuration>().map_err(|e| e.to_string())?;
            Ok(Distribution::Fixed(span))
        } else {
            part.parse::<Distribution>().map_err(|e| e.to_string())
        }
    });
    match parts.collect::<Result<Vec<_>, String>>() {
        Ok(list) => Some(list),
        Err(message) => {
            annotation.wrong(message, RUNTIME_HINT, reading);
            None
        }
    }
}

/// One outcome: `ok`, `fail`, `exit:N`.
fn read_attempt(text: &str) -> Result<AttemptOutcome, String> {
    let unknown = || format!("\"{text}\" is not an outcome");
    match text {
        "ok" => Ok(AttemptOutcome::Ok),
        "fail" => Ok(AttemptOutcome::Exit(1)),
        _ => {
            let code = text.strip_prefix("exit:").ok_or_else(unknown)?;
            let code = code.trim().parse::<u8>();
            match code.map_err(|_| format!("\"{text}\" has no exit code from 0 to 255"))? {
                0 => Ok(AttemptOutcome::Ok),
                code => Ok(AttemptOutcome::Exit(code)),
            }
        }
    }
}

/// A list of outcomes, or one with a probability.
fn read_outcome(text: &str) -> Result<Outcome, String> {
    let parts = split_list(text);
    if let [part] = parts[..]
        && let Some((base, rest)) = part.split_once('(')
    {
        return read_probability(part, base.trim(), rest);
    }
    parts
        .into_iter()
        .map(read_attempt)
        .collect::<Result<Vec<_>, _>>()
        .map(Outcome::Script)
}

/// `fail(p=0.1)`: `base` is what stands before the parenthesis, `rest` what stands behind it.
fn read_probability(part: &str, base: &str, rest: &str) -> Result<Outcome, String> {
    let number = rest.strip_suffix(')').and_then(|inner| inner.trim().strip_prefix("p="));
    let failure = number
        .and_then(|n| n.trim().parse::<f64>().ok())
        .ok_or_else(|| format!("\"{part}\" is not an outcome"))?;
    if !(0.0..=1.0).contains(&failure) {
        return Err(format!("the probability {failure} is not between 0 and 1"));
    }
    match read_attempt(base)? {
        AttemptOutcome::Exit(exit_code) => Ok(Outcome::Probability { failure, exit_code }),
        // ok with probability p: it fails in the other cases.
        AttemptOutcome::Ok => Ok(Outcome::Probability {
            failure: 1.0 - failure,
            exit_code: 1,
        }),
    }
}

/// The recordings' `sim/index-duration` and `sim/index-outcome`: JSON objects by completion index.
fn read_by_index(annotations: &Annotations<'_>, behaviour: &mut Behaviour, reading: &mut Reading<'_>) {
    if let Some(annotation) = annotations.find("", "sim/index-duration") {
        for (index, text) in read_index_map(&annotation, reading) {
            if let Some(list) = read_runtimes(&annotation, &text, reading) {
                behaviour.index_runtime.insert(index, list);
            }
        }
    }
    if let Some(annotation) = annotations.find("", "sim/index-outcome") {
        for (index, text) in read_index_map(&annotation, reading) {
            match split_list(&text).into_iter().map(read_attempt).collect() {
                Ok(list) => {
                    behaviour.index_outcome.insert(index, list);
                }
                Err(message) => {
                    let message: String = message;
                    annotation.wrong(message, OUTCOME_HINT, reading);
                }
            }
        }
    }
}

fn read_index_map(annotation: &Annotation<'_>, reading: &mut Reading<'_>) -> Vec<(u32, String)> {
    const HINT: &str = r#"write a JSON object by completion index, such as {"0": 5, "3": "2,7"}"#;
    let parsed = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(annotation.text);
    let map = match parsed {
        Ok(map) => map,
        Err(error) => {
            annotation.wrong(error.to_string(), HINT, reading);
            return Vec::new();
        }
    };
    let mut entries = Vec::new();
    for (key, value) in map {
        let text = match &value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => None,
        };
        match (key.parse::<u32>(), text) {
            (Ok(index), Some(text)) => entries.push((index, text)),
            _ => annotation.wrong(
                format!("{key:?}: {value} is not an entry by completion index"),
                HINT,
                reading,
            ),
        }
    }
    entries
}
