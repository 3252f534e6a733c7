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
    preemptor: PodId,
    call: Call,
    /// The victims of its piece of work that are still to go.
    rest: (usize, usize),
}

/// The victims of one preemption.
#[derive(Debug)]
struct Run {
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
    /// The least important victim goes when all others are gone.
    last: Option<PodId>,
}

/// What follows a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// These calls are sent, by their numbers.
    Calls(Vec<u32>),
    /// All calls for this pod are done: it may be tried again.
    Done(PodId),
}

/// All preemptions under way.
#[derive(Debug, Default)]
pub struct Executor {
    runs: BTreeMap<PodId, Run>,
    tasks: BTreeMap<u32, Task>,
    numbers: u32,
}

impl Executor {
    /// Begins to send `victims` away, the least important last, for `preemptor`; before that, `clear` lose their nominations.
    /// Returns the first calls.
    pub fn start(&mut self, preemptor: PodId, mut victims: Vec<PodId>, mut clear: Vec<PodId>) -> Vec<u32> {
        clear.reverse();
        let last = victims.pop();
        let pieces = victims.len();
        let run = Run {
            clear,
            chunk: pieces.isqrt().min(pieces / PARALLELISM + 1).max(1),
            parallel: victims,
            next: 0,
            workers: 0,
            last,
        };
        self.runs.insert(preemptor, run);
        self.go_on(preemptor)
    }
    /// The call of this number.
    #[must_use]
    pub fn call(&self, number: u32) -> Option<(PodId, Call)> {
        self.tasks.get(&number).map(|task| (task.preemptor, task.call))
    }
    /// Call `number` took effect. `refused`: its pod is gone, so that no DELETE follows a PATCH.
    ///
    /// # Panics
    /// If there is no such call.
    pub fn done(&mut self, number: u32, refused: bool) -> Next {
        let task = self.tasks.remove(&number).expect("each call is done once");
        let preemptor = task.preemptor;
        match task.call {
            Call::ClearNomination(_) => Next::Calls(self.go_on(preemptor)),
            Call::Disrupt(victim) if !refused => Next::Calls(vec![self.send(Task {
                call: Call::Delete(victim),
                ..task
            })]),
            Call::Disrupt(_) | Call::Delete(_) => self.next_victim(preemptor, task.rest),
        }
    }

    /// The next step that is not of a worker: clear a nomination, start the workers, or send the last victim away.
    fn go_on(&mut self, preemptor: PodId) -> Vec<u32> {
        let run = self.runs.get_mut(&preemptor).expect("it is under way");
        if let Some(pod) = run.clear.pop() {
            return vec![self.send_first(preemptor, Call::ClearNomination(pod), (0, 0))];
        }
        let mut calls = Vec::new();
        while let Some((at, end)) = self.take_piece(preemptor) {
            let run = self.runs.get_mut(&preemptor).expect("it is under way");
            run.workers += 1;
            let victim = run.parallel[at];
            calls.push(self.send_first(preemptor, Call::Disrupt(victim), (at + 1, end)));
            if calls.len() == PARALLELISM {
                break;
            }
        }
        if calls.is_empty() {
            calls.extend(self.send_last(preemptor));
        }
        calls
    }

    fn take_piece(&mut self, preemptor: PodId) -> Option<(usize, usize)> {
        let run = self.runs.get_mut(&preemptor)?;
        let at = run.next;
        run.next = (at + run.chunk).min(run.parallel.len());
        (at < run.next).then_some((at, run.next))
    }

    /// A worker is done with a victim, and goes on to the next of its piece, or to another piece.
    fn next_victim(&mut self, preemptor: PodId, rest: (usize, usize)) -> Next {
        if self.runs[&preemptor].last.is_none() && self.runs[&preemptor].workers == 0 {
            self.runs.remove(&preemptor);
            return Next::Done(preemptor);
        }
        let more = (rest.0 < rest.1).then_some(rest);
        if let Some((at, end)) = more.or_else(|| self.take_piece(preemptor)) {
            let victim = self.runs[&preemptor].parallel[at];
            return Next::Calls(vec![self.send_first(preemptor, Call::Disrupt(victim), (at + 1, end))]);
        }
        let run = self.runs.get_mut(&preemptor).expect("it is under way");
        run.workers -= 1;
        if run.workers > 0 {
            return Next::Calls(Vec::new());
        }
        Next::Calls(self.send_last(preemptor).into_iter().collect())
    }

    fn send_last(&mut self, preemptor: PodId) -> Option<u32> {
        let victim = self.runs.get_mut(&preemptor)?.last.take()?;
        Some(self.send_first(preemptor, Call::Disrupt(victim), (0, 0)))
    }

    fn send_first(&mut self, preemptor: PodId, call: Call, rest: (usize, usize)) -> u32 {
        self.send(Task { preemptor, call, rest })
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
                    Next::Done(pod) => assert_eq!(pod, PodId(1000)),
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
        assert_eq!(executor.done(calls[0], true), Next::Done(PodId(9)));
    }
}
