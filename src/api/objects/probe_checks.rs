//! Probes and hooks of containers (`pkg/apis/core/validation/validation.go: validateProbe, validateHandler,
//! validateLifecycle`), with the defaults of `pkg/apis/core/v1/defaults.go` applied.

use super::context::Reading;
use super::names;
use super::reader::{Field, invalid, quoted, required, unsupported};

/// `terminationGracePeriodSeconds` where it is not given.
const DEFAULT_GRACE: i64 = 30;
/// What a probe or hook may do, in the validator's order.
const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

/// Checks the probes and hooks of a container, or of a sidecar; `spec` is that of its pod.
pub fn check_lifecycle(container: &Field<'_>, spec: &Field<'_>, reading: &mut Reading<'_>) {
    let grace = spec.at("terminationGracePeriodSeconds").int().unwrap_or(DEFAULT_GRACE);
    for key in ["postStart", "preStop"] {
        let hook = container.at("lifecycle").at(key);
        if hook.is_present() {
            check_handler(&hook, grace, reading);
        }
    }
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = container.at(key);
        if probe.is_present() {
            check_probe(&probe, key, grace, reading);
        }
    }
}

/// Init containers that end are never probed.
pub fn forbid_lifecycle(container: &Field<'_>, reading: &mut Reading<'_>) {
    for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
        let field = container.at(key);
        if field.is_present() {
            let message = "Forbidden: may not be set for init containers without restartPolicy=Always";
            field.error(reading.problems, message);
        }
    }
}

fn check_probe(probe: &Field<'_>, key: &str, grace: i64, reading: &mut Reading<'_>) {
    check_handler(probe, grace, reading);
    for name in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        probe.at(name).count(reading.problems);
    }
    let own_grace = probe.at("terminationGracePeriodSeconds");
    if let Some(seconds) = own_grace.int() {
        if seconds <= 0 {
            own_grace.error(reading.problems, invalid(seconds, "must be greater than 0"));
        }
        if key == "readinessProbe" {
            let detail = "must not be set for readinessProbes";
            own_grace.error(reading.problems, invalid(seconds, detail));
        }
    }
    let successes = probe.at("successThreshold");
    // Zero is filled in with 1.
    if let Some(number) = successes.int32().filter(|number| ![0, 1].contains(number))
        && key != "readinessProbe"
    {
        successes.error(reading.problems, invalid(number, "must be 1"));
    }
}

fn check_handler(field: &Field<'_>, grace: i64, reading: &mut Reading<'_>) {
    let given = HANDLERS.iter().filter(|key| field.at(key).is_present());
    let mut first = true;
    for key in given {
        let handler = field.at(key);
        if !first {
            let message = "Forbidden: may not specify more than 1 handler type";
            handler.error(reading.problems, message);
            continue;
        }
        first = false;
        match *key {
            "exec" => {
                let command = handler.at("command");
                if command.is_empty() {
                    command.error(reading.problems, required(""));
                }
            }
            "httpGet" => check_http(&handler, reading),
            "sleep" => {
                let seconds = handler.at("seconds").int().unwrap_or(0);
                if seconds < 0 || seconds > grace {
                    let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                    handler.error(reading.problems, invalid(seconds, &detail));
                }
            }
            _ => check_port(&handler.at("port"), reading),
        }
    }
    if first {
        field.error(reading.problems, required("must specify a handler type"));
    }
}

fn check_http(http: &Field<'_>, reading: &mut Reading<'_>) {
    check_port(&http.at("port"), reading);
    let scheme = http.at("scheme");
    if let Some(text) = scheme.str().filter(|text| !["", "HTTP", "HTTPS"].contains(text)) {
        scheme.error(reading.problems, unsupported(text, &["HTTP", "HTTPS"]));
    }
}

/// A number, or the name of a port (`ValidatePortNumOrName`).
fn check_port(field: &Field<'_>, reading: &mut Reading<'_>) {
    match field.str() {
        Some(name) => {
            for text in names::port_name(name) {
                field.error(reading.problems, invalid(quoted(name), &text));
            }
        }
        None => check_port_number(field, field.int().unwrap_or(0), reading),
    }
}

/// Whether a number is one of a port (`IsValidPortNum`).
pub fn check_port_number(field: &Field<'_>, number: i64, reading: &mut Reading<'_>) {
    if !(1..=65_535).contains(&number) {
        field.error(
            reading.problems,
            invalid(number, "must be between 1 and 65535, inclusive"),
        );
    }
}
