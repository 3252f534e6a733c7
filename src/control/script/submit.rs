//! Submissions: several objects, all at once, or each when the ones before have come far enough.

use crate::cluster::JobId;
use crate::cluster::job::JobCondition;
use crate::cluster::record::Record;
use crate::cluster::spec::ObjectSpec;
use crate::control::context::Context;
use crate::control::event::{Event, JobEvent, ScriptEvent};
use crate::control::script::watch::Settling;
use crate::control::script::{Player, Request, act, request_time};
use crate::workload::script::{Action, Order};

/// A submission under way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Submission {
    /// The next object to send.
    next: u32,
    /// Requests sent and not answered.
    requests: u32,
    /// Objects that are sent and have not come as far as the order waits for.
    in_flight: u32,
}

impl Player {
    fn objects(&self, step: u32) -> (&[ObjectSpec], Order) {
        match &self.steps[step as usize].action {
            Action::Submit { objects, order } => (objects, *order),
            _ => unreachable!("only submissions have objects"),
        }
    }

    pub(super) fn begin_submission(&mut self, step: u32, ctx: &mut Context<'_>) {
        self.submissions.insert(step, Submission::default());
        self.go_on(step, ctx);
    }

    /// Sends what may be sent now; the step is done when nothing is left to send or to wait for.
    fn go_on(&mut self, step: u32, ctx: &mut Context<'_>) {
        let (objects, order) = self.objects(step);
        let count = objects.len() as u32;
        while self.may_send(step, order, count, ctx) {
            let submission = self.submissions.get_mut(&step).expect("the submission is under way");
            let object = submission.next;
            submission.next += 1;
            submission.requests += 1;
            submission.in_flight += 1;
            let job = self.submit_job(step, object, order, ctx);
            self.send(step, object, job, ctx);
        }
        let left = &self.submissions[&step];
        if left.next == count && left.requests == 0 && left.in_flight == 0 {
            self.submissions.remove(&step);
            self.done(step, ctx);
        }
    }

    fn may_send(&self, step: u32, order: Order, count: u32, ctx: &Context<'_>) -> bool {
        let submission = &self.submissions[&step];
        let one_by_one = submission.requests == 0 || request_time(ctx).is_zero();
        submission.next < count
            && match order {
                Order::Parallel { concurrency } => {
                    submission.requests < concurrency.unwrap_or(ctx.config.client.concurrency).max(1)
                }
                Order::Sequential | Order::WhenSettled { .. } => submission.in_flight == 0,
                Order::Batched(k) => {
                    one_by_one && (submission.in_flight == 0 || !submission.next.is_multiple_of(k.max(1)))
                }
                Order::Windowed(k) => one_by_one && submission.in_flight < k.max(1),
            }
    }

    /// A Job is known from the moment in which its request is sent, as those of the run's own client are.
    fn submit_job(&mut self, step: u32, object: u32, order: Order, ctx: &mut Context<'_>) -> JobId {
        let ObjectSpec::Job(spec) = &self.objects(step).0[object as usize] else {
            return JobId::NONE;
        };
        let spec = ctx.store.add_job_spec(spec.clone());
        let job = ctx.store.add_job(spec);
        ctx.store.jobs[job.index()].submitted = ctx.now;
        ctx.store.unfinished_jobs += 1;
        ctx.record(Record::JobSubmitted(job));
        match order {
            Order::Sequential | Order::Batched(_) | Order::Windowed(_) => drop(self.jobs.insert(job, step)),
            Order::Parallel { .. } | Order::WhenSettled { .. } => {}
        }
        job
    }

    /// The API server has taken an object, or refused it.
    pub(super) fn object_answered(&mut self, request: Request, ctx: &mut Context<'_>) {
        let Request { step, object, job } = request;
        let (objects, order) = self.objects(step);
        let spec = &objects[object as usize];
        let created = if job == JobId::NONE {
            act::create(spec, ctx)
        } else {
            ctx.store.jobs[job.index()].condition = JobCondition::Active;
            ctx.when_seen(Event::Job(JobEvent::Added(job)));
            Ok(())
        };
        let settling = created.is_ok().then(|| Settling::of(spec, job, ctx.store)).flatten();
        if let Err(refusal) = created {
            ctx.refuse(act::posted(spec), refusal);
        }
        let submission = self.submissions.get_mut(&step).expect("the submission is under way");
        submission.requests -= 1;
        match (order, settling) {
            (Order::WhenSettled { gated_timeout }, Some(settling)) => {
                ctx.watch.settle(step, object, settling);
                ctx.after(gated_timeout, Event::Script(ScriptEvent::GaveUp(step, object)));
                self.look(ctx);
            }
            (Order::Sequential | Order::Batched(_) | Order::Windowed(_), _) if job != JobId::NONE => {}
            (
                Order::WhenSettled { .. }
                | Order::Parallel { .. }
                | Order::Sequential
                | Order::Batched(_)
                | Order::Windowed(_),
                _,
            ) => submission.in_flight -= 1,
        }
        if self.submissions.contains_key(&step) {
            self.go_on(step, ctx);
        }
    }

    /// A Job that a submission waits for has ended.
    pub(super) fn object_ended(&mut self, step: u32, ctx: &mut Context<'_>) {
        if let Some(submission) = self.submissions.get_mut(&step) {
            submission.in_flight -= 1;
            self.go_on(step, ctx);
        }
    }

    /// All pods of an object are settled: the client sees it one watch latency later.
    pub(super) fn settled(&mut self, step: u32, object: u32, ctx: &mut Context<'_>) {
        ctx.when_seen(Event::Script(ScriptEvent::GaveUp(step, object)));
    }

    /// The client waits no longer for the pods of an object: they are settled, or it gave up.
    pub(super) fn gave_up(&mut self, step: u32, object: u32, ctx: &mut Context<'_>) {
        let waits_for = self.submissions.get(&step).map(|submission| submission.next);
        // The later one of the two events finds the next object sent.
        if waits_for == Some(object + 1) && self.submissions[&step].in_flight == 1 {
            ctx.watch.forget(step, object);
            self.object_ended(step, ctx);
        }
    }
}
