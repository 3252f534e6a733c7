//! Pods under an account that is not there.

use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

macro_rules! pod {
    ($account:literal) => {
        concat!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: tool\nspec:\n",
            $account,
            "  containers:\n  - name: main\n    image: example.com/tool:1.0\n    resources:\n      requests: {cpu: 1, memory: 1Gi}\n      limits: {memory: 1Gi}\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "service-account-unknown",
    level: Level::Error,
    what: "A Pod runs under a ServiceAccount that the input does not hold.",
    why: "The API server refuses a Pod whose account does not exist in its namespace. (If the account is in your cluster already, \
          all is well: makespan sees the files only.) A Job or Deployment with such an account is accepted, and its pods \
          are refused one by one: the events say FailedCreate.",
    bad: pod!("  serviceAccountName: trainer\n"),
    good: pod!(""),
    page: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, all: &Manifests<'_>, report: &mut Report<'_>) {
    if manifest.kind != "Pod" {
        return;
    }
    let field = manifest.field.at_path("spec.serviceAccountName");
    let Some(account) = field.str().filter(|name| !name.is_empty() && *name != "default") else {
        return;
    };
    let (namespace, name) = (manifest.namespace(), manifest.name());
    if all.get("ServiceAccount", namespace, account).is_none() {
        let message = format!(
            "pods \"{name}\" is forbidden: error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found"
        );
        report.tell(&field, message, "add the ServiceAccount to the input");
    }
}
