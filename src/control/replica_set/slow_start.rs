//! Slow start: pods are created in batches of 1, 2, 4, …; a batch with an error is the last, so that a template the API
//! server refuses costs few calls. Used by the ReplicaSet and Job controllers
//! (`pkg/controller/replicaset/replica_set.go: slowStartBatch`, `pkg/controller/job/job_controller.go: manageJob`).

/// Size of the first batch (`controller_utils.go: SlowStartInitialBatchSize`).
const INITIAL_BATCH_SIZE: u32 = 1;

/// The sizes of the batches in which `total` pods are created: each is double the one before, the last what is left.
pub fn batches(total: u32) -> impl Iterator<Item = u32> {
    let mut left = total;
    let mut size = INITIAL_BATCH_SIZE;
    std::iter::from_fn(move || {
        let batch = size.min(left);
        left -= batch;
        size = batch.saturating_mul(2);
        (batch > 0).then_some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn batches_double_and_end_with_the_rest() {
        let sizes = |total| batches(total).collect::<Vec<_>>();
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(2), [1, 1]);
        assert_eq!(sizes(3), [1, 2]);
        assert_eq!(sizes(10), [1, 2, 4, 3]);
        assert_eq!(sizes(15), [1, 2, 4, 8]);
        assert_eq!(sizes(500), [1, 2, 4, 8, 16, 32, 64, 128, 245]);
    }

    proptest! {
        #[test]
        fn batches_are_powers_of_two_that_add_up(total: u32) {
            let sizes: Vec<u32> = batches(total).collect();
            prop_assert_eq!(sizes.iter().map(|&s| u64::from(s)).sum::<u64>(), u64::from(total));
            if let Some((last, doubled)) = sizes.split_last() {
                for (k, size) in doubled.iter().enumerate() {
                    prop_assert_eq!(*size, 1 << k);
                }
                prop_assert!(u64::from(*last) <= 1 << doubled.len());
            }
            // n batches without the rest hold 2^n - 1 pods.
            prop_assert_eq!(sizes.len() as u32, u32::BITS - total.leading_zeros());
        }
    }
}
