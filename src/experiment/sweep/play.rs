//! Runs on all cores, whose rows come out in order, each as soon as all before it are there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use super::schedule::{Row, Run};
use crate::experiment::compare::Progress;
use crate::experiment::planning::Metric;
use crate::experiment::planning::replications::measure_one;
use crate::scenario::Scenario;

/// Why not all runs were done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped<E> {
    /// The user stopped.
    User,
    /// A combination makes no valid scenario; whoever makes them knows why.
    BadPoint(usize),
    /// Rows could not be kept.
    NotKept(E),
}

/// Plays `runs` and gives their rows to `keep`, in their order, a few at a time. What was kept stays kept if the user stops.
///
/// `scenario` makes the scenario of a combination. The threads are those of rayon's pool.
///
/// # Errors
/// See [`Stopped`].
pub fn play<E: Send>(
    runs: &[Run],
    metrics: &[Metric],
    scenario: &(dyn Fn(usize) -> Option<Scenario> + Sync),
    progress: &Progress,
    keep: &mut (dyn FnMut(&[Row]) -> Result<(), E> + Send),
) -> Result<(), Stopped<E>> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel::<(usize, Result<Row, usize>)>();
    let worker = |send: &mpsc::Sender<(usize, Result<Row, usize>)>| {
        let mut last: Option<(usize, Arc<Scenario>)> = None;
        while !progress.stop.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(run) = runs.get(at) else {
                return;
            };
            let same = last.take().filter(|(point, _)| *point == run.point);
            let Some(of_run) = same.or_else(|| Some((run.point, Arc::new(scenario(run.point)?)))) else {
                let _ = send.send((at, Err(run.point)));
                return;
            };
            let Some(values) = measure_one(&of_run.1, metrics, run.replication, progress) else {
                return;
            };
            last = Some(of_run);
            // Nobody receives any more once rows cannot be kept.
            if send.send((at, Ok(Row { run: *run, values }))).is_err() {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(receive, progress, keep));
        // Every thread has a sender of its own; when all are gone, the writer is done.
        let senders = std::sync::Mutex::new(send);
        let sender = || senders.lock().ok().map(|send| send.clone());
        rayon::broadcast(|_| sender().map(|send| worker(&send)));
        drop(senders);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        if written == runs.len() {
            Ok(())
        } else {
            Err(Stopped::User)
        }
    })
}

/// Keeps rows in order as they come; returns how many.
#[allow(clippy::needless_pass_by_value, reason = "when it returns, nobody receives any more")]
fn write<E>(
    receive: mpsc::Receiver<(usize, Result<Row, usize>)>,
    progress: &Progress,
    keep: &mut (dyn FnMut(&[Row]) -> Result<(), E> + Send),
) -> Result<usize, Stopped<E>> {
    let mut early: BTreeMap<usize, Row> = BTreeMap::new();
    let (mut kept, mut bad) = (0, None);
    while let Ok(first) = receive.recv() {
        // Whatever else is there goes to the disk with it, in one go.
        for (at, row) in std::iter::once(first).chain(receive.try_iter()) {
            match row {
                Ok(row) => {
                    early.insert(at, row);
                }
                Err(point) => {
                    progress.stop.store(true, Ordering::Relaxed);
                    bad = Some(bad.map_or(point, |bad: usize| bad.min(point)));
                }
            }
        }
        let mut rows = Vec::new();
        while let Some(row) = early.remove(&(kept + rows.len())) {
            rows.push(row);
        }
        if !rows.is_empty() {
            kept += rows.len();
            keep(&rows).map_err(|error| {
                progress.stop.store(true, Ordering::Relaxed);
                Stopped::NotKept(error)
            })?;
        }
    }
    bad.map_or(Ok(kept), |point| Err(Stopped::BadPoint(point)))
}
