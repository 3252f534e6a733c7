//! Images without a version.

use crate::check::examples::job;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};

pub(super) static CHECK: Check = Check {
    code: "image-latest",
    level: Level::Warning,
    what: "An image has no tag, or the tag `latest`.",
    why: "What `latest` is changes from day to day: a retry may run other code than the attempt before it, and nobody can say \
          later what has run. Kubernetes also pulls such an image at every start (imagePullPolicy Always), which a fixed tag \
          or digest spares.",
    bad: job!("", "      restartPolicy: Never\n", "        image: example.com/train:latest\n        resources:\n          requests: {cpu: 4, memory: 16Gi}\n          limits: {memory: 16Gi}\n"),
    good: job!(""),
    page: "https://kubernetes.io/docs/concepts/containers/images/#updating-images",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, _: &Manifests<'_>, report: &mut Report<'_>) {
    let Some(spec) = manifest.pod_spec() else { return };
    let all = spec.at("initContainers").items().into_iter().chain(spec.at("containers").items());
    for container in all {
        let field = container.at("image");
        let Some(image) = field.str().filter(|image| !image.is_empty()) else { continue };
        match tag(image) {
            Some("latest") => report.tell(&field, format!("the tag of {image:?} is latest"), HINT),
            None => report.tell(&field, format!("{image:?} has no tag, which means latest"), HINT),
            Some(_) => {}
        }
    }
}

const HINT: &str = "give a version: `:1.4`, or a digest: `@sha256:…`";

/// The tag of an image, or its digest; nothing if it has neither. A colon before the last slash is that of a port.
fn tag(image: &str) -> Option<&str> {
    if let Some((_, digest)) = image.split_once('@') {
        return Some(digest);
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').map(|(_, tag)| tag)
}

#[test]
fn a_port_is_no_tag() {
    assert_eq!(tag("registry:5000/train"), None);
    assert_eq!(tag("registry:5000/train:2"), Some("2"));
    assert_eq!(tag("train@sha256:abc"), Some("sha256:abc"));
}
