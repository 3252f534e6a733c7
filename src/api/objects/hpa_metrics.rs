//! `spec.metrics` of an autoscaler (`pkg/apis/autoscaling/validation/validation.go: validateMetrics, validateMetricSpec`).

use super::context::Reading;
use super::hpa::read_percentage;
use super::reader::{Field, invalid, quoted, required, unsupported};
use crate::cluster::spec::{
    MetricIdentifier, MetricSelector, MetricSource, MetricSpec, MetricTarget, ObjectReference, ResourceName,
    SelectorExpression,
};

/// Kinds of metrics, in the validator's order, each with the field that describes it.
const METRIC_TYPES: [(&str, &str); 5] = [
    ("ContainerResource", "containerResource"),
    ("External", "external"),
    ("Object", "object"),
    ("Pods", "pods"),
    ("Resource", "resource"),
];
/// The operators of a selector's expressions.
const OPERATORS: [&str; 4] = ["In", "NotIn", "Exists", "DoesNotExist"];

/// Reads the metrics that are in order; empty if none is.
pub(super) fn read_metrics(metrics: &Field<'_>, reading: &mut Reading<'_>) -> Vec<MetricSpec> {
    metrics
        .items()
        .iter()
        .filter_map(|metric| read_metric(metric, reading))
        .collect()
}

fn read_metric(metric: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricSpec> {
    let kind = metric.at("type");
    let Some((_, key)) = METRIC_TYPES.iter().find(|(name, _)| *name == kind.str_or_empty()) else {
        let text = kind.str_or_empty();
        if text.is_empty() {
            kind.error(reading.problems, required("must specify a metric source type"));
        }
        kind.error(reading.problems, unsupported(text, &METRIC_TYPES.map(|(name, _)| name)));
        return None;
    };
    let source = metric.at(key);
    if !source.is_present() {
        let detail = "must populate information for the given metric source";
        source.error(reading.problems, required(detail));
        return None;
    }
    for (_, other) in METRIC_TYPES.iter().filter(|(_, other)| other != key) {
        if metric.at(other).is_present() {
            let message = "Forbidden: must populate the given metric source only";
            metric.at(other).error(reading.problems, message);
        }
    }
    match *key {
        "resource" => read_resource(&source, reading),
        "containerResource" => read_container_resource(&source, reading),
        "pods" => read_pods(&source, reading),
        "object" => read_object(&source, reading),
        _ => read_external(&source, reading),
    }
}

fn read_resource(source: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricSpec> {
    let target = resource_target(&source.at("target"), reading);
    let resource = resource_name(&source.at("name"), reading)?;
    Some(MetricSpec {
        source: MetricSource::Resource(resource),
        target: target?,
    })
}

fn read_container_resource(source: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricSpec> {
    let resource = resource_name(&source.at("name"), reading);
    let container = source.at("container");
    if container.is_empty() {
        container.error(reading.problems, required("must specify a container"));
    }
    let target = resource_target(&source.at("target"), reading);
    Some(MetricSpec {
        source: MetricSource::ContainerResource {
            resource: resource?,
            container: container.str_or_empty().to_owned(),
        },
        target: target?,
    })
}

fn read_pods(source: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricSpec> {
    let metric = identifier(&source.at("metric"), reading);
    let target = Target::read(&source.at("target"), reading);
    if target.average.is_none() {
        let detail = "must specify a positive target averageValue";
        let field = source.at_path("target.averageValue");
        field.error_with_hint(reading.problems, required(detail), "add `averageValue: 10`");
    }
    Some(MetricSpec {
        source: MetricSource::Pods(metric?),
        target: MetricTarget::AverageValue(target.average?),
    })
}

fn read_object(source: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricSpec> {
    let described = source.at("describedObject");
    let [version, kind, name] = ["apiVersion", "kind", "name"].map(|key| described.at(key));
    for field in [&kind, &name] {
        if field.is_empty() {
            field.error(reading.problems, required(""));
        }
    }
    let metric = identifier(&source.at("metric"), reading);
    let target = Target::read(&source.at("target"), reading);
    let field = source.at_path("target.averageValue");
    let target = target.value_or_average(&field, "must set either a target value or averageValue", reading);
    Some(MetricSpec {
        source: MetricSource::Object {
            metric: metric?,
            object: ObjectReference {
                api_version: version.str_or_empty().to_owned(),
                kind: kind.str_or_empty().to_owned(),
                name: name.str_or_empty().to_owned(),
            },
        },
        target: target?,
    })
}

fn read_external(source: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricSpec> {
    let metric = identifier(&source.at("metric"), reading);
    let target = Target::read(&source.at("target"), reading);
    if target.value.is_some() && target.average.is_some() {
        let message = "Forbidden: may not set both a target value for metric and a per-pod target";
        source.at_path("target.value").error(reading.problems, message);
    }
    let field = source.at_path("target.averageValue");
    let detail = "must set either a target value for metric or a per-pod target";
    let per_pod = target.average.map(MetricTarget::AverageValue);
    // The controller looks for a value per pod first.
    let target = per_pod.or_else(|| target.value_or_average(&field, detail, reading));
    Some(MetricSpec {
        source: MetricSource::External(metric?),
        target: target?,
    })
}

fn resource_name(name: &Field<'_>, reading: &mut Reading<'_>) -> Option<ResourceName> {
    match name.str_or_empty() {
        "" => {
            name.error(reading.problems, required("must specify a resource name"));
            None
        }
        "cpu" => Some(ResourceName::Cpu),
        "memory" => Some(ResourceName::Memory),
        other => {
            let message = format!("no metrics API reports {other} as a resource of pods, so this metric always fails");
            let hint = "the metrics API has cpu and memory; for GPUs take a metric of type Pods".to_owned();
            name.warning(reading.problems, message, Some(hint));
            Some(ResourceName::Other(other.to_owned()))
        }
    }
}

/// `target` as it is written.
struct Target {
    utilization: Option<u32>,
    average: Option<i64>,
    value: Option<i64>,
}

impl Target {
    fn read(target: &Field<'_>, reading: &mut Reading<'_>) -> Self {
        let kind = target.at("type");
        let text = kind.str_or_empty();
        if text.is_empty() {
            kind.error(reading.problems, required("must specify a metric target type"));
        }
        if !matches!(text, "Utilization" | "Value" | "AverageValue") {
            let detail = "must be either Utilization, Value, or AverageValue";
            kind.error(reading.problems, invalid(quoted(text), detail));
        }
        Self {
            value: positive(&target.at("value"), reading),
            average: positive(&target.at("averageValue"), reading),
            utilization: read_percentage(&target.at("averageUtilization"), reading),
        }
    }

    /// The target of an Object metric by its type, or of an External one by what there is.
    fn value_or_average(&self, field: &Field<'_>, detail: &str, reading: &mut Reading<'_>) -> Option<MetricTarget> {
        let value = self.value.map(MetricTarget::Value);
        let target = value.or(self.average.map(MetricTarget::AverageValue));
        if target.is_none() {
            field.error(reading.problems, required(detail));
        }
        target
    }
}

/// A quantity above zero, in thousandths.
fn positive(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<i64> {
    let quantity = field.quantity()?;
    let milli = quantity.milli_value();
    if milli <= 0 {
        field.error(reading.problems, invalid(field.json(), "must be positive"));
        return None;
    }
    Some(milli)
}

fn resource_target(field: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricTarget> {
    let target = Target::read(field, reading);
    let [utilization, average] = ["averageUtilization", "averageValue"].map(|key| field.at(key));
    if !utilization.is_present() && !average.is_present() {
        let detail = "must set either a target raw value or a target utilization";
        utilization.error_with_hint(reading.problems, required(detail), "add `averageUtilization: 80`");
    } else if utilization.is_present() && average.is_present() {
        let message = "Forbidden: may not set both a target raw value and a target utilization";
        average.error(reading.problems, message);
    }
    let average = target.average.map(MetricTarget::AverageValue);
    average.or(target.utilization.map(MetricTarget::Utilization))
}

fn identifier(metric: &Field<'_>, reading: &mut Reading<'_>) -> Option<MetricIdentifier> {
    let name = metric.at("name");
    if name.is_empty() {
        name.error(reading.problems, required("must specify a metric name"));
        return None;
    }
    let selector = metric.at("selector");
    Some(MetricIdentifier {
        name: name.str_or_empty().to_owned(),
        selector: selector.is_present().then(|| read_selector(&selector, reading)),
    })
}

fn read_selector(selector: &Field<'_>, reading: &mut Reading<'_>) -> MetricSelector {
    let mut expressions = Vec::new();
    for item in selector.at("matchExpressions").items() {
        let operator = item.at("operator");
        if OPERATORS.contains(&operator.str_or_empty()) {
            expressions.push(SelectorExpression {
                key: item.at("key").str_or_empty().to_owned(),
                operator: operator.str_or_empty().to_owned(),
                values: item.at("values").string_list(),
            });
        } else {
            let message = invalid(operator.json(), "not a valid selector operator");
            operator.error_with_hint(
                reading.problems,
                message,
                "operators are In, NotIn, Exists and DoesNotExist",
            );
        }
    }
    MetricSelector {
        match_labels: selector.at("matchLabels").string_map(),
        match_expressions: expressions,
    }
}
