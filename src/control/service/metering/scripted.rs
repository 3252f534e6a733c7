//! Loads and reports of metrics as scripts set them while the cluster runs.

use crate::cluster::ScaleTarget;
use crate::control::context::Context;
use crate::control::service::load::{Reporting, ServiceLoad};
use crate::control::service::metering::Metering;
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
