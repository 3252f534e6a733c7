//! A recording beside its replay: figures with their errors, and what must be equal.

use super::course::{Course, Figures};

/// One number of both courses.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// What it is, with its unit.
    pub what: String,
    /// As recorded; `None` if the recording does not tell.
    pub real: Option<f64>,
    /// As simulated.
    pub simulated: Option<f64>,
}

impl Pair {
    /// Simulated less recorded, in the unit of the number.
    #[must_use]
    pub fn error(&self) -> Option<f64> {
        Some(self.simulated? - self.real?)
    }
    /// The same in percent of the recorded.
    #[must_use]
    pub fn error_percent(&self) -> Option<f64> {
        let real = self.real.filter(|real| *real != 0.0)?;
        Some(self.error()? / real * 100.0)
    }
    /// Whether the simulated number lies within `percent` of the recorded, or within `absolute` of it.
    #[must_use]
    pub fn is_within(&self, percent: f64, absolute: f64) -> bool {
        match (self.real, self.error()) {
            (Some(real), Some(error)) => error.abs() <= absolute.max(real.abs() * percent / 100.0),
            (_, _) => self.real.is_none() && self.simulated.is_none(),
        }
    }
}

/// A recording beside its replay.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Name of the recording.
    pub name: String,
    /// When the last Job ended, in seconds.
    pub makespan: Pair,
    /// Last times in seconds, rates per second, waits in seconds. Only those that the recording tells.
    pub figures: Vec<Pair>,
    /// When each pod was created, and each container restarted in place, in seconds.
    pub moments: Vec<Pair>,
    /// What should be equal and is not: the Jobs, how many pods each had, how each ended and why. Empty is good.
    pub differences: Vec<String>,
}

/// The names of all figures but the makespan, with how to take them.
type Figure = (&'static str, fn(&Figures) -> Option<f64>);
const FIGURES: [Figure; 8] = [
    ("last pod created (s)", |f| f.last_created),
    ("last pod bound (s)", |f| f.last_scheduled),
    ("last pod running (s)", |f| f.last_running),
    ("last pod finished (s)", |f| f.last_finished),
    ("pods created (1/s)", |f| f.created_rate),
    ("Jobs ended (1/s)", |f| f.ended_rate),
    ("wait p50 (s)", |f| f.wait_p50),
    ("wait p90 (s)", |f| f.wait_p90),
];

impl Comparison {
    /// Puts the two courses of recording `name` side by side.
    #[must_use]
    pub fn new(name: &str, real: &Course, simulated: &Course) -> Self {
        let (of_real, of_simulated) = (real.figures(), simulated.figures());
        let figures = FIGURES.iter().map(|(what, take)| Pair {
            what: (*what).to_owned(),
            real: take(&of_real),
            simulated: take(&of_simulated),
        });
        Self {
            name: name.to_owned(),
            makespan: Pair {
                what: "makespan (s)".to_owned(),
                real: of_real.makespan,
                simulated: of_simulated.makespan,
            },
            figures: figures.filter(|pair| pair.real.is_some()).collect(),
            moments: moments(real, simulated),
            differences: differences(real, simulated),
        }
    }
}

/// The creations and restarts of both courses, in pairs: the k-th pod of a Job with the k-th.
fn moments(real: &Course, simulated: &Course) -> Vec<Pair> {
    let mut moments = Vec::new();
    for job in real.jobs.keys() {
        let pods = |course: &'_ Course| -> Vec<(Option<f64>, Vec<f64>)> {
            let own = course.pods.iter().filter(|pod| pod.owner == *job);
            own.map(|pod| (pod.created, pod.restarts.clone())).collect()
        };
        let (real, simulated) = (pods(real), pods(simulated));
        for k in 0..real.len().max(simulated.len()) {
            let created = |pods: &[(Option<f64>, Vec<f64>)]| pods.get(k).and_then(|(created, _)| *created);
            moments.push(Pair {
                what: format!("{job}: pod {} created (s)", k + 1),
                real: created(&real),
                simulated: created(&simulated),
            });
            let restarts = |pods: &[(Option<f64>, Vec<f64>)]| pods.get(k).map_or(Vec::new(), |(_, at)| at.clone());
            let (real, simulated) = (restarts(&real), restarts(&simulated));
            for r in 0..real.len().max(simulated.len()) {
                moments.push(Pair {
                    what: format!("{job}: pod {} restart {} (s)", k + 1, r + 1),
                    real: real.get(r).copied(),
                    simulated: simulated.get(r).copied(),
                });
            }
        }
    }
    moments
}

fn differences(real: &Course, simulated: &Course) -> Vec<String> {
    let mut differences = Vec::new();
    let (attempts, simulated_attempts) = (real.attempts(), simulated.attempts());
    for (name, job) in &real.jobs {
        let Some(replayed) = simulated.jobs.get(name) else {
            differences.push(format!("{name}: not in the replay"));
            continue;
        };
        let count =
            |attempts: &std::collections::BTreeMap<&str, u32>| attempts.get(name.as_str()).copied().unwrap_or(0);
        let (pods, replayed_pods) = (count(&attempts), count(&simulated_attempts));
        if pods != replayed_pods {
            differences.push(format!("{name}: {pods} pods recorded, {replayed_pods} simulated"));
        }
        let reason_differs = job.reason.is_some() && job.reason != replayed.reason;
        if job.condition != replayed.condition || reason_differs {
            let full = |condition: &str, reason: Option<&str>| match (condition, reason) {
                ("", _) => "unfinished".to_owned(),
                (condition, None) => condition.to_owned(),
                (condition, Some(reason)) => format!("{condition} ({reason})"),
            };
            differences.push(format!(
                "{name}: {} recorded, {} simulated",
                full(&job.condition, job.reason.as_deref()),
                full(&replayed.condition, replayed.reason.as_deref())
            ));
        }
    }
    let unknown = simulated.jobs.keys().filter(|name| !real.jobs.contains_key(*name));
    differences.extend(unknown.map(|name| format!("{name}: not in the recording")));
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::recording::course::{JobCourse, PodCourse};

    fn course(jobs: &[(&str, &str, f64)], pods: &[(&str, f64)]) -> Course {
        let job = |(name, condition, ended): &(&str, &str, f64)| {
            let job = JobCourse {
                submitted: Some(0.0),
                seen: Some(0.0),
                ended: Some(*ended),
                condition: (*condition).to_owned(),
                reason: Some("CompletionsReached".to_owned()),
            };
            ((*name).to_owned(), job)
        };
        let pod = |(owner, created): &(&str, f64)| PodCourse {
            owner: (*owner).to_owned(),
            created: Some(*created),
            ..PodCourse::default()
        };
        Course {
            jobs: jobs.iter().map(job).collect(),
            pods: pods.iter().map(pod).collect(),
        }
    }

    #[test]
    fn equal_courses_differ_in_nothing() {
        let one = course(&[("a", "Complete", 10.0)], &[("a", 1.0)]);
        let comparison = Comparison::new("x", &one, &one);
        assert!(comparison.differences.is_empty());
        assert_eq!(comparison.makespan.error_percent(), Some(0.0));
        assert!(comparison.makespan.is_within(0.0, 0.0));
    }

    #[test]
    fn what_differs_is_told() {
        let real = course(
            &[("a", "Complete", 10.0), ("b", "Failed", 4.0)],
            &[("a", 1.0), ("a", 3.0), ("b", 1.0)],
        );
        let simulated = course(
            &[("a", "Failed", 9.0), ("c", "Complete", 1.0)],
            &[("a", 1.5), ("c", 0.0)],
        );
        let comparison = Comparison::new("x", &real, &simulated);
        insta::assert_snapshot!(comparison.differences.join("\n"), @r"
        a: 2 pods recorded, 1 simulated
        a: Complete (CompletionsReached) recorded, Failed (CompletionsReached) simulated
        b: not in the replay
        c: not in the recording
        ");
        assert_eq!(comparison.makespan.error_percent(), Some(-10.0));
        assert_eq!(comparison.moments[0].error(), Some(0.5));
        assert_eq!(comparison.moments[1].error(), None);
        assert!(!comparison.moments[1].is_within(100.0, 100.0));
    }

    #[test]
    fn a_number_is_within_a_share_or_a_distance() {
        let pair = |real, simulated| Pair {
            what: String::new(),
            real,
            simulated,
        };
        assert!(pair(Some(100.0), Some(104.9)).is_within(5.0, 0.3));
        assert!(!pair(Some(100.0), Some(105.1)).is_within(5.0, 0.3));
        assert!(pair(Some(2.0), Some(1.75)).is_within(5.0, 0.3));
        assert!(!pair(Some(2.0), None).is_within(5.0, 0.3));
        assert!(pair(None, None).is_within(5.0, 0.3));
    }
}
