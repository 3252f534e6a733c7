//! The metrics of HorizontalPodAutoscalers (`staging/src/k8s.io/api/autoscaling/v2/types.go: MetricSpec`).

use std::fmt;

use crate::cluster::spec::Labels;

/// One of `spec.metrics`.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricSpec {
    /// What is measured.
    pub source: MetricSource,
    /// What it should be.
    pub target: MetricTarget,
}

impl MetricSpec {
    /// cpu at `percent` of the request.
    #[must_use]
    pub const fn cpu_utilization(percent: u32) -> Self {
        Self {
            source: MetricSource::Resource(ResourceName::Cpu),
            target: MetricTarget::Utilization(percent),
        }
    }

    /// The resource and the container, if the metric is a resource of pods.
    #[must_use]
    pub fn resource(&self) -> Option<(&ResourceName, Option<&str>)> {
        match &self.source {
            MetricSource::Resource(resource) => Some((resource, None)),
            MetricSource::ContainerResource { resource, container } => Some((resource, Some(container))),
            MetricSource::Pods(_) | MetricSource::Object { .. } | MetricSource::External(_) => None,
        }
    }
}

/// What is measured: `type` and the field of that name.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricSource {
    /// `Resource`: a resource of all containers of each pod.
    Resource(ResourceName),
    /// `ContainerResource`: a resource of one container of each pod.
    ContainerResource {
        /// `name`.
        resource: ResourceName,
        /// `container`.
        container: String,
    },
    /// `Pods`: a number that each pod has.
    Pods(MetricIdentifier),
    /// `Object`: a number that one object has.
    Object {
        /// `metric`.
        metric: MetricIdentifier,
        /// `describedObject`.
        object: ObjectReference,
    },
    /// `External`: a number that belongs to no object.
    External(MetricIdentifier),
}

/// The name of a resource that an autoscaler looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceName {
    /// `cpu`.
    Cpu,
    /// `memory`.
    Memory,
    /// One that the metrics API does not have.
    Other(String),
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Other(name) => name,
        })
    }
}

/// `metric`: a name and a selector of series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricIdentifier {
    /// `name`.
    pub name: String,
    /// `selector`.
    pub selector: Option<MetricSelector>,
}

impl MetricIdentifier {
    /// Whether a series with these labels is meant; without a selector all are.
    #[must_use]
    pub fn selects(&self, labels: &Labels) -> bool {
        self.selector.as_ref().is_none_or(|selector| selector.matches(labels))
    }

    /// The selector as `%+v` prints it, `nil` if there is none.
    #[must_use]
    pub fn selector_text(&self) -> String {
        self.selector
            .as_ref()
            .map_or_else(|| "nil".to_owned(), ToString::to_string)
    }
}

/// A label selector of a metric.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricSelector {
    /// `matchLabels`.
    pub match_labels: Labels,
    /// `matchExpressions`.
    pub match_expressions: Vec<SelectorExpression>,
}

/// One of `matchExpressions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorExpression {
    /// `key`.
    pub key: String,
    /// `operator`: `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// `values`.
    pub values: Vec<String>,
}

impl MetricSelector {
    /// Whether a series with these labels is meant.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        let equal = |(key, value): (&String, &String)| labels.get(key) == Some(value);
        self.match_labels.iter().all(equal) && self.match_expressions.iter().all(|e| e.matches(labels))
    }
}

impl SelectorExpression {
    fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            // The readers let nothing else in.
            _ => value.is_none(),
        }
    }
}

/// As the generated `String` of `LabelSelector` prints it: it stands in messages of the controller.
impl fmt::Display for MetricSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("&LabelSelector{MatchLabels:map[string]string{")?;
        for (key, value) in &self.match_labels {
            write!(f, "{key}: {value},")?;
        }
        f.write_str("},MatchExpressions:[]LabelSelectorRequirement{")?;
        for expression in &self.match_expressions {
            write!(
                f,
                "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
                expression.key,
                expression.operator,
                expression.values.join(" ")
            )?;
        }
        f.write_str("},}")
    }
}

/// `describedObject`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectReference {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `name`.
    pub name: String,
}

impl ObjectReference {
    /// The resource as the API server names it: `services`, `ingresses.networking.k8s.io`. The plural is made by the rule that
    /// all built-in kinds keep.
    #[must_use]
    pub fn resource(&self) -> String {
        let singular = self.kind.to_lowercase();
        let plural = match singular.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
            _ if singular.ends_with('s') => format!("{singular}es"),
            _ => format!("{singular}s"),
        };
        match self.api_version.split_once('/') {
            Some((group, _)) => format!("{plural}.{group}"),
            None => plural,
        }
    }
}

/// `target`: what the metric should be. Amounts are in thousandths of the metric's unit (milli-cores; bytes · 1000).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricTarget {
    /// `averageUtilization`, percent of the requests.
    Utilization(u32),
    /// `averageValue`, per pod.
    AverageValue(i64),
    /// `value`.
    Value(i64),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        let pair = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        pairs.iter().map(pair).collect()
    }

    fn expression(key: &str, operator: &str, values: &[&str]) -> SelectorExpression {
        SelectorExpression {
            key: key.into(),
            operator: operator.into(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        }
    }

    #[test]
    fn selectors_choose_series() {
        let series = labels(&[("queue", "work"), ("tier", "gpu")]);
        for (selector, selects) in [
            (labels(&[("queue", "work")]), true),
            (labels(&[("queue", "mail")]), false),
            (labels(&[]), true),
        ] {
            let selector = MetricSelector {
                match_labels: selector,
                ..MetricSelector::default()
            };
            assert_eq!(selector.matches(&series), selects);
        }
        for (expression, selects) in [
            (expression("tier", "In", &["cpu", "gpu"]), true),
            (expression("tier", "NotIn", &["gpu"]), false),
            (expression("zone", "NotIn", &["a"]), true),
            (expression("zone", "Exists", &[]), false),
            (expression("zone", "DoesNotExist", &[]), true),
        ] {
            let what = format!("{expression:?}");
            let selector = MetricSelector {
                match_expressions: vec![expression],
                ..MetricSelector::default()
            };
            assert_eq!(selector.matches(&series), selects, "{what}");
        }
        assert!(MetricIdentifier::default().selects(&series));
    }

    #[test]
    fn selectors_are_printed_as_go_prints_them() {
        let selector = MetricSelector {
            match_labels: labels(&[("queue", "work")]),
            match_expressions: vec![expression("tier", "In", &["a", "b"])],
        };
        insta::assert_snapshot!(selector, @"&LabelSelector{MatchLabels:map[string]string{queue: work,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:tier,Operator:In,Values:[a b],},},}");
        assert_eq!(MetricIdentifier::default().selector_text(), "nil");
    }

    #[test]
    fn kinds_become_resources() {
        let resource = |api_version: &str, kind: &str| {
            ObjectReference {
                api_version: api_version.into(),
                kind: kind.into(),
                name: "main".into(),
            }
            .resource()
        };
        assert_eq!(
            resource("networking.k8s.io/v1", "Ingress"),
            "ingresses.networking.k8s.io"
        );
        assert_eq!(resource("v1", "Service"), "services");
        assert_eq!(
            resource("networking.k8s.io/v1", "NetworkPolicy"),
            "networkpolicies.networking.k8s.io"
        );
        assert_eq!(
            resource("gateway.networking.k8s.io/v1", "Gateway"),
            "gateways.gateway.networking.k8s.io"
        );
    }
}
