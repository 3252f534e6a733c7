//! Services that send requests to nobody.

use crate::check::examples::deployment;
use crate::check::{Check, Finder, Level, Manifest, Manifests, Report};
use crate::kernel::text::suggest;

macro_rules! with_service {
    ($selector:literal) => {
        concat!(
            deployment!("  replicas: 2\n"),
            "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n  selector: ",
            $selector,
            "\n"
        )
    };
}

pub(super) static CHECK: Check = Check {
    code: "service-selects-nothing",
    level: Level::Warning,
    what: "A Service selects none of the pods of the input, though its labels are near to those of one.",
    why: "A Service finds its pods by labels and runs none itself. With a label that no pod has, it has no endpoints, and \
          every connection is refused.",
    bad: with_service!("{app: wbe}"),
    good: with_service!("{app: web}"),
    page: "https://kubernetes.io/docs/concepts/services-networking/service/",
    finder: Finder::Object(check),
};

fn check(manifest: &Manifest<'_>, all: &Manifests<'_>, report: &mut Report<'_>) {
    if manifest.kind != "Service" {
        return;
    }
    let field = manifest.field.at_path("spec.selector");
    let selector = field.string_map();
    let here = || {
        let here = all.list().iter().filter(|other| other.namespace() == manifest.namespace());
        here.filter_map(Manifest::pods)
    };
    if selector.is_empty() || here().any(|pods| selector.iter().all(|(key, value)| pods.labels.get(key) == Some(value))) {
        return;
    }
    // What the pods of other files are labelled like, nobody knows; a slip of the pen shows by a label that is near.
    let near = selector.iter().find_map(|(key, value)| {
        let values = here().filter_map(|pods| pods.labels.get(key).map(String::as_str));
        suggest(value, values).filter(|near| near != value).map(|near| (key, near))
    });
    if let Some((key, near)) = near {
        let message = "no pod of the input has these labels, so the Service has nobody to send requests to";
        report.tell(&field, message, format!("did you mean `{key}: {near}`?"));
    }
}
