//! When a CronJob starts a Job (`pkg/controller/cronjob/utils.go: mostRecentScheduleTime`). All times are whole seconds since
//! 1970: schedules know no smaller ones.

use crate::cluster::spec::CronJobSpec;

/// What was missed, of a CronJob that is looked at now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recent {
    /// From when on starts are looked for.
    pub earliest: i64,
    /// The last time that a Job should have been started, if any has come.
    pub most_recent: Option<i64>,
    /// About how many were missed.
    pub missed: i64,
}

/// More missed starts than this are told in an event.
pub(super) const MANY_MISSED: i64 = 100;

/// The last time, up to `now`, at which `spec` should have started a Job since `since` (its last start, or its creation).
/// `with_deadline`: nothing below `startingDeadlineSeconds` counts. `None`: the schedule never comes.
pub(super) fn recent(spec: &CronJobSpec, since: i64, now: i64, with_deadline: bool) -> Option<Recent> {
    let deadline = spec.starting_deadline.filter(|_| with_deadline);
    let earliest = deadline.map_or(since, |deadline| {
        since.max(now.saturating_sub_unsigned(deadline.as_nanos() / 1_000_000_000))
    });
    let next = |at: i64| spec.schedule.next(at, &spec.time_zone);
    let none = Recent {
        earliest,
        most_recent: None,
        missed: 0,
    };
    let first = next(earliest)?;
    if now < first {
        return Some(none);
    }
    let second = next(first)?;
    if now < second {
        return Some(Recent {
            most_recent: Some(first),
            ..none
        });
    }
    let between = second - first;
    let missed = (now - first) / between + 1;
    // Near the end, counted in the first interval; from there the schedule itself goes on.
    let mut most_recent = None;
    let mut at = next(first + (missed - 2) * between);
    while let Some(time) = at.filter(|time| *time <= now) {
        most_recent = Some(time);
        at = next(time);
    }
    Some(Recent {
        most_recent,
        missed,
        ..none
    })
}

/// When the CronJob is to be looked at again: at the next scheduled time (`nextScheduleTimeDuration`).
pub(super) fn next_look(spec: &CronJobSpec, since: i64, now: i64) -> Option<i64> {
    let from = match recent(spec, since, now, false) {
        None => now,
        Some(recent) => match recent.most_recent {
            Some(time) => time,
            None if recent.missed == 0 => recent.earliest,
            None => now,
        },
    };
    spec.schedule.next(from, &spec.time_zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::spec::{ConcurrencyPolicy, JobSpec};
    use crate::kernel::SimDuration;
    use crate::kernel::cron::Schedule;
    use crate::kernel::time_zone::TimeZone;

    fn spec(schedule: &str, deadline: Option<u64>) -> CronJobSpec {
        CronJobSpec {
            namespace: "default".into(),
            name: "nightly".into(),
            schedule: Schedule::parse(schedule).unwrap(),
            time_zone: TimeZone::UTC,
            starting_deadline: deadline.map(SimDuration::from_secs),
            concurrency_policy: ConcurrencyPolicy::Allow,
            suspend: false,
            successful_jobs_history_limit: 3,
            failed_jobs_history_limit: 1,
            job: JobSpec::default(),
        }
    }

    #[test]
    fn only_the_latest_missed_time_counts() {
        let minutely = spec("* * * * *", None);
        let at = |since, now| recent(&minutely, since, now, true).unwrap();
        assert_eq!((at(10, 59).most_recent, at(10, 59).missed), (None, 0));
        assert_eq!(at(10, 60).most_recent, Some(60));
        assert_eq!(at(10, 119).most_recent, Some(60));
        assert_eq!((at(10, 120).most_recent, at(10, 120).missed), (Some(120), 2));
        let late = at(10, 60 * 500 + 7);
        assert_eq!((late.most_recent, late.missed), (Some(30_000), 500));
        assert!(late.missed > MANY_MISSED);
        assert_eq!(next_look(&minutely, 10, 10), Some(60));
        assert_eq!(next_look(&minutely, 60, 61), Some(120));
    }

    #[test]
    fn a_deadline_hides_what_lies_before_it() {
        let hourly = spec("@hourly", Some(600));
        assert_eq!(recent(&hourly, 10, 4_100, true).unwrap().most_recent, Some(3_600));
        assert_eq!(recent(&hourly, 10, 4_300, true).unwrap().most_recent, None);
        assert_eq!(recent(&hourly, 10, 4_300, false).unwrap().most_recent, Some(3_600));
        assert_eq!(next_look(&hourly, 10, 4_300), Some(7_200));
    }

    #[test]
    fn every_keeps_its_own_step() {
        let every = spec("@every 45s", None);
        assert_eq!(recent(&every, 7, 52, true).unwrap().most_recent, Some(52));
        assert_eq!(recent(&every, 7, 200, true).unwrap().most_recent, Some(187));
        let never = spec("0 0 31 2 *", None);
        assert_eq!((recent(&never, 0, 10, true), next_look(&never, 0, 10)), (None, None));
    }
}
