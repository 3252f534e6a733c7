//! The writer of events: one goroutine that sends one event after another through the controller's own client, so that each
//! event costs a token of the same bucket (`staging/src/k8s.io/client-go/tools/record/event.go: StartRecordingToSink`).

use crate::control::context::Context;
use crate::control::event::Event;
use crate::control::rate_limit::TokenBucket;
use crate::kernel::time::NANOS_PER_SEC;

/// Events that wait to be sent at most; more are dropped (`staging/src/k8s.io/apimachinery/pkg/watch/mux.go` queue of the
/// recorder's broadcaster: `maxQueuedEvents` 1000).
const MAX_QUEUED_EVENTS: u32 = 1000;
/// `defaultSpamBurst`: events of one object at once (`staging/src/k8s.io/client-go/tools/record/events_cache.go`).
const SPAM_BURST: u64 = 25;
/// `defaultSpamQPS`: then one in 300 s.
const SPAM_INTERVAL: u64 = 300 * NANOS_PER_SEC;

/// The event writer of one controller.
#[derive(Debug)]
pub struct EventWriter {
    /// Whether events cost calls at all.
    enabled: bool,
    /// What happens when a call is done.
    written: Event,
    queued: u32,
}

impl EventWriter {
    /// A writer whose calls end with `written`; one that is not `enabled` writes nothing.
    #[must_use]
    pub const fn new(enabled: bool, written: Event) -> Self {
        Self {
            enabled,
            written,
            queued: 0,
        }
    }

    /// Queues an event about an object, unless there were too many about it lately or the queue is full. `filter` is the
    /// object's own, 0 at first.
    pub fn emit(&mut self, filter: &mut u64, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        if !self.enabled || !passes_filter(filter, ctx.now.as_nanos()) || self.queued >= MAX_QUEUED_EVENTS {
            return;
        }
        self.queued += 1;
        if self.queued == 1 {
            self.send(client, ctx);
        }
    }

    /// The call of the first queued event is done.
    pub fn written(&mut self, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        self.queued -= 1;
        if self.queued > 0 {
            self.send(client, ctx);
        }
    }

    fn send(&self, client: &mut TokenBucket, ctx: &mut Context<'_>) {
        let sent = client.take(ctx.now);
        let at = ctx.written(sent);
        ctx.at(at, self.written);
    }
}

/// The filter's token bucket of one object, as the time at which it is full again.
fn passes_filter(full_at: &mut u64, now: u64) -> bool {
    let next = (*full_at).max(now) + SPAM_INTERVAL;
    let passes = next <= now + SPAM_BURST * SPAM_INTERVAL;
    if passes {
        *full_at = next;
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_26th_event_of_an_object_waits_five_minutes() {
        let mut full_at = 0;
        assert_eq!((0..40).filter(|_| passes_filter(&mut full_at, 0)).count(), 25);
        assert!(!passes_filter(&mut full_at, SPAM_INTERVAL - 1));
        assert!(passes_filter(&mut full_at, SPAM_INTERVAL));
        assert!(!passes_filter(&mut full_at, SPAM_INTERVAL));
    }
}
