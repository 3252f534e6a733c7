//! The API calls that send the victims away, beside the scheduling loop
//! (`pkg/scheduler/framework/preemption/executor.go: prepareCandidateAsync`).

use std::collections::BTreeMap;

use crate::cluster::PodId;

/// `parallelism` of KubeSchedulerConfiguration: calls in flight at once.
const PARALLELISM: usize = 16;

/// A call to the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// PATCH: a pod of lower priority is nominated for the node no more.
    ClearNomination(PodId),
    /// PATCH: the victim gets the condition DisruptionTarget.
    Disrupt(PodId),
    /// DELETE of the victim.
    Delete(PodId),
}

/// What one worker does: its present call, and the victims that come after it.
#[derive(Clone, Copy, Debug)]
struct Task {
    run: u32,
    call: Call,
    /// The victims of its piece of work that are still to go.
    rest: (usize, usize),
}

/// The victims of one preemption. A pod may begin another while the last call of its first is under way.
#[derive(Debug)]
struct Run {
    preemptor: PodId,
    /// Pods to lose their nomination, the next one last.
    clear: Vec<PodId>,
    /// All victims but the last.
    parallel: Vec<PodId>,
    /// How many victims a worker takes at once (`framework/parallelize/parallelism.go: chunkSizeFor`).
    chunk: usize,
    /// The first that no worker has taken.
    next: usize,
    /// Workers that are not done.
    workers: usize,
    /// The least important victim goes when the calls for all others are done.
    last: Option<PodId>,
    /// That victim, once its calls have begun: the preemptor is held no longer than until it is seen to go.
    waits_for: Option<PodId>,
}

/// What follows a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// These calls are sent, by their numbers.
    Calls(Vec<u32>),
    /// All calls for this pod are done: it may be tried again.
    Done {
        /// The pod that gets the room.
        preemptor: PodId,
        /// The victim whose calls were the last.
        last: PodId,
    },
}

/// All preemptions under way.
#[derive(Debug, Default)]
pub struct Executor {
    runs: BTreeMap<u32, Run>,
    tasks: BTreeMap<u32, Task>,
    numbers: u32,
    run_numbers: u32,
}

impl Executor {
    /// Begins to send `victims` away, the least important last, for `preemptor`; before that, `clear` lose their nominations.
    /// Returns the first calls.
    pub fn start(&mut self, preemptor: PodId, mut victims: Vec<PodId>, mut clear: Vec<PodId>) -> Vec<u32> {
        clear.reverse();
        let last = victims.pop();
        let pieces = victims.len();
        let number = self.run_numbers;
        self.run_numbers = self.run_numbers.wrapping_add(1);
        let run = Run {
            preemptor,
            clear,
            chunk: pieces.isqrt().min(pieces / PARALLELISM + 1).max(1),
            parallel: victims,
            next: 0,
            workers: 0,
            last,
            waits_for: None,
        };
        self.runs.insert(number, run);
        self.go_on(number)
    }

    /// Whether no preemption is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.runs.is_empty()
    }

    /// The pods that wait for nothing but the calls for `victim`
    /// (`pkg/scheduler/framework/preemption/executor.go: IsPodRunningPreemption`).
    pub fn waiting_for(&self, victim: PodId) -> impl Iterator<Item = PodId> + '_ {
        let runs = self.runs.values().filter(move |run| run.waits_for == Some(victim));
        runs.map(|run| run.preemptor)
    }

    /// The call of this number.
    #[must_use]
    pub fn call(&self, number: u32) -> Option<(PodId, Call)> {
        let task = self.tasks.get(&number)?;
        Some((self.runs.get(&task.run)?.preemptor, task.call))
    }
    /// Call `number` took effect. `refused`: its pod is gone, so that no DELETE follows a PATCH.
    ///
    /// # Panics
    /// If there is no such call.
    pub fn done(&mut self, number: u32, refused: bool) -> Next {
        let task = self.tasks.remove(&number).expect("each call is done once");
        let run = task.run;
        match task.call {
            Call::ClearNomination(_) => Next::Calls(self.go_on(run)),
            Call::Disrupt(victim) if !refused => Next::Calls(vec![self.send(Task {
                call: Call::Delete(victim),
                ..task
            })]),
            Call::Disrupt(_) | Call::Delete(_) => self.next_victim(run, task.rest),
        }
    }

    /// The next step that is not of a worker: clear a nomination, start the workers, or send the last victim away.
    fn go_on(&mut self, number: u32) -> Vec<u32> {
        let run = self.runs.get_mut(&number).expect("it is under way");
        if let Some(pod) = run.clear.pop() {
            return vec![self.send_first(number, Call::ClearNomination(pod), (0, 0))];
        }
        let mut calls = Vec::new();
        while let Some((at, end)) = self.take_piece(number) {
            let run = self.runs.get_mut(&number).expect("it is under way");
            run.workers += 1;
            let victim = run.parallel[at];
            calls.push(self.send_first(number, Call::Disrupt(victim), (at + 1, end)));
            if calls.len() == PARALLELISM {
                break;
            }
        }
        if calls.is_empty() {
            calls.extend(self.send_last(number));
        }
        calls
    }

    fn take_piece(&mut self, number: u32) -> Option<(usize, usize)> {
        let run = self.runs.get_mut(&number)?;
        let at = run.next;
        run.next = (at + run.chunk).min(run.parallel.len());
        (at < run.next).then_some((at, run.next))
    }

    /// A worker is done with a victim, and goes on to the next of its piece, or to another piece.
    fn next_victim(&mut self, number: u32, rest: (usize, usize)) -> Next {
        if let Some(last) = self.runs[&number].waits_for {
            let preemptor = self.runs[&number].preemptor;
            self.runs.remove(&number);
            return Next::Done { preemptor, last };
        }
        let more = (rest.0 < rest.1).then_some(rest);
        if let Some((at, end)) = more.or_else(|| self.take_piece(number)) {
            let victim = self.runs[&number].parallel[at];
            return Next::Calls(vec![self.send_first(number, Call::Disrupt(victim), (at + 1, end))]);
        }
        let run = self.runs.get_mut(&number).expect("it is under way");
        run.workers -= 1;
        if run.workers > 0 {
            return Next::Calls(Vec::new());
        }
        Next::Calls(self.send_last(number).into_iter().collect())
    }

    fn send_last(&mut self, number: u32) -> Option<u32> {
        let run = self.runs.get_mut(&number)?;
        let victim = run.last.take()?;
        run.waits_for = Some(victim);
        Some(self.send_first(number, Call::Disrupt(victim), (0, 0)))
    }

    fn send_first(&mut self, run: u32, call: Call, rest: (usize, usize)) -> u32 {
        self.send(Task { run, call, rest })
    }

    fn send(&mut self, task: Task) -> u32 {
        let number = self.numbers;
        self.numbers = self.numbers.wrapping_add(1);
        self.tasks.insert(number, task);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays the calls of one preemption in the order in which they are sent. Returns them in rounds: calls in flight together.
    fn rounds(victims: u32, clear: &[u32]) -> Vec<Vec<Call>> {
        let mut executor = Executor::default();
        let pods = |ids: &[u32]| ids.iter().map(|id| PodId(*id)).collect::<Vec<_>>();
        let ids: Vec<u32> = (0..victims).collect();
        let mut flight = executor.start(PodId(1000), pods(&ids), pods(clear));
        let mut rounds = Vec::new();
        while !flight.is_empty() {
            rounds.push(flight.iter().map(|n| executor.call(*n).unwrap().1).collect());
            let mut next = Vec::new();
            for number in std::mem::take(&mut flight) {
                match executor.done(number, false) {
                    Next::Calls(calls) => next.extend(calls),
                    Next::Done { preemptor, last } => {
                        assert_eq!((preemptor, last.0), (PodId(1000), victims - 1));
                    }
                }
            }
            flight = next;
        }
        assert!(executor.runs.is_empty() && executor.tasks.is_empty());
        rounds
    }

    #[test]
    fn all_but_the_last_go_in_parallel() {
        use Call::{ClearNomination, Delete, Disrupt};
        let [a, b, c] = [0, 1, 2].map(PodId);
        assert_eq!(rounds(1, &[]), [vec![Disrupt(a)], vec![Delete(a)]]);
        assert_eq!(
            rounds(3, &[7]),
            [
                vec![ClearNomination(PodId(7))],
                vec![Disrupt(a), Disrupt(b)],
                vec![Delete(a), Delete(b)],
                vec![Disrupt(c)],
                vec![Delete(c)],
            ]
        );
    }

    #[test]
    fn at_most_sixteen_calls_are_in_flight() {
        let rounds = rounds(60, &[]);
        assert!(rounds.iter().all(|round| round.len() <= PARALLELISM));
        assert_eq!(rounds.iter().flatten().count(), 120);
        // 59 victims in pieces of min(⌊√59⌋, 59/16+1) = 4: 15 workers.
        assert_eq!(rounds[0].len(), 15);
    }

    #[test]
    fn a_victim_that_is_gone_gets_no_delete() {
        let mut executor = Executor::default();
        let calls = executor.start(PodId(9), vec![PodId(0)], vec![]);
        assert_eq!(executor.waiting_for(PodId(0)).collect::<Vec<_>>(), [PodId(9)]);
        assert_eq!(
            executor.done(calls[0], true),
            Next::Done {
                preemptor: PodId(9),
                last: PodId(0)
            }
        );
        assert_eq!(executor.waiting_for(PodId(0)).count(), 0);
    }

    #[test]
    fn a_pod_may_preempt_again_before_the_last_call_is_done() {
        let mut executor = Executor::default();
        let first = executor.start(PodId(9), vec![PodId(0)], vec![]);
        let second = executor.start(PodId(9), vec![PodId(1), PodId(2)], vec![]);
        let done = |last| Next::Done {
            preemptor: PodId(9),
            last: PodId(last),
        };
        assert_eq!(executor.done(first[0], true), done(0));
        assert_eq!(executor.waiting_for(PodId(2)).count(), 0, "the other goes first");
        let Next::Calls(last) = executor.done(second[0], true) else {
            panic!("one victim is left");
        };
        assert_eq!(executor.done(last[0], true), done(2));
    }
}
