//! Containers that ask for nothing.

use crate::check::examples::job;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "no-requests",
    level: Level::Warning,
    what: "A container asks for no cpu or no memory.",
    why: "The scheduler then counts nothing for it when it looks whether the pod fits, and guesses 100m cpu and 200Mi when it \
          compares nodes. So any number of such pods meet on one node, slow each other down, and are the first to be \
          killed when memory runs short. A limit is enough: the request is the same by itself.",
    bad: job!("", "      restartPolicy: Never\n", "        image: example.com/train:1.4\n        resources:\n          limits: {nvidia.com/gpu: 1}\n"),
    good: job!(""),
    page: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    let Some(spec) = manifest.pod_spec() else { return };
    let pod_level = spec.at("resources");
    for container in spec.at("containers").items() {
        let resources = container.at("resources");
        let asks = |name: &str| {
            let has = |field: &crate::api::objects::Field<'_>, list: &str| field.at(list).at(name).is_present();
            [&resources, &pod_level]
                .iter()
                .any(|field| has(field, "requests") || has(field, "limits"))
        };
        let missing: Vec<&str> = ["cpu", "memory"].into_iter().filter(|name| !asks(name)).collect();
        if missing.is_empty() {
            continue;
        }
        let message = format!("the container asks for no {}", missing.join(" and no "));
        let guess = missing.iter().map(|name| if *name == "cpu" { "cpu: 4" } else { "memory: 16Gi" });
        let hint = format!("add what it needs: `requests: {{{}}}`", guess.collect::<Vec<_>>().join(", "));
        report.tell(&resources, message, hint);
    }
}
