//! The client that plays a script: it submits, changes and deletes objects while the cluster runs, and breaks and mends nodes.
//!
//! * `mod`: when each step begins and when it is done. `submit`: several objects, in the order that the step asks for.
//! * `watch`: what a step that waits for something sees. `act`: what a request does when the API server takes it; `update`: patches. `find`: objects
//!   by name.

mod act;
mod find;
mod submit;
mod update;
pub mod watch;

use std::collections::BTreeMap;

use crate::cluster::JobId;
use crate::control::context::Context;
use crate::control::event::{Event, ScriptEvent};
use crate::control::service::Services;
use crate::kernel::SimDuration;
use crate::workload::script::{Action, Script, Step, Trigger, When};

use submit::Submission;
use watch::{Awaited, Watch};

/// A request that was sent.
#[derive(Clone, Copy, Debug)]
struct Request {
    /// The step it belongs to.
    step: u32,
    /// Which of the step's objects.
    object: u32,
    /// The Job that it submits.
    job: JobId,
}

/// The client of a script.
#[derive(Debug)]
pub struct Player {
    steps: Vec<Step>,
    /// How many steps are not done.
    undone: usize,
    requests: Vec<Request>,
    /// Submissions under way, by step.
    submissions: BTreeMap<u32, Submission>,
    /// Submitted Jobs that a step waits for, with the step.
    jobs: BTreeMap<JobId, u32>,
}

impl Player {
    /// A client at rest.
    #[must_use]
    pub fn new(script: Script) -> Self {
        Self {
            undone: script.steps.len(),
            steps: script.steps,
            requests: Vec::new(),
            submissions: BTreeMap::new(),
            jobs: BTreeMap::new(),
        }
    }
    /// What it must see from the beginning.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch::new(&self.steps)
    }
    /// Whether every step is done.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.undone == 0
    }

    /// Sets the clock for steps that have a time.
    pub fn start(&mut self, ctx: &mut Context<'_>) {
        for (i, step) in self.steps.iter().enumerate() {
            if let When::At(at) = step.when {
                ctx.at(at.max(ctx.now), Event::Script(ScriptEvent::Due(i as u32)));
            }
        }
        self.arm(0, ctx);
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: ScriptEvent, services: &mut Services, ctx: &mut Context<'_>) {
        match event {
            ScriptEvent::Due(step) => self.begin(step, services, ctx),
            ScriptEvent::Answered(request) => self.answered(self.requests[request as usize], ctx),
            ScriptEvent::GaveUp(step, object) => self.gave_up(step, object, ctx),
        }
    }

    /// The client's watch showed that a Job finished.
    pub fn saw_finished(&mut self, job: JobId, ctx: &mut Context<'_>) {
        if let Some(step) = self.jobs.remove(&job) {
            self.object_ended(step, ctx);
        }
    }

    /// Looks whether what steps wait for has come. The client sees it one watch latency later.
    pub fn look(&mut self, ctx: &mut Context<'_>) {
        while let Some(awaited) = ctx.watch.take_satisfied(ctx.store, ctx.seed) {
            match awaited {
                Awaited::Step(step) => {
                    let When::After { delay, .. } = self.steps[step as usize].when else {
                        unreachable!("only steps with a trigger wait for it")
                    };
                    ctx.when_seen_after(delay, Event::Script(ScriptEvent::Due(step)));
                }
                Awaited::Settled(step, object) => self.settled(step, object, ctx),
            }
        }
    }

    /// Lets step `step` wait for its trigger, if it has one; the step before it is done.
    fn arm(&mut self, step: u32, ctx: &mut Context<'_>) {
        let Some(Step {
            when: When::After { trigger, delay },
            ..
        }) = self.steps.get(step as usize)
        else {
            return;
        };
        if *trigger == Trigger::Previous {
            ctx.after(*delay, Event::Script(ScriptEvent::Due(step)));
        } else {
            ctx.watch.arm(step, trigger, ctx.store);
            self.look(ctx);
        }
    }

    fn begin(&mut self, step: u32, services: &mut Services, ctx: &mut Context<'_>) {
        match &self.steps[step as usize].action {
            Action::Submit { .. } => self.begin_submission(step, ctx),
            Action::SetLoad { .. } | Action::SetMetrics { .. } => {
                self.measure(step, services, ctx);
                self.done(step, ctx);
            }
            Action::StopKubelet { .. } | Action::StartKubelet { .. } | Action::Reboot { .. } => {
                // Nobody asks the API server.
                self.act(step, ctx);
                self.done(step, ctx);
            }
            Action::Update { .. }
            | Action::Scale { .. }
            | Action::Delete { .. }
            | Action::DeletePod { .. }
            | Action::Evict { .. }
            | Action::SetDeletionCost { .. }
            | Action::DeleteNode { .. }
            | Action::Cordon { .. }
            | Action::Drain { .. }
            | Action::Taint { .. }
            | Action::Label { .. } => self.send(step, 0, JobId::NONE, ctx),
        }
    }

    /// Sends one request.
    fn send(&mut self, step: u32, object: u32, job: JobId, ctx: &mut Context<'_>) {
        let request = self.requests.len() as u32;
        self.requests.push(Request { step, object, job });
        ctx.after(request_time(ctx), Event::Script(ScriptEvent::Answered(request)));
    }

    /// The API server has taken a request, or refused it; the client has the answer.
    fn answered(&mut self, request: Request, ctx: &mut Context<'_>) {
        if matches!(self.steps[request.step as usize].action, Action::Submit { .. }) {
            self.object_answered(request, ctx);
        } else {
            self.act(request.step, ctx);
            self.done(request.step, ctx);
        }
    }

    fn done(&mut self, step: u32, ctx: &mut Context<'_>) {
        self.undone -= 1;
        self.arm(step + 1, ctx);
    }
}

/// From the wish to a request's effect and answer.
fn request_time(ctx: &Context<'_>) -> SimDuration {
    ctx.config.client.apply_cost + ctx.config.api_latency
}
