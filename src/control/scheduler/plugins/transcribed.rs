//! The score and fit formulas against second transcriptions of the Go code, written over plain lists as the Go code has them,
//! on random inputs.

use proptest::prelude::*;

use crate::cluster::{Amounts, NodeId, ResourceId};
use crate::control::scheduler::framework::{UsageFilter, UsageScore, default_normalize_score};
use crate::control::scheduler::images::ImageTable;
use crate::control::scheduler::nodes::{NodeImages, NodeTable, NodeView};
use crate::control::scheduler::plugins::balanced_allocation::BalancedAllocation;
use crate::control::scheduler::plugins::node_resources_fit::NodeResourcesFit;
use crate::control::scheduler::plugins::scoring_strategy::{ScoringStrategy, StrategyKind, WeightedResources};
use crate::control::scheduler::shape::PodShape;
use crate::control::scheduler::testing::{GPU, amounts, pod, resources};

/// A node by columns cpu, memory, GPU: what it has, what is requested of it, and the same with non-zero defaults.
#[derive(Clone, Debug)]
struct Case {
    allocatable: [i64; 3],
    requested: [i64; 3],
    nonzero: [i64; 2],
    pods_left: i64,
    pod: [i64; 3],
}

fn arbitrary_case() -> impl Strategy<Value = Case> {
    let column = |most: i64| (prop_oneof![Just(0), 1..most], 0..most, prop_oneof![Just(0), 0..most]);
    (column(256_000), column(1 << 41), column(16), 0..3_i64, 0..5000_i64).prop_map(|(a, b, c, pods_left, extra)| {
        let requested = [a.1.min(a.0), b.1.min(b.0), c.1.min(c.0)];
        Case {
            allocatable: [a.0, b.0, c.0],
            requested,
            nonzero: [requested[0] + extra, requested[1] + extra * 1000],
            pods_left,
            pod: [a.2, b.2, c.2],
        }
    })
}

impl Case {
    fn shape(&self) -> PodShape {
        PodShape::new(pod(self.pod[0], self.pod[1], self.pod[2]).into())
    }
    fn with_view<R>(&self, ask: impl FnOnce(&NodeView<'_>) -> R) -> R {
        let row = |values: [i64; 3], pods: i64| {
            let mut amounts: Amounts = amounts(values[0], values[1], values[2]);
            amounts.set(ResourceId::PODS, pods);
            amounts.to_row(5)
        };
        let free = [0, 1, 2].map(|i| self.allocatable[i] - self.requested[i]);
        ask(&NodeView {
            allocatable: &row(self.allocatable, 110),
            free: &row(free, self.pods_left),
            nonzero_cpu: self.nonzero[0],
            nonzero_memory: self.nonzero[1],
            ports: &[],
            images: NodeImages::new(&ImageTable::default(), NodeId(0), 1),
        })
    }
}

/// `least_allocated.go: leastResourceScorer`.
fn least_allocated(requested: &[i64], allocatable: &[i64]) -> i64 {
    let (mut node_score, mut weight_sum) = (0, 0);
    for i in 0..requested.len() {
        if allocatable[i] == 0 {
            continue;
        }
        let score = if requested[i] > allocatable[i] {
            0
        } else {
            ((allocatable[i] - requested[i]) * 100) / allocatable[i]
        };
        node_score += score;
        weight_sum += 1;
    }
    if weight_sum == 0 {
        return 0;
    }
    node_score / weight_sum
}

/// `balanced_allocation.go: balancedResourceScore`, with the general formula for the deviation beside the short one.
fn balanced(requested: &[i64], allocatable: &[i64]) -> i64 {
    let mut fractions = Vec::new();
    for i in 0..requested.len() {
        if allocatable[i] == 0 {
            continue;
        }
        let mut fraction = requested[i] as f64 / allocatable[i] as f64;
        if fraction > 1.0 {
            fraction = 1.0;
        }
        fractions.push(fraction);
    }
    let mut std = 0.0;
    if fractions.len() == 2 {
        std = ((fractions[0] - fractions[1]) / 2.0).abs();
        let mean = (fractions[0] + fractions[1]) / 2.0;
        let variance = fractions.iter().map(|f| (f - mean) * (f - mean)).sum::<f64>() / 2.0;
        assert!((std - variance.sqrt()).abs() < 1e-12);
    }
    ((1.0 - std) * 100.0) as i64
}

/// What every scorer is given, by column: `resource_allocation.go: score`. Zeros where a resource is passed over.
fn given(case: &Case, columns: &[(usize, i64)], nonzero: bool) -> Vec<(i64, i64, i64)> {
    let shape = case.shape();
    let defaults = [shape.template.nonzero_cpu, shape.template.nonzero_memory, case.pod[2]];
    let column = |&(column, weight): &(usize, i64)| {
        if column == 2 && case.pod[2] == 0 {
            return (0, 0, weight);
        }
        let on_node = if nonzero && column < 2 {
            case.nonzero[column]
        } else {
            case.requested[column]
        };
        let wanted = if nonzero { defaults[column] } else { case.pod[column] };
        (on_node + wanted, case.allocatable[column], weight)
    };
    columns.iter().map(column).collect()
}

/// `most_allocated.go: mostResourceScorer`.
fn most_allocated(given: &[(i64, i64, i64)]) -> i64 {
    let (mut sum, mut weights) = (0, 0);
    for &(mut requested, capacity, weight) in given {
        if capacity == 0 {
            continue;
        }
        if requested > capacity {
            requested = capacity;
        }
        sum += requested * 100 / capacity * weight;
        weights += weight;
    }
    if weights == 0 { 0 } else { sum / weights }
}

/// `requested_to_capacity_ratio.go: buildRequestedToCapacityRatioScorerFunction`.
fn by_ratio(given: &[(i64, i64, i64)], points: &[(i64, i64)]) -> i64 {
    let line = |p: i64| {
        for i in 0..points.len() {
            if p <= points[i].0 {
                if i == 0 {
                    return points[0].1 * 10;
                }
                let ((x0, y0), (x1, y1)) = (points[i - 1], points[i]);
                return y0 * 10 + (y1 * 10 - y0 * 10) * (p - x0) / (x1 - x0);
            }
        }
        points[points.len() - 1].1 * 10
    };
    let (mut sum, mut weights) = (0, 0);
    for &(requested, capacity, weight) in given {
        if capacity == 0 {
            continue;
        }
        let score = if requested > capacity {
            line(100)
        } else {
            line(requested * 100 / capacity)
        };
        if score > 0 {
            sum += score * weight;
            weights += weight;
        }
    }
    if weights == 0 {
        return 0;
    }
    (sum as f64 / weights as f64).round() as i64
}

/// Columns with weights, and the same as resources.
fn arbitrary_resources() -> impl Strategy<Value = Vec<(usize, i64)>> {
    prop::sample::subsequence(vec![0, 1, 2], 1..=3)
        .prop_flat_map(|columns| columns.into_iter().map(|c| (Just(c), 1..9_i64)).collect::<Vec<_>>())
}

fn arbitrary_points() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let points = prop::collection::btree_map(0..=100_i64, 0..=10_i64, 1..5);
    points.prop_map(|points| points.into_iter().collect())
}

/// `fit.go: fitsRequest`, in the words of its reasons.
fn insufficient(case: &Case) -> (Vec<String>, bool) {
    let mut reasons = Vec::new();
    let mut unresolvable = false;
    if case.pods_left < 1 {
        reasons.push("Too many pods".to_owned());
    }
    for (i, name) in ["cpu", "memory", "nvidia.com/gpu"].iter().enumerate() {
        let wanted = case.pod[i];
        if wanted > 0 && wanted > case.allocatable[i] - case.requested[i] {
            reasons.push(format!("Insufficient {name}"));
            unresolvable |= wanted > case.allocatable[i];
        }
    }
    (reasons, unresolvable)
}

proptest! {
    #[test]
    fn least_allocated_scores(case in arbitrary_case()) {
        let shape = case.shape();
        let pod = [shape.template.nonzero_cpu, shape.template.nonzero_memory];
        let requested = [case.nonzero[0] + pod[0], case.nonzero[1] + pod[1]];
        let expected = least_allocated(&requested, &case.allocatable[..2]);
        prop_assert_eq!(case.with_view(|view| NodeResourcesFit::default().score(&shape, view)), expected);
    }

    #[test]
    fn scores_of_every_strategy(case in arbitrary_case(), columns in arbitrary_resources(), points in arbitrary_points()) {
        let shape = case.shape();
        let ids = [ResourceId::CPU, ResourceId::MEMORY, GPU];
        let resources: WeightedResources = columns.iter().map(|(c, weight)| (ids[*c], *weight)).collect();
        let seen = given(&case, &columns, true);
        let least = {
            let (mut sum, mut weights) = (0, 0);
            for &(requested, capacity, weight) in seen.iter().filter(|(_, capacity, _)| *capacity > 0) {
                sum += if requested > capacity { 0 } else { (capacity - requested) * 100 / capacity * weight };
                weights += weight;
            }
            if weights == 0 { 0 } else { sum / weights }
        };
        for (kind, expected) in [
            (StrategyKind::LeastAllocated, least),
            (StrategyKind::MostAllocated, most_allocated(&seen)),
            (StrategyKind::RequestedToCapacityRatio(points.clone()), by_ratio(&seen, &points)),
        ] {
            let strategy = ScoringStrategy { kind, resources: resources.clone() };
            prop_assert_eq!(case.with_view(|view| strategy.score(&shape, view)), expected, "{:?}", strategy);
        }
        let balance = |with: bool| {
            let fractions: Vec<f64> = columns
                .iter()
                .filter(|(c, _)| case.allocatable[*c] > 0 && (*c < 2 || case.pod[2] > 0))
                .map(|(c, _)| {
                    let requested = case.requested[*c] + if with { case.pod[*c] } else { 0 };
                    (requested as f64 / case.allocatable[*c] as f64).min(1.0)
                })
                .collect();
            let std = match fractions.len() {
                2 => ((fractions[0] - fractions[1]) / 2.0).abs(),
                3 => {
                    let mean = (fractions[0] + fractions[1] + fractions[2]) / 3.0;
                    (fractions.iter().map(|f| (f - mean).powi(2)).sum::<f64>() / 3.0).sqrt()
                }
                _ => 0.0,
            };
            ((1.0 - std) * 100.0) as i64
        };
        let plugin = BalancedAllocation { resources };
        let expected = 50 + (50 + balance(true) - balance(false)) / 2;
        prop_assert_eq!(case.with_view(|view| plugin.score(&shape, view)), expected);
        prop_assert_eq!(UsageScore::skips(&plugin, &shape), columns.iter().all(|(c, _)| case.pod[*c] == 0));
    }

    #[test]
    fn balanced_allocation_scores(case in arbitrary_case()) {
        let shape = case.shape();
        let requested = [case.requested[0] + case.pod[0], case.requested[1] + case.pod[1]];
        let with = balanced(&requested, &case.allocatable[..2]);
        let without = balanced(&case.requested[..2], &case.allocatable[..2]);
        let expected = 100 / 2 + (100 / 2 + with - without) / 2;
        prop_assert_eq!(case.with_view(|view| BalancedAllocation::default().score(&shape, view)), expected);
        prop_assert_eq!(UsageScore::skips(&BalancedAllocation::default(), &shape), case.pod[0] == 0 && case.pod[1] == 0);
    }

    #[test]
    fn fit_reasons(case in arbitrary_case()) {
        let (shape, table) = (case.shape(), resources());
        let (reasons, unresolvable) = insufficient(&case);
        let rejection = case.with_view(|view| NodeResourcesFit::default().filter(&shape, view));
        let said: Vec<String> = rejection
            .iter()
            .flat_map(|r| (0..32).filter(|bit| r.reasons >> bit & 1 == 1))
            .map(|bit| NodeResourcesFit::default().reason(bit, &shape, &table))
            .collect();
        prop_assert_eq!(said, reasons);
        prop_assert!(rejection.is_none_or(|r| r.resolvable != unresolvable));
    }

    #[test]
    fn accounts_return_to_where_they_were(pods in prop::collection::vec((0..9000_i64, 0..1_i64 << 33, 0..3_i64), 0..20)) {
        let mut table = NodeTable::new(5);
        let node = table.add(&crate::control::scheduler::testing::node("n", 200, 200, 60));
        let shapes: Vec<PodShape> = pods.iter().map(|p| PodShape::new(pod(p.0, p.1, p.2).into())).collect();
        for shape in &shapes {
            table.assume(node, shape);
        }
        let view = table.view(node);
        prop_assert_eq!(view.requested(ResourceId::CPU), pods.iter().map(|p| p.0).sum::<i64>());
        prop_assert_eq!(view.requested(ResourceId::MEMORY), pods.iter().map(|p| p.1).sum::<i64>());
        prop_assert_eq!(view.requested(GPU), pods.iter().map(|p| p.2).sum::<i64>());
        prop_assert_eq!(view.requested(ResourceId::PODS), pods.len() as i64);
        prop_assert_eq!(view.nonzero_cpu, shapes.iter().map(|s| s.template.nonzero_cpu).sum::<i64>());
        for shape in &shapes {
            table.forget(node, shape);
        }
        let (view, empty) = (table.view(node), table.empty_view(node));
        prop_assert_eq!(view.free, empty.free);
        prop_assert_eq!((view.nonzero_cpu, view.nonzero_memory), (0, 0));
    }
}

#[test]
fn normalisation_by_the_highest() {
    let normalized = |reverse, scores: &[i64]| {
        let mut scores = scores.to_vec();
        default_normalize_score(reverse, &mut scores);
        scores
    };
    assert_eq!(normalized(false, &[10, 60, 50, 0]), [16, 100, 83, 0]);
    assert_eq!(normalized(true, &[0, 1, 3]), [100, 67, 0]);
    assert_eq!(normalized(true, &[0, 0]), [100, 100]);
    assert_eq!(normalized(false, &[0, 0]), [0, 0]);
}
