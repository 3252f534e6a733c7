//! Workloads that have a load or an autoscaler only later, or come later themselves: a script says which. They are measured from
//! their first pod on, as metrics-server measures all pods.

use crate::cluster::{ScaleTarget, WorkloadId};
use crate::control::context::Context;
use crate::control::event::{Event, MetricsEvent};
use crate::control::hpa::metrics::ServiceModel;
use crate::control::service::metering::members::Members;
use crate::control::service::metering::{FOLLOWING_PERIOD, Metering, Service};
use crate::workload::script::{ObjectKind, ObjectRef};

impl Metering {
    /// Follows `target` from now on, if it is wanted and not followed yet.
    pub(super) fn follow_if_wanted(&mut self, target: Option<ScaleTarget>, ctx: &mut Context<'_>) {
        let Some(target) = target.filter(|target| self.place(*target).is_none()) else {
            return;
        };
        let kind = match target {
            ScaleTarget::Deployment(_) => ObjectKind::Deployment,
            ScaleTarget::ReplicaSet(_) => ObjectKind::ReplicaSet,
            ScaleTarget::StatefulSet(_) => ObjectKind::StatefulSet,
        };
        let (namespace, name) = ctx.store.workload_name(WorkloadId::from(target));
        if !self.wanted.contains(&ObjectRef::new(kind, namespace, name)) {
            return;
        }
        let place = self.services.partition_point(|(known, _)| *known < target);
        let service = Service {
            load: None,
            model: ServiceModel::default(),
            requests: None,
            serving: 0,
            memory: 0,
            members: Members::default(),
            tap: self.services.len(),
        };
        self.services.insert(place, (target, service));
        self.scrape_from_now_on(ctx);
    }

    /// metrics-server looks at the times at which it would have looked anyway.
    fn scrape_from_now_on(&mut self, ctx: &mut Context<'_>) {
        if std::mem::replace(&mut self.scraping, true) {
            return;
        }
        let period = if self.settings.resolution.is_zero() {
            FOLLOWING_PERIOD
        } else {
            self.settings.resolution
        };
        let mut next = crate::kernel::SimTime::ZERO + self.settings.phase;
        if next < ctx.now {
            let missed = ctx.now.since(next).as_nanos().div_ceil(period.as_nanos());
            next += period.saturating_mul(missed);
        }
        ctx.at(next, Event::Metrics(MetricsEvent::Scrape));
    }
}
