//! On which nodes a pod may run: node affinity, `tolerations` (`pkg/apis/core/validation/validation.go`).

use super::context::Reading;
use super::names;
use super::reader::{Field, invalid, quoted, required, unsupported};
use crate::cluster::spec::{
    NodeAffinity, NodeSelectorTerm, SelectorOperator, SelectorRequirement, TaintEffect, Toleration,
};

/// For how long a pod stays on a node that is not ready or unreachable, in seconds
/// (`plugin/pkg/admission/defaulttolerationseconds/admission.go`).
const DEFAULT_TOLERATION_SECONDS: i64 = 300;
/// The taints it stays for.
const DEFAULT_TOLERATED: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// Reads `affinity.nodeAffinity` of a pod spec.
pub fn read_node_affinity(spec: &Field<'_>, reading: &mut Reading<'_>) -> NodeAffinity {
    read_affinity(&spec.at_path("affinity.nodeAffinity"), reading)
}

/// Reads a node affinity.
pub fn read_affinity(field: &Field<'_>, reading: &mut Reading<'_>) -> NodeAffinity {
    let required_field = field.at(REQUIRED);
    let required_terms = required_field.is_present().then(|| {
        let terms = required_field.at("nodeSelectorTerms");
        if terms.is_empty() {
            terms.error(reading.problems, required("must have at least one node selector term"));
        }
        let items = terms.items();
        for item in &items {
            check_values(&item.at("matchExpressions"), reading);
        }
        items.iter().map(|t| read_term(t, reading)).collect()
    });
    let preferred = field.at(PREFERRED).items().into_iter().map(|item| {
        let weight_field = item.at("weight");
        let weight = weight_field.int32().unwrap_or(0);
        if !(1..=100).contains(&weight) {
            weight_field.error(reading.problems, invalid(weight, "must be in the range 1-100"));
        }
        (weight, read_term(&item.at("preference"), reading))
    });
    NodeAffinity {
        preferred: preferred.collect(),
        required: required_terms,
    }
}

fn read_term(field: &Field<'_>, reading: &mut Reading<'_>) -> NodeSelectorTerm {
    let mut read = |key: &str, check: fn(&Field<'_>, &SelectorRequirement, &mut Reading<'_>)| {
        let items = field.at(key).items();
        let requirements = items.iter().filter_map(|item| {
            let requirement = read_requirement(item, reading)?;
            check(item, &requirement, reading);
            Some(requirement)
        });
        requirements.collect::<Vec<_>>()
    };
    NodeSelectorTerm {
        match_expressions: read("matchExpressions", check_label_requirement),
        match_fields: read("matchFields", check_field_requirement),
    }
}

fn read_requirement(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<SelectorRequirement> {
    let operator_field = field.at("operator");
    let operator = match operator_field.str_or_empty() {
        "In" => SelectorOperator::In,
        "NotIn" => SelectorOperator::NotIn,
        "Exists" => SelectorOperator::Exists,
        "DoesNotExist" => SelectorOperator::DoesNotExist,
        "Gt" => SelectorOperator::Gt,
        "Lt" => SelectorOperator::Lt,
        other => {
            operator_field.error_with_hint(
                reading.problems,
                invalid(quoted(other), "not a valid selector operator"),
                "operators are In, NotIn, Exists, DoesNotExist, Gt and Lt",
            );
            return None;
        }
    };
    Some(SelectorRequirement {
        key: field.at("key").str_or_empty().to_owned(),
        operator,
        values: field.at("values").string_list(),
    })
}

fn check_label_requirement(field: &Field<'_>, requirement: &SelectorRequirement, reading: &mut Reading<'_>) {
    let values = field.at("values");
    let count = requirement.values.len();
    match requirement.operator {
        SelectorOperator::In | SelectorOperator::NotIn if count == 0 => values.error(
            reading.problems,
            required("must be specified when `operator` is 'In' or 'NotIn'"),
        ),
        SelectorOperator::Exists | SelectorOperator::DoesNotExist if count > 0 => values.error(
            reading.problems,
            "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
        SelectorOperator::Gt | SelectorOperator::Lt if count != 1 => values.error(
            reading.problems,
            required("must be specified single value when `operator` is 'Lt' or 'Gt'"),
        ),
        SelectorOperator::Gt | SelectorOperator::Lt if requirement.values[0].parse::<i64>().is_err() => {
            values.warning(
                reading.problems,
                "`Gt` and `Lt` compare integers; with this value no node matches",
                None,
            );
        }
        SelectorOperator::In
        | SelectorOperator::NotIn
        | SelectorOperator::Exists
        | SelectorOperator::DoesNotExist
        | SelectorOperator::Gt
        | SelectorOperator::Lt => {}
    }
    for text in names::qualified_name(&requirement.key) {
        field
            .at("key")
            .error(reading.problems, invalid(quoted(&requirement.key), &text));
    }
}

/// The values of required terms are those of labels; preferred terms may name any
/// (`ValidateNodeSelectorRequirement`, `ValidatePreferredSchedulingTerms`).
fn check_values(expressions: &Field<'_>, reading: &mut Reading<'_>) {
    for value in expressions.items().iter().flat_map(|item| item.at("values").items()) {
        for text in names::label_value(value.str_or_empty()) {
            value.error(reading.problems, invalid(value.json(), &text));
        }
    }
}

fn check_field_requirement(field: &Field<'_>, requirement: &SelectorRequirement, reading: &mut Reading<'_>) {
    match requirement.operator {
        SelectorOperator::In | SelectorOperator::NotIn => {
            if requirement.values.len() != 1 {
                let text =
                    required("must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
                field.at("values").error(reading.problems, text);
            }
        }
        SelectorOperator::Exists | SelectorOperator::DoesNotExist | SelectorOperator::Gt | SelectorOperator::Lt => {
            let operator = field.at("operator");
            operator.error(
                reading.problems,
                invalid(operator.json(), "not a valid selector operator"),
            );
        }
    }
    if requirement.key != "metadata.name" {
        field.at("key").error(
            reading.problems,
            invalid(quoted(&requirement.key), "not a valid field selector key"),
        );
    }
}

/// The name of an effect, as in manifests.
const EFFECTS: [(&str, TaintEffect); 3] = [
    ("NoSchedule", TaintEffect::NoSchedule),
    ("PreferNoSchedule", TaintEffect::PreferNoSchedule),
    ("NoExecute", TaintEffect::NoExecute),
];

/// Reads an effect that must not be empty; anything unknown is told.
pub fn read_effect(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<TaintEffect> {
    let text = field.str_or_empty();
    let effect = EFFECTS.iter().find(|(name, _)| *name == text).map(|(_, e)| *e);
    if effect.is_none() {
        let message = if text.is_empty() {
            required("")
        } else {
            unsupported(text, &EFFECTS.map(|(name, _)| name))
        };
        field.error(reading.problems, message);
    }
    effect
}

/// Reads `tolerations` of a pod spec and adds the two that admission adds.
pub fn read_tolerations(spec: &Field<'_>, reading: &mut Reading<'_>) -> Vec<Toleration> {
    let items = spec.at("tolerations").items();
    let mut tolerations: Vec<_> = items.iter().map(|item| read_toleration(item, reading)).collect();
    let missing: Vec<_> = DEFAULT_TOLERATED
        .into_iter()
        .filter(|key| !tolerations.iter().any(|t| covers(t, key)))
        .collect();
    tolerations.extend(missing.into_iter().map(|key| Toleration {
        key: key.to_owned(),
        exists: true,
        value: String::new(),
        effect: Some(TaintEffect::NoExecute),
        toleration_seconds: Some(DEFAULT_TOLERATION_SECONDS),
    }));
    tolerations
}

/// Taints that every daemon tolerates
/// (`pkg/controller/daemon/util/daemonset_util.go: AddOrUpdateDaemonPodTolerations`).
const DAEMON_TOLERATED: [(&str, TaintEffect); 6] = [
    ("node.kubernetes.io/not-ready", TaintEffect::NoExecute),
    ("node.kubernetes.io/unreachable", TaintEffect::NoExecute),
    ("node.kubernetes.io/disk-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/memory-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/pid-pressure", TaintEffect::NoSchedule),
    ("node.kubernetes.io/unschedulable", TaintEffect::NoSchedule),
];

/// Reads the tolerations of a DaemonSet's pods, with those that its controller adds; admission then has none to add.
pub fn read_daemon_tolerations(spec: &Field<'_>, reading: &mut Reading<'_>) -> Vec<Toleration> {
    let items = spec.at("tolerations").items();
    let mut tolerations: Vec<_> = items.iter().map(|item| read_toleration(item, reading)).collect();
    let network = ("node.kubernetes.io/network-unavailable", TaintEffect::NoSchedule);
    let on_host = (spec.at("hostNetwork").bool() == Some(true)).then_some(network);
    for (key, effect) in DAEMON_TOLERATED.into_iter().chain(on_host) {
        let added = Toleration {
            key: key.to_owned(),
            exists: true,
            value: String::new(),
            effect: Some(effect),
            toleration_seconds: None,
        };
        // One of the same key and effect is replaced (`pkg/apis/core/v1/helper: AddOrUpdateTolerationInPodSpec`).
        match tolerations
            .iter_mut()
            .find(|t| t.key == added.key && t.effect == added.effect && t.exists)
        {
            Some(same) => *same = added,
            None => tolerations.push(added),
        }
    }
    tolerations
}

/// Whether admission finds the NoExecute taint `key` tolerated already.
fn covers(toleration: &Toleration, key: &str) -> bool {
    (toleration.key.is_empty() || toleration.key == key)
        && toleration.effect.is_none_or(|e| e == TaintEffect::NoExecute)
}

fn read_toleration(field: &Field<'_>, reading: &mut Reading<'_>) -> Toleration {
    let [key, operator, value, effect] = ["key", "operator", "value", "effect"].map(|name| field.at(name));
    if key.is_empty() && operator.str_or_empty() != "Exists" {
        operator.error(
            reading.problems,
            invalid(
                quoted(operator.str_or_empty()),
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            ),
        );
    }
    for text in names::qualified_name(key.str_or_empty())
        .iter()
        .filter(|_| !key.is_empty())
    {
        key.error(reading.problems, invalid(key.json(), text));
    }
    match operator.str_or_empty() {
        "" | "Equal" => {
            for text in names::label_value(value.str_or_empty()) {
                operator.error(reading.problems, invalid(value.json(), &text));
            }
        }
        "Exists" if !value.is_empty() => operator.error_with_hint(
            reading.problems,
            invalid(value.json(), "value must be empty when `operator` is 'Exists'"),
            "leave `value` out, or use operator Equal",
        ),
        "Exists" => {}
        other => operator.error(reading.problems, unsupported(other, &["Equal", "Exists"])),
    }
    let seconds = field.at("tolerationSeconds").int();
    if seconds.is_some() && effect.str_or_empty() != "NoExecute" {
        effect.error(
            reading.problems,
            invalid(
                quoted(effect.str_or_empty()),
                "effect must be 'NoExecute' when `tolerationSeconds` is set",
            ),
        );
    }
    Toleration {
        key: key.str_or_empty().to_owned(),
        exists: operator.str_or_empty() == "Exists",
        value: value.str_or_empty().to_owned(),
        effect: if effect.is_empty() {
            None
        } else {
            read_effect(&effect, reading)
        },
        toleration_seconds: seconds,
    }
}
