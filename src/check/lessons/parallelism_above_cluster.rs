//! More pods at once than the cluster can hold.

use crate::check::examples::job;
use crate::check::{Check, Cluster, Finder, Level, Report, Workload};
use crate::cluster::spec::NodeSpec;

macro_rules! with_node {
    ($spec:literal) => {
        concat!(
            job!($spec),
            "---\napiVersion: v1\nkind: Node\nmetadata:\n  name: gpu-0\nstatus:\n  capacity: {cpu: 64, memory: 256Gi, pods: 110, nvidia.com/gpu: 8}\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "parallelism-above-cluster",
    level: Level::Warning,
    what: "A workload wants more pods at once than the given cluster could ever run, even if it were empty.",
    why: "The pods that find no place wait, which is harmless for independent work. Workers that wait for each other before \
          they begin (distributed training) hold what they have and never begin; and waiting pods of a Job keep the \
          scheduler busy for everybody.",
    bad: with_node!("  parallelism: 12\n  completions: 12\n"),
    good: with_node!("  parallelism: 8\n  completions: 8\n"),
    page: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#parallel-jobs",
    finder: Finder::Cluster(check),
};

fn check(workload: &Workload, cluster: &Cluster<'_>, report: &mut Report<'_>) {
    let Some(pods) = workload.pods.filter(|pods| *pods > 1) else { return };
    // One that fits nowhere has a message of its own.
    let room: u64 = cluster.nodes.iter().map(|node| room(node, workload)).sum();
    if room == 0 || u64::from(pods) <= room {
        return;
    }
    let path = if matches!(workload.kind, "Job" | "CronJob") { "spec.parallelism" } else { "spec.replicas" };
    let message = format!("{pods} pods are to run at once, and the empty cluster has room for {room}");
    report.tell_of(workload, path, &message, format!("set at most {room}, ask for less per pod, or add nodes"));
}

/// How many pods of the workload the empty node holds by their requests.
fn room(node: &NodeSpec, workload: &Workload) -> u64 {
    let each = workload.template.requests.iter_nonzero().filter(|(_, asked)| *asked > 0);
    let rooms = each.map(|(id, asked)| node.allocatable.get(id).max(0) / asked);
    rooms.min().and_then(|room| u64::try_from(room).ok()).unwrap_or(0)
}
