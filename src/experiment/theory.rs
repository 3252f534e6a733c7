//! What theory says of one cell of a comparison: run times as they will be drawn, slots, bounds, closed form.

use crate::cluster::outcome::{attempt_outcome, attempt_runtime};
use crate::cluster::spec::{AttemptOutcome, JobSpec, RestartPolicy};
use crate::cluster::{ResourceId, Store};
use crate::experiment::bounds::{Bounds, RigidJob, Submission};
use crate::kernel::SimDuration;
use crate::scenario::Scenario;
use crate::scenario::build::slots;
use crate::workload::strategy::Strategy;

/// Slots beyond this are not counted; bounds then do not depend on them.
const MOST_SLOTS: u64 = 4_000_000;

/// The cluster as theory sees it: how many slots each node has, and what one Job of each specification takes of them.
#[derive(Clone, Debug)]
pub struct Slots {
    /// Slots of each node; empty if they cannot be told.
    pub of_nodes: Vec<u64>,
    /// Slots that a pod of each Job specification takes.
    pub widths: Vec<u64>,
    /// Slots in all, if all Jobs are of one kind.
    pub total: Option<u64>,
}

impl Slots {
    /// The slots of `scenario`'s nodes. With one kind of Jobs a slot is what one pod needs, whatever resource binds; with
    /// several kinds it is one unit of the extended resource that all of them ask for.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut store = Store::new(scenario.resources.clone(), scenario.nodes_beside_daemons());
        let specs: Vec<_> = scenario
            .jobs
            .iter()
            .map(|(job, _)| store.add_job_spec(job.clone()))
            .collect();
        if let [spec] = specs[..] {
            let of_nodes = slots(&store, store.job_templates[spec.index()], MOST_SLOTS);
            let total = of_nodes.iter().sum();
            return Self {
                of_nodes,
                widths: vec![1],
                total: Some(total),
            };
        }
        let requests = |id: ResourceId| scenario.jobs.iter().map(move |(job, _)| job.template.requests.get(id));
        let shared = scenario
            .resources
            .iter()
            .map(|(id, _)| id)
            .find(|id| *id > ResourceId::PODS && requests(*id).all(|amount| amount > 0));
        match shared {
            Some(id) => Self {
                of_nodes: store
                    .nodes
                    .iter()
                    .map(|node| node.allocatable.get(id).max(0) as u64)
                    .collect(),
                widths: requests(id).map(|amount| amount as u64).collect(),
                total: None,
            },
            None => Self {
                of_nodes: Vec::new(),
                widths: vec![1; specs.len()],
                total: None,
            },
        }
    }
}

/// What theory says of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Theory {
    /// No schedule is shorter.
    pub lower: Option<SimDuration>,
    /// No list schedule is longer, if the control plane costs nothing.
    pub upper: Option<SimDuration>,
    /// The closed form, if there is one.
    pub exact: Option<SimDuration>,
}

impl Theory {
    /// Theory of `n` Jobs of `scenario`, in turn, under `strategy` with `seed`.
    #[must_use]
    pub fn of(scenario: &Scenario, slots: &Slots, n: u32, strategy: &Strategy, seed: u64) -> Self {
        let Ok(submission) = strategy.to_string().parse::<Submission>() else {
            return Self::default();
        };
        // What breaks by chance makes pods run again, for as long as chance says.
        if !scenario.failures.is_empty() {
            return Self::default();
        }
        let mut pods = Vec::new();
        let (mut single, mut retried) = (true, false);
        for i in 0..n {
            let which = i as usize % scenario.jobs.len();
            let spec = &scenario.jobs[which].0;
            single &= spec.completions == Some(1);
            let Some(runtimes) = runtimes(spec, u64::from(i), seed) else {
                return Self::default();
            };
            let needed = spec.completions.unwrap_or(spec.parallelism) as usize;
            retried |= runtimes.len() > needed;
            let width = slots.widths[which];
            pods.extend(runtimes.into_iter().map(|runtime| RigidJob { runtime, width }));
        }
        if slots.of_nodes.is_empty() || (!single && submission != Submission::Parallel) {
            return Self::default();
        }
        let Some(bounds) = Bounds::of(submission, &pods, &slots.of_nodes) else {
            return Self::default();
        };
        // Back-offs after failures, other resources than the shared one, and a Job's own parallelism can make schedules longer.
        let whole = !retried && single && slots.total.is_some();
        Self {
            lower: Some(bounds.lower).filter(|_| !retried || submission == Submission::Parallel),
            upper: Some(bounds.upper).filter(|_| whole),
            exact: bounds.theory.filter(|_| whole),
        }
    }
}

/// Run times of all attempts of a Job as they will be drawn. `None` if that cannot be told beforehand: a pod runs for ever or
/// by completion index, or a pod is stopped before its end, by a deadline or because its Job failed.
fn runtimes(spec: &JobSpec, key: u64, seed: u64) -> Option<Vec<SimDuration>> {
    let behaviour = &spec.template.behaviour;
    let by_index = !behaviour.index_runtime.is_empty() || !behaviour.index_outcome.is_empty();
    if by_index || spec.active_deadline.is_some() || spec.suspend {
        return None;
    }
    let needed = spec.completions.unwrap_or(spec.parallelism);
    let (mut good, mut bad) = (0, 0);
    let mut runtimes = Vec::new();
    while good < needed && bad <= spec.backoff_limit {
        let attempt = good + bad;
        runtimes.push(attempt_runtime(behaviour, seed, key, attempt, None)?);
        match attempt_outcome(behaviour, seed, key, attempt, None) {
            AttemptOutcome::Ok => good += 1,
            AttemptOutcome::Exit(_) => bad += 1,
        }
    }
    // A failed attempt may be the last of a Job whose other pods are then deleted; in place, the restart that reaches the limit
    // is cut short.
    let alone = needed == 1 && spec.template.restart_policy == RestartPolicy::Never;
    (bad == 0 || alone).then_some(runtimes)
}
