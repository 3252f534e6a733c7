//! Scripts: what happens to a cluster from outside while it runs.

mod evictions;
mod nodes;
mod objects;
mod submissions;
mod triggers;

use makespan::cluster::Store;
use makespan::cluster::record::Record;
use makespan::control::{ControlPlane, Input, Outcome, Simulation};
use makespan::kernel::{SimDuration, SimTime};
use makespan::observe::Checker;
use makespan::workload::script::{Action, ObjectKind, ObjectRef, Order, Script, Step, Trigger, When};
use makespan::workload::strategy::Strategy;

/// Notes every record with its time in seconds.
#[derive(Default)]
struct Notes(Vec<(f64, Record)>);

impl makespan::cluster::record::Observer for Notes {
    fn record(&mut self, now: SimTime, record: Record, _: &Store) {
        self.0.push((now.as_secs_f64(), record));
    }
}

/// What a run left and did.
struct Played {
    store: Store,
    outcome: Outcome,
    notes: Vec<(f64, Record)>,
}

impl Played {
    /// When `wanted` happened for the first time, in seconds.
    fn first(&self, wanted: impl Fn(Record) -> bool) -> f64 {
        let note = self.notes.iter().find(|(_, record)| wanted(*record));
        note.expect("it happened").0
    }
    fn refused(&self) -> Vec<(&str, &str)> {
        let refused = self.store.refused.iter();
        refused.map(|r| (r.request.as_str(), r.message.as_str())).collect()
    }
}

/// Plays `steps` on `store`, with the checker on.
fn play(store: Store, steps: Vec<Step>, control_plane: ControlPlane, until: Option<u64>) -> Played {
    play_input(Input {
        services: Vec::new(),
        store,
        strategy: Strategy::Parallel,
        script: Script { steps },
        control_plane,
        seed: 1,
        until: until.map(|secs| SimTime::ZERO + SimDuration::from_secs(secs)),
    })
}

/// Plays `input`, with the checker on.
fn play_input(input: Input) -> Played {
    let mut checker = Checker::new(&input.store);
    let mut notes = Notes::default();
    let mut simulation = Simulation::new(input);
    let outcome = simulation.run(&mut (&mut checker, &mut notes));
    let store = simulation.into_store();
    assert_eq!(checker.finish(outcome.ended_at, &store), []);
    Played {
        store,
        outcome,
        notes: notes.0,
    }
}

fn secs(secs: u64) -> SimDuration {
    SimDuration::from_secs(secs)
}

fn at(secs: u64, action: Action) -> Step {
    Step::at(SimTime::ZERO + self::secs(secs), action)
}

fn after(trigger: Trigger, delay: u64, action: Action) -> Step {
    Step {
        when: When::After {
            trigger,
            delay: secs(delay),
        },
        action,
    }
}

fn object(kind: ObjectKind, name: &str) -> ObjectRef {
    ObjectRef::new(kind, "default", name)
}

fn submit(objects: Vec<makespan::cluster::spec::ObjectSpec>, order: Order) -> Action {
    Action::Submit { objects, order }
}
