//! The course of a scenario: what happened to each Job and pod, in seconds from the recording's time zero, and the figures drawn
//! from it. Recordings and replays share this form, so that both are measured by the same code.

use std::collections::BTreeMap;

use crate::experiment::stats::{Probability, quantile_f64};

/// What happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// The Jobs by name.
    pub jobs: BTreeMap<String, JobCourse>,
    /// The pods in order of creation.
    pub pods: Vec<PodCourse>,
}

/// What happened to a Job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobCourse {
    /// When the request to create it was sent; of some recordings only when it was acknowledged.
    pub submitted: Option<f64>,
    /// When the API showed it first.
    pub seen: Option<f64>,
    /// When it was seen Complete or Failed.
    pub ended: Option<f64>,
    /// `Complete` or `Failed`; empty while it is neither.
    pub condition: String,
    /// Reason of that condition, if the recording tells.
    pub reason: Option<String>,
}

/// What happened to a pod.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodCourse {
    /// Name of the Job it belongs to.
    pub owner: String,
    /// When it was seen first.
    pub created: Option<f64>,
    /// When it was seen bound.
    pub scheduled: Option<f64>,
    /// When it was seen Running first.
    pub running: Option<f64>,
    /// When it was seen Succeeded or Failed.
    pub finished: Option<f64>,
    /// When its container was seen restarted in place, each time.
    pub restarts: Vec<f64>,
}

/// The figures of a course; `None` where the course does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// When the last Job ended.
    pub makespan: Option<f64>,
    /// When the last pod was created.
    pub last_created: Option<f64>,
    /// When the last pod was bound.
    pub last_scheduled: Option<f64>,
    /// When the last pod came to run.
    pub last_running: Option<f64>,
    /// When the last pod ended.
    pub last_finished: Option<f64>,
    /// Pods created per second between the 10th and the 90th of a hundred.
    pub created_rate: Option<f64>,
    /// Jobs ended per second between the 10th and the 90th of a hundred.
    pub ended_rate: Option<f64>,
    /// Median from the submission of a Job to Running of its first pod.
    pub wait_p50: Option<f64>,
    /// The same for nine of ten Jobs.
    pub wait_p90: Option<f64>,
}

/// Fewer events than this have no rate worth naming.
const FEWEST_FOR_A_RATE: usize = 20;

impl Course {
    /// How many pods each Job had.
    #[must_use]
    pub fn attempts(&self) -> BTreeMap<&str, u32> {
        let mut attempts: BTreeMap<&str, u32> = self.jobs.keys().map(|job| (job.as_str(), 0)).collect();
        for pod in &self.pods {
            *attempts.entry(pod.owner.as_str()).or_default() += 1;
        }
        attempts
    }

    /// All figures.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let of = |moment: fn(&PodCourse) -> Option<f64>| sorted(self.pods.iter().filter_map(moment));
        let ended = sorted(self.jobs.values().filter_map(|job| job.ended));
        let created = of(|pod| pod.created);
        let waits = self.waits();
        let wait = |percent| quantile_f64(&waits, Probability::new(percent, 100)?);
        Figures {
            makespan: ended.last().copied(),
            last_created: created.last().copied(),
            last_scheduled: of(|pod| pod.scheduled).last().copied(),
            last_running: of(|pod| pod.running).last().copied(),
            last_finished: of(|pod| pod.finished).last().copied(),
            created_rate: rate(&created),
            ended_rate: rate(&ended),
            wait_p50: wait(50),
            wait_p90: wait(90),
        }
    }

    /// From submission to the first Running of each Job, in ascending order; none unless every submission is known.
    fn waits(&self) -> Vec<f64> {
        let mut first: BTreeMap<&str, f64> = BTreeMap::new();
        for pod in &self.pods {
            if let Some(running) = pod.running {
                let earliest = first.entry(&pod.owner).or_insert(running);
                *earliest = earliest.min(running);
            }
        }
        if self.jobs.values().any(|job| job.submitted.is_none()) {
            return Vec::new();
        }
        let wait = |(name, job): (&String, &JobCourse)| Some(first.get(name.as_str())? - job.submitted?);
        sorted(self.jobs.iter().filter_map(wait))
    }
}

/// `values` in ascending order.
pub(super) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Events per second between the 10th and the 90th of a hundred.
fn rate(times: &[f64]) -> Option<f64> {
    if times.len() < FEWEST_FOR_A_RATE {
        return None;
    }
    let (from, to) = (times.len() / 10, times.len() * 9 / 10);
    let span = times[to] - times[from];
    (span > 0.0).then(|| (to - from) as f64 / span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Course {
        let job = |at: u32| JobCourse {
            submitted: Some(f64::from(at)),
            seen: None,
            ended: Some(f64::from(2 * at) + 10.0),
            condition: "Complete".to_owned(),
            reason: None,
        };
        let pod = |at: u32| PodCourse {
            owner: format!("job-{at}"),
            created: Some(f64::from(at)),
            running: Some(f64::from(at) + 1.0 + f64::from(at) / 100.0),
            ..PodCourse::default()
        };
        Course {
            jobs: (0..100).map(|at| (format!("job-{at}"), job(at))).collect(),
            pods: (0..100).chain([7]).map(pod).collect(),
        }
    }

    #[test]
    fn figures_are_drawn_from_the_times() {
        let figures = course().figures();
        assert_eq!(figures.makespan, Some(208.0));
        assert_eq!(figures.last_created, Some(99.0));
        assert_eq!(figures.last_scheduled, None);
        assert_eq!(figures.ended_rate, Some(0.5));
        let (p50, p90) = (figures.wait_p50.unwrap(), figures.wait_p90.unwrap());
        assert!((p50 - 1.49).abs() < 0.011 && (p90 - 1.89).abs() < 0.011, "{p50} {p90}");
    }

    #[test]
    fn attempts_count_pods_by_job() {
        let course = course();
        let attempts = course.attempts();
        assert_eq!((attempts["job-7"], attempts["job-8"]), (2, 1));
    }

    #[test]
    fn waits_need_every_submission() {
        let mut course = course();
        course.jobs.get_mut("job-3").unwrap().submitted = None;
        assert_eq!(course.figures().wait_p50, None);
    }
}
