//! Whether a `successPolicy` is met (`pkg/controller/job/success_policy.go: matchSuccessPolicy`).

use crate::cluster::index_set::IndexSet;
use crate::cluster::spec::SuccessRule;

/// The first rule that holds for the indexes that succeeded.
pub(super) fn matched(rules: &[SuccessRule], completions: u32, succeeded: &IndexSet) -> Option<u32> {
    if succeeded.total() == 0 {
        return None;
    }
    let holds = |rule: &SuccessRule| match &rule.indexes {
        Some(indexes) => {
            let wanted = below(indexes, completions);
            let all: u32 = wanted.iter().map(|(first, last)| last - first + 1).sum();
            all > 0 && succeeded.count_in(&wanted) >= rule.count.unwrap_or(all).min(all)
        }
        None => rule.count.is_some_and(|count| succeeded.total() >= count),
    };
    rules.iter().position(holds).map(|rule| rule as u32)
}

/// The part of `runs` below `end`.
fn below(runs: &[(u32, u32)], end: u32) -> Vec<(u32, u32)> {
    let cut = |&(first, last): &(u32, u32)| (first < end).then(|| (first, last.min(end - 1)));
    runs.iter().filter_map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(indexes: Option<&[(u32, u32)]>, count: Option<u32>) -> SuccessRule {
        SuccessRule {
            indexes: indexes.map(<[_]>::to_vec),
            count,
        }
    }

    #[test]
    fn a_rule_asks_for_indexes_or_for_a_number_of_them() {
        let succeeded: IndexSet = [0, 2, 3, 7].into_iter().collect();
        let met = |indexes: Option<&[(u32, u32)]>, count| matched(&[rule(indexes, count)], 10, &succeeded).is_some();
        assert!(met(None, Some(4)) && !met(None, Some(5)));
        assert!(met(Some(&[(2, 3)]), None) && !met(Some(&[(1, 3)]), None));
        assert!(met(Some(&[(0, 3)]), Some(3)) && !met(Some(&[(4, 9)]), Some(2)));
        // Indexes beyond the completions are not waited for.
        assert!(met(Some(&[(7, 7), (10, 20)]), None));
        assert!(!met(Some(&[(10, 20)]), None));
        let rules = [rule(None, Some(9)), rule(Some(&[(7, 7)]), None), rule(None, Some(1))];
        assert_eq!(matched(&rules, 10, &succeeded), Some(1));
        assert_eq!(matched(&rules, 10, &IndexSet::default()), None);
        assert_eq!(matched(&[], 10, &succeeded), None);
    }
}
