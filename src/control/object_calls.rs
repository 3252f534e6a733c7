//! Writes to the API server that concern autoscalers, CronJobs and disruption budgets: creating, changing and deleting them while
//! the cluster runs.

use crate::cluster::hpa::HpaStatus;
use crate::cluster::spec::{CronJobSpec, HpaSpec, PodDisruptionBudget};
use crate::cluster::{CronJobId, HpaId, Store};
use crate::control::admission::Refusal;
use crate::control::context::Context;
use crate::control::event::{CronJobEvent, Event, GcEvent, HpaEvent};

impl Context<'_> {
    /// The API server takes a new autoscaler.
    ///
    /// # Errors
    /// There is one of its name.
    pub fn create_hpa(&mut self, spec: HpaSpec) -> Result<HpaId, Refusal> {
        if hpa(&spec.namespace, &spec.name, self.store).is_some() {
            let resource = "horizontalpodautoscalers.autoscaling";
            return Err(Refusal::already_exists(resource, &spec.name));
        }
        let id = HpaId(self.store.hpas.len() as u32);
        self.store.hpas.push(spec);
        self.store
            .hpa_status
            .resize(self.store.hpas.len(), HpaStatus::default());
        self.when_seen(Event::Hpa(HpaEvent::Seen(id)));
        Ok(id)
    }
    /// The API server takes another specification of an autoscaler. Its next look, whose time stays, goes by that.
    pub fn update_hpa(&mut self, id: HpaId, spec: HpaSpec) {
        if self.store.hpas[id.index()] != spec {
            self.store.hpas[id.index()] = spec;
            self.when_seen(Event::Hpa(HpaEvent::Seen(id)));
        }
    }
    /// The API server deletes an autoscaler. The size of its target stays as it is.
    pub fn delete_hpa(&mut self, id: HpaId) {
        if self.store.deleted_hpas.insert(id) {
            self.when_seen(Event::Hpa(HpaEvent::Seen(id)));
        }
    }

    /// The API server takes a new CronJob.
    ///
    /// # Errors
    /// There is one of its name.
    pub fn create_cron_job(&mut self, spec: CronJobSpec) -> Result<CronJobId, Refusal> {
        if cron_job(&spec.namespace, &spec.name, self.store).is_some() {
            return Err(Refusal::already_exists("cronjobs.batch", &spec.name));
        }
        let id = CronJobId(self.store.cron_jobs.len() as u32);
        self.store.cron_jobs.push(spec);
        self.when_seen(Event::CronJob(CronJobEvent::Seen(id)));
        Ok(id)
    }
    /// The API server takes another specification of a CronJob. Jobs that it has made stay as they are.
    pub fn update_cron_job(&mut self, id: CronJobId, spec: CronJobSpec) {
        let before = std::mem::replace(&mut self.store.cron_jobs[id.index()], spec);
        let after = &self.store.cron_jobs[id.index()];
        if before == *after {
            return;
        }
        let same_times = before.schedule == after.schedule && before.time_zone == after.time_zone;
        self.when_seen(Event::CronJob(if same_times {
            CronJobEvent::Seen(id)
        } else {
            CronJobEvent::Rescheduled(id)
        }));
    }
    /// The API server deletes a CronJob in the background: the garbage collector deletes its Jobs, and then their pods.
    pub fn delete_cron_job(&mut self, id: CronJobId) {
        if self.store.deleted_cron_jobs.insert(id) {
            self.when_seen(Event::CronJob(CronJobEvent::Seen(id)));
            self.when_seen(Event::Gc(GcEvent::CronJobGone(id)));
        }
    }

    /// The API server takes a new disruption budget.
    ///
    /// # Errors
    /// There is one of its name.
    pub fn create_disruption_budget(&mut self, spec: PodDisruptionBudget) -> Result<(), Refusal> {
        if disruption_budget(&spec.namespace, &spec.name, self.store).is_some() {
            return Err(Refusal::already_exists("poddisruptionbudgets.policy", &spec.name));
        }
        self.store.disruption_budgets.push(spec);
        Ok(())
    }
}

/// The autoscaler of that name.
pub(super) fn hpa(namespace: &str, name: &str, store: &Store) -> Option<HpaId> {
    let is_it = |id: &HpaId| {
        let spec = &store.hpas[id.index()];
        spec.name == name && spec.namespace == namespace && !store.deleted_hpas.contains(id)
    };
    (0..store.hpas.len() as u32).map(HpaId).find(is_it)
}

/// The CronJob of that name.
pub(super) fn cron_job(namespace: &str, name: &str, store: &Store) -> Option<CronJobId> {
    let is_it = |id: &CronJobId| {
        let spec = &store.cron_jobs[id.index()];
        spec.name == name && spec.namespace == namespace && !store.deleted_cron_jobs.contains(id)
    };
    (0..store.cron_jobs.len() as u32).map(CronJobId).find(is_it)
}

/// The place of the disruption budget of that name.
pub(super) fn disruption_budget(namespace: &str, name: &str, store: &Store) -> Option<usize> {
    let is_it = |budget: &PodDisruptionBudget| budget.name == name && budget.namespace == namespace;
    store.disruption_budgets.iter().position(is_it)
}
