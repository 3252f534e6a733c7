//! Node selectors and affinity.

/// Operator of a node selector requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SelectorOperator {
    /// Value is one of the values.
    In,
    /// Value is absent or none of the values.
    NotIn,
    /// Key is present.
    Exists,
    /// Key is absent.
    DoesNotExist,
    /// Integer value greater than the one value.
    Gt,
    /// Integer value less than the one value.
    Lt,
}

/// One requirement on a node's labels (or, as match field, on its name).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SelectorRequirement {
    /// Label key; `metadata.name` in match fields.
    pub key: String,
    /// Operator.
    pub operator: SelectorOperator,
    /// Values.
    pub values: Vec<String>,
}

/// A node selector term: all requirements must hold; an empty term matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelectorTerm {
    /// `matchExpressions`.
    pub match_expressions: Vec<SelectorRequirement>,
    /// `matchFields`.
    pub match_fields: Vec<SelectorRequirement>,
}

/// Node affinity of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeAffinity {
    /// `requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`: one must match. `None`: no requirement.
    pub required: Option<Vec<NodeSelectorTerm>>,
    /// `preferredDuringSchedulingIgnoredDuringExecution`: (weight 1-100, term).
    pub preferred: Vec<(i32, NodeSelectorTerm)>,
}
