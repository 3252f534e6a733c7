//! What has no lesson of its own: values that are missing, wrong or forbidden, by the API server's kinds of errors; and
//! what makespan says of its own input.

use super::{error, note, says, warning};
use crate::api::problem::Severity;
use crate::check::Check;
use crate::check::examples::job;

const API: &str = "https://kubernetes.io/docs/reference/kubernetes-api/";

pub(super) const CHECKS: &[Check] = &[
    error(
        "immutable-field",
        |p| says(p, "field is immutable") || says(p, "are forbidden") || says(p, "may not change fields"),
        "A change concerns a field that may not change.",
        "Most of a Job (its template, its selector, its completions) is fixed when it is created; delete it and create a new one. The same holds for selectors of Deployments and for most of a Pod.",
        API,
        ("", ""),
    ),
    error(
        "negative-count",
        |p| says(p, "must be greater than or equal to 0"),
        "A count, a number of seconds or an amount is negative.",
        "Counts begin at 0. To leave a limit away, leave the field out; no field of Kubernetes takes -1 for unlimited.",
        API,
        (job!("  backoffLimit: -1\n"), job!("  backoffLimit: 0\n")),
    ),
    error(
        "required-value",
        |p| p.message.starts_with("Required value"),
        "A field that must be given is missing or empty.",
        "The message says which; the page of the kind in the API reference says what it means.",
        API,
        (
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  maxUnavailable: 1\n  selector:\n    matchExpressions:\n    - {key: app, operator: In}\n",
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  maxUnavailable: 1\n  selector:\n    matchExpressions:\n    - {key: app, operator: In, values: [web]}\n",
        ),
    ),
    error(
        "unsupported-value",
        |p| p.message.starts_with("Unsupported value"),
        "A field has a value that is none of those it may have.",
        "The message lists them. Capitals matter.",
        API,
        (
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  maxUnavailable: 1\n  unhealthyPodEvictionPolicy: Always\n  selector:\n    matchLabels: {app: web}\n",
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n  maxUnavailable: 1\n  unhealthyPodEvictionPolicy: AlwaysAllow\n  selector:\n    matchLabels: {app: web}\n",
        ),
    ),
    error(
        "duplicate-value",
        |p| p.message.starts_with("Duplicate value"),
        "Two entries of a list have the same name or key, and each may stand there once.",
        "Lists such as volumes, ports and tolerations are merged by their keys when objects change, so a key may not stand twice.",
        API,
        ("", ""),
    ),
    error(
        "forbidden-value",
        |p| p.message.starts_with("Forbidden") || says(p, "is forbidden"),
        "A field may not be given here, or not together with another one.",
        "The message says what it contradicts.",
        API,
        ("", ""),
    ),
    error(
        "invalid-value",
        |p| {
            p.message.starts_with("Invalid value")
                || p.message.starts_with("Too many")
                || p.message.starts_with("Too long")
                || p.message.starts_with("Not found")
        },
        "A field has a value that it may not have.",
        "The message says why.",
        API,
        (
            job!("", "      restartPolicy: Never\n      activeDeadlineSeconds: 0\n"),
            job!("", "      restartPolicy: Never\n      activeDeadlineSeconds: 3600\n"),
        ),
    ),
];

/// An error that no other check recognises: makespan's own documents, annotations and flags.
pub(in crate::check) static OTHER_ERROR: Check = error(
    "makespan-input",
    |_| false,
    "A Scenario document, an annotation of makespan or a path is wrong.",
    "Kubernetes does not know these; makespan refuses them before anything runs.",
    "docs/model.md",
    (
        "apiVersion: makespan.dev/v1\nkind: Scenario\nspec:\n  seed: many\n",
        "apiVersion: makespan.dev/v1\nkind: Scenario\nspec:\n  seed: 3\n",
    ),
);

/// Data that is not shipped.
pub(in crate::check) static ABSENT: Check = note(
    "data-absent",
    |problem| problem.severity == Severity::Absent,
    "A Scenario names data that is not shipped and not on this machine.",
    "Traces of real clusters are large and have licences of their own. README.md says where they come from and which variable \
     names their folder.",
    "README.md",
    ("", ""),
);

/// A warning that no other check recognises.
pub(in crate::check) static OTHER_WARNING: Check = warning(
    "worth-a-look",
    |_| false,
    "Something is accepted that is unusual.",
    "The message says what, and the hint what may have been meant.",
    "docs/model.md",
    ("", ""),
);
