//! The quota controller: it counts what pods use and writes `status.used` (`pkg/controller/resourcequota`). Admission only
//! adds; what pods give back is free when this controller has written it.

use crate::cluster::Store;
use crate::control::admission::quota::write_status;
use crate::control::context::Context;
use crate::control::event::{Event, QuotaEvent};
use crate::control::limits::LimitUse;
use crate::control::rate_limit::{RateLimit, TokenBucket};
use crate::kernel::SimTime;

/// How far a quota's sync is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks {
    /// A write is under way.
    syncing: bool,
    /// Something changed since it was sent.
    dirty: bool,
}

/// The quota controller.
#[derive(Debug)]
pub struct QuotaController {
    client: TokenBucket,
    marks: Vec<Marks>,
}

impl QuotaController {
    /// A controller with a client of these limits.
    #[must_use]
    pub fn new(client: RateLimit) -> Self {
        Self {
            client: TokenBucket::new(client),
            marks: Vec::new(),
        }
    }

    /// Quotas that are there from the beginning have their status.
    pub fn start(store: &mut Store) {
        for quota in &mut store.policies.quotas {
            quota.used = Some(quota.live.clone());
        }
    }

    /// Acts on what it waited for.
    pub fn handle(&mut self, event: QuotaEvent, ctx: &mut Context<'_>) {
        match event {
            QuotaEvent::Seen(quota) => {
                let quota = quota as usize;
                self.marks
                    .resize(ctx.store.policies.quotas.len().max(quota + 1), Marks::default());
                self.marks[quota].dirty = true;
                self.sync(quota, ctx);
            }
            QuotaEvent::Written(quota) => {
                let quota = quota as usize;
                // A status that is older than the latest charge is refused and worked out again (409): what is written in
                // the end is what there is.
                write_status(ctx.store, quota);
                self.marks[quota].syncing = false;
                ctx.admission_eased();
                self.sync(quota, ctx);
            }
        }
    }

    /// How its client met its limit until `now`.
    #[must_use]
    pub fn limit(&self, client: RateLimit, now: SimTime) -> Option<LimitUse> {
        LimitUse::of_client("ResourceQuota controller", client, &self.client, now)
    }

    fn sync(&mut self, quota: usize, ctx: &mut Context<'_>) {
        let Marks { syncing, dirty } = self.marks[quota];
        let status = &ctx.store.policies.quotas[quota];
        if syncing || !dirty || status.gone {
            return;
        }
        self.marks[quota].dirty = false;
        if status.used.as_ref() == Some(&status.live) && status.changed.is_none() {
            return;
        }
        self.marks[quota].syncing = true;
        let sent = self.client.take(ctx.now);
        let at = ctx.written(sent);
        ctx.at(at, Event::Quota(QuotaEvent::Written(quota as u32)));
    }
}
