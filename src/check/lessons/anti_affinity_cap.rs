//! At most one pod a node, by anti-affinity.

use std::collections::BTreeSet;

use crate::check::{Check, Cluster, Finder, Level, Report, Workload};

macro_rules! spread {
    ($replicas:literal) => {
        concat!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: ",
            $replicas,
            "\n  selector:\n    matchLabels: {app: web}\n  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      affinity:\n        podAntiAffinity:\n          requiredDuringSchedulingIgnoredDuringExecution:\n          - topologyKey: kubernetes.io/hostname\n            labelSelector:\n              matchLabels: {app: web}\n      containers:\n      - name: server\n        image: example.com/web:2.0\n        resources:\n          requests: {cpu: 1, memory: 2Gi}\n          limits: {memory: 2Gi}\n---\napiVersion: v1\nkind: Node\nmetadata:\n  name: a\n  labels: {kubernetes.io/hostname: a}\nstatus:\n  capacity: {cpu: 64, memory: 256Gi, pods: 110}\n---\napiVersion: v1\nkind: Node\nmetadata:\n  name: b\n  labels: {kubernetes.io/hostname: b}\nstatus:\n  capacity: {cpu: 64, memory: 256Gi, pods: 110}\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "anti-affinity-cap",
    level: Level::Warning,
    what: "Required anti-affinity of pods against their own kind allows fewer of them than are wanted.",
    why: "With a required rule at most one pod is put into each domain of the topologyKey: as many pods as nodes (or zones), and \
          the others wait for ever. An update with maxSurge needs one domain more, or it never ends. A preferred rule or a \
          topologySpreadConstraint spreads as well, and gives way.",
    bad: spread!("3"),
    good: spread!("2"),
    page: "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity",
    finder: Finder::Cluster(check),
};

fn check(workload: &Workload, cluster: &Cluster<'_>, report: &mut Report<'_>) {
    let Some(pods) = workload.pods.filter(|pods| *pods > 1) else { return };
    if cluster.nodes.is_empty() {
        return;
    }
    let template = &workload.template;
    for term in &template.scheduling.pod_anti_affinity.required {
        let own_namespace = term.namespaces.is_empty() && term.namespace_selector.is_none()
            || term.namespaces.contains(&template.namespace);
        let selects_itself = term.selector.as_ref().is_some_and(|selector| selector.matches(&template.labels));
        // Further keys make smaller groups, of which each may fill the nodes.
        let of_all = term.match_label_keys.is_empty() && term.mismatch_label_keys.is_empty();
        let against_itself = own_namespace && selects_itself && of_all;
        if !against_itself {
            continue;
        }
        let key = &term.topology_key;
        let domains: BTreeSet<&str> = cluster.nodes.iter().filter_map(|node| node.labels.get(key).map(String::as_str)).collect();
        let unlabelled = cluster.nodes.iter().filter(|node| !node.labels.contains_key(key)).count();
        // Nodes without the label make no domain: the rule does not hold there.
        if unlabelled == 0 && (domains.len() as u64) < u64::from(pods) {
            let message = format!(
                "{pods} pods are wanted, and at most {} can run: one for each value of {key}, by their anti-affinity",
                domains.len()
            );
            report.tell_of(
                workload,
                "spec.template.spec.affinity.podAntiAffinity",
                &message,
                "prefer instead of require (preferredDuringScheduling…), spread by topologySpreadConstraints, or add nodes",
            );
            return;
        }
    }
}
