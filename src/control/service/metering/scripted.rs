//! Loads and reports of metrics as scripts set them while the cluster runs.

use crate::cluster::{PodId, ScaleTarget};
use crate::control::context::Context;
use crate::control::service::load::{Reporting, ServiceLoad};
use crate::control::service::metering::{Group, Metering};
use crate::kernel::SimTime;
use crate::workload::Load;

impl Metering {
    /// The load on `d` is `cpu_milli` from now on; says whether it is followed, as a load in cpu.
    pub(in crate::control::service) fn set_load(
        &mut self,
        d: ScaleTarget,
        cpu_milli: i64,
        ctx: &mut Context<'_>,
    ) -> bool {
        self.follow_if_wanted(Some(d), ctx);
        let Some(load) = self.load_mut(d).filter(|load| load.requests.is_none()) else {
            return false;
        };
        load.load = Load::Constant(cpu_milli);
        self.follow(d, ctx);
        true
    }
    /// Whose samples of `d` the metrics API has from now on; says whether they are followed.
    pub(in crate::control::service) fn set_reporting(
        &mut self,
        d: ScaleTarget,
        reporting: Reporting,
        ctx: &mut Context<'_>,
    ) -> bool {
        self.follow_if_wanted(Some(d), ctx);
        let load = self.load_mut(d);
        load.is_some_and(|load| {
            load.reporting.push((ctx.now, reporting));
            true
        })
    }
    /// Whose samples of `d` the metrics API has.
    pub(super) fn reporting(&self, d: ScaleTarget, now: SimTime) -> Reporting {
        let load = self.service(d).and_then(|service| service.load.as_ref());
        let steps = load.map_or(&[][..], |load| &load.reporting);
        let begun = steps.partition_point(|(from, _)| *from <= now);
        begun.checked_sub(1).map_or(Reporting::All, |last| steps[last].1)
    }

    /// Of which groups metrics-server has samples.
    pub(super) fn reported(&self, d: ScaleTarget, groups: &[Group], ctx: &Context<'_>) -> Vec<bool> {
        match self.reporting(d, ctx.now) {
            Reporting::All => vec![true; groups.len()],
            Reporting::Nothing => vec![false; groups.len()],
            Reporting::FirstHalf => {
                let is_ready = |group: &&Group| ctx.store.pods[group.pod.index()].ready;
                let mut ready: Vec<(SimTime, PodId)> = groups
                    .iter()
                    .filter(is_ready)
                    .map(|group| (ctx.store.ready_changed(group.pod).unwrap_or(SimTime::MAX), group.pod))
                    .collect();
                ready.sort_unstable();
                ready.truncate(ready.len() / 2);
                let chosen = |group: &Group| ready.iter().any(|(_, pod)| *pod == group.pod);
                groups.iter().map(chosen).collect()
            }
        }
    }
    /// What is known of the load on a service; nothing is asked of one without.
    fn load_mut(&mut self, d: ScaleTarget) -> Option<&mut ServiceLoad> {
        let place = self.place(d)?;
        let service = &mut self.services[place].1;
        Some(
            service
                .load
                .get_or_insert_with(|| ServiceLoad::new(Load::Constant(0), None)),
        )
    }
}
