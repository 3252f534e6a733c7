//! Budgets that allow nothing.

use crate::check::examples::deployment;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};
use crate::cluster::spec::{Allowance, ObjectSpec};

macro_rules! with_budget {
    ($budget:literal) => {
        concat!(
            deployment!("  replicas: 2\n"),
            "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: web\nspec:\n",
            $budget,
            "  selector:\n    matchLabels: {app: web}\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "budget-blocks-drain",
    level: Level::Warning,
    what: "A PodDisruptionBudget never allows any of its pods to be evicted.",
    why: "`kubectl drain` and cluster autoscalers evict pods through the budget. One that needs all pods at all times blocks \
          every drain: upgrades of nodes hang until somebody deletes the pods by hand, budget or not.",
    bad: with_budget!("  minAvailable: 2\n"),
    good: with_budget!("  maxUnavailable: 1\n"),
    page: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, all: &Manifests<'_>, report: &mut Report<'_>) {
    let Some(ObjectSpec::DisruptionBudget(budget)) = manifest.spec else { return };
    let spec = manifest.field.at("spec");
    let (least, most) = (spec.at("minAvailable"), spec.at("maxUnavailable"));
    let hint = "write `maxUnavailable: 1`: one pod at a time may be moved";
    match (budget.min_available, budget.max_unavailable) {
        (_, Some(Allowance::Pods(0) | Allowance::Percent(0))) => {
            report.tell(&most, "no pod may ever be evicted, so every drain of their nodes hangs", hint);
        }
        (Some(Allowance::Percent(100)), _) => {
            report.tell(&least, "all pods are needed at all times, so every drain of their nodes hangs", hint);
        }
        (Some(Allowance::Pods(needed)), _) => {
            let Some(selector) = &budget.selector else { return };
            let covered = all.list().iter().filter(|workload| {
                workload.namespace() == manifest.namespace()
                    && workload.pods().is_some_and(|pods| selector.matches(&pods.labels))
            });
            let counts: Option<Vec<u32>> = covered.map(|workload| super::replicas_at_most(workload, all)).collect();
            let Some(total) = counts.filter(|counts| !counts.is_empty()).map(|counts| counts.iter().sum::<u32>()) else {
                return;
            };
            if total <= needed {
                let message = format!("{needed} pods are needed and there are never more than {total}, so every drain of their nodes hangs");
                report.tell(&least, message, hint);
            }
        }
        (Some(Allowance::Percent(_)) | None, _) => {}
    }
}
