//! Rows of autoscalers: their status as JSON, and Events.

use serde_json::{Map, Value, json};

use super::super::timeline::Row;
use super::Recorder;
use crate::cluster::hpa::HpaEvent;
use crate::cluster::{HpaId, Store};
use crate::kernel::SimTime;

impl Recorder {
    /// What is there from the beginning.
    pub(super) fn see_services(&mut self, store: &Store) {
        for workload in store.workloads() {
            self.workload(SimTime::ZERO, workload, store);
        }
        for (id, hpa) in store.hpas.iter().enumerate() {
            let submitted = store.hpa_submitted.get(&HpaId(id as u32)).copied();
            let at = self.at(submitted.unwrap_or(SimTime::ZERO));
            self.timeline
                .rows
                .push(Row::new(at, "HorizontalPodAutoscaler", &hpa.name, "created"));
        }
    }

    pub(super) fn autoscaler(&mut self, now: SimTime, id: HpaId, store: &Store) {
        let Some(status) = store.hpa_status.get(id.index()) else {
            return;
        };
        let conditions = store.hpa_conditions(id, self.seed).into_iter().map(|condition| {
            let status = if condition.status { "True" } else { "False" };
            (
                condition.kind.to_owned(),
                Value::from(format!("{status}/{}", condition.reason)),
            )
        });
        let metrics = status.metrics.iter();
        let metrics: Vec<Option<i64>> = metrics
            .map(|metric| metric.and_then(|metric| metric.utilization))
            .collect();
        let detail = json!({
            "conds": conditions.collect::<Map<_, _>>(),
            "cpu": metrics,
            "current": status.current_replicas,
            "desired": status.desired_replicas,
        });
        let name = &store.hpas[id.index()].name;
        let row = Row::new(self.at(now), "HorizontalPodAutoscaler", name, "changed").saying(detail.to_string());
        self.timeline.rows.push(row);
    }

    pub(super) fn autoscaler_event(&mut self, now: SimTime, id: HpaId, event: HpaEvent, store: &Store) {
        let text = store.hpa_event_text(id, event, self.seed);
        let about = format!("HorizontalPodAutoscaler/{}", store.hpas[id.index()].name);
        let row = Row::new(self.at(now), "Event", &about, text.reason);
        self.timeline
            .rows
            .push(row.saying(format!("[horizontal-pod-autoscaler] {}", text.message)));
    }
}
