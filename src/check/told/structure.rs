//! Texts that are no manifests, fields that do not exist, types that do not fit, kinds that nobody knows.

use super::{error, note, says};
use crate::check::Check;
use crate::check::examples::job;

const OBJECTS: &str = "https://kubernetes.io/docs/concepts/overview/working-with-objects/";
const VALIDATION: &str = "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation";
const NAMES: &str = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/";

pub(super) const CHECKS: &[Check] = &[
    error(
        "file-too-costly",
        |p| {
            const TEXTS: [&str; 6] = [
                "excessive aliasing",
                "exceeded max depth",
                "the file holds more than",
                "bytes; at most",
                "value contains itself",
                "nested too deeply",
            ];
            TEXTS.iter().any(|text| says(p, text))
        },
        "The file is larger, deeper or more repetitive than any manifest that people write.",
        "A few lines of YAML can describe billions of values (aliases of aliases of aliases), or nest a hundred thousand lists. Kubernetes limits both, and so does makespan, so that such a file ends in a message and not in a machine without memory.",
        "https://kubernetes.io/docs/concepts/security/api-server-bypass-risks/",
        (
            "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\ng: [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]\n",
            job!(""),
        ),
    ),
    error(
        "duplicate-key",
        |p| says(p, "duplicate field") || says(p, "already set in map"),
        "A field stands twice in the same object.",
        "YAML readers disagree on which of the two counts. kubectl refuses the file, because one of the two was not meant.",
        VALIDATION,
        (
            job!("  backoffLimit: 1\n  backoffLimit: 4\n"),
            job!("  backoffLimit: 4\n"),
        ),
    ),
    error(
        "unknown-field",
        |p| says(p, "unknown field"),
        "The kind has no field of this name at this place.",
        "Most often a typing mistake, or a line that is indented too much or too little. Without the check the field would be dropped in silence, and the default would count: a Job with `backofLimit: 0` is tried seven times.",
        VALIDATION,
        (job!("  backofLimit: 0\n"), job!("  backoffLimit: 0\n")),
    ),
    error(
        "wrong-type",
        |p| says(p, "json: cannot unmarshal"),
        "A value has another type than its field: a text for a number, a map for a list.",
        "YAML guesses types from how a value looks: `4` is a number, `\"4\"` a text, `yes` is true. Environment variables and annotations must be texts, counts must be numbers.",
        OBJECTS,
        (
            job!("  parallelism: \"4\"\n"),
            job!("  parallelism: 4\n  completions: 4\n"),
        ),
    ),
    error(
        "missing-kind",
        |p| {
            says(p, "Object 'Kind' is missing")
                || says(p, "Object 'apiVersion' is missing")
                || says(p, "couldn't get version/kind")
        },
        "The object does not say what it is: `apiVersion` or `kind` is missing.",
        "Every object begins with the version of its API and its kind; without them nothing can read it. A file with two objects needs a line `---` between them.",
        OBJECTS,
        ("metadata:\n  name: train\n", job!("")),
    ),
    note(
        "custom-resource",
        |p| {
            says(p, "no matches for kind")
                && p.hint
                    .as_deref()
                    .is_some_and(|hint| hint.starts_with("custom resources are not"))
        },
        "The kind is not one of Kubernetes: a custom resource, which only a cluster with its definition knows.",
        "Operators such as Kubeflow, Kueue or Volcano bring kinds of their own. What they mean, only their controllers know; makespan neither checks nor plays them. Give it the Jobs and Pods that the controller makes.",
        "https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/",
        (
            "apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata:\n  name: train\n",
            job!(""),
        ),
    ),
    error(
        "old-api-version",
        |p| {
            says(p, "no matches for kind")
                && p.hint
                    .as_deref()
                    .is_some_and(|hint| hint.starts_with("use `apiVersion"))
        },
        "The kind exists, but not in this version of this API.",
        "Versions come and go: Deployments left extensions/v1beta1 with Kubernetes 1.16, CronJobs left batch/v1beta1 with 1.25, autoscalers left autoscaling/v2beta2 with 1.26. Old examples on the Web still have them.",
        "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
        (
            "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata:\n  name: nightly\n",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: nightly\nspec:\n  schedule: \"0 3 * * *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          - name: main\n            image: example.com/report:1.0\n            resources:\n              requests: {cpu: 1, memory: 1Gi}\n              limits: {memory: 1Gi}\n",
        ),
    ),
    error(
        "unknown-kind",
        |p| says(p, "no matches for kind"),
        "Kubernetes 1.36 has no kind of this name.",
        "Kinds are written in the singular and with capitals: `Job`, `CronJob`, `HorizontalPodAutoscaler`.",
        OBJECTS,
        ("apiVersion: batch/v1\nkind: Jobs\nmetadata:\n  name: train\n", job!("")),
    ),
    note(
        "not-simulated",
        |p| {
            !p.severity.forbids()
                && ["not simulated", "no part in the simulation", "is left out"]
                    .iter()
                    .any(|text| says(p, text))
        },
        "Kubernetes accepts it, and makespan does not simulate it.",
        "The rest of the object is simulated as if it were not there. docs/model.md lists what is simulated and what is not.",
        "docs/model.md",
        (
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  token: x\n",
            job!(""),
        ),
    ),
    error(
        "missing-name",
        |p| p.path == "metadata.name" && says(p, "Required value"),
        "The object has no name.",
        "Names tell objects of one kind and namespace apart. `generateName: train-` lets the API server make one, so that a file can be created many times.",
        NAMES,
        (
            "apiVersion: v1\nkind: Namespace\nmetadata: {}\n",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n",
        ),
    ),
    error(
        "bad-name",
        |p| says(p, "a lowercase RFC 1123") || says(p, "will not able to create pod with invalid DNS label"),
        "A name has letters that names may not have.",
        "Names become parts of host names, so they have the letters of those: a to z, 0 to 9, `-` and, in names of objects, `.`. Capitals and `_` are the most frequent mistakes.",
        NAMES,
        (
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: Team_A\n",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n",
        ),
    ),
    error(
        "name-too-long",
        |p| says(p, "must be no more than"),
        "A name, or the value of a label, is too long.",
        "Most names may have 253 letters. Those of Jobs and the values of labels may have 63, because a Job's name becomes a label of its pods; those of CronJobs may have 52, because their Jobs' names are longer by eleven.",
        NAMES,
        (
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: this-name-of-a-namespace-has-more-letters-than-a-label-may-have-which-is-63\n",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n",
        ),
    ),
    error(
        "bad-label",
        |p| {
            says(p, "a valid label must be an empty string")
                || says(p, "name part")
                || says(p, "prefix part")
                || says(p, "a qualified name")
        },
        "The key or the value of a label (or the name of a taint, an annotation, a resource) has letters that it may not have.",
        "Values of labels have letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit. Blanks, slashes and e-mail addresses belong into annotations.",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set",
        (
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n  labels: {owner: \"Ada Lovelace\"}\n",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n  labels: {owner: ada-lovelace}\n",
        ),
    ),
    error(
        "duplicate-object",
        |p| says(p, "already exists"),
        "Two objects of the input have the same kind, namespace and name.",
        "`kubectl create` refuses the second one. `kubectl apply` takes it for a change of the first, so that one of the two is lost.",
        NAMES,
        (
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n",
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-b\n",
        ),
    ),
    error(
        "yaml-syntax",
        |p| {
            const TEXTS: [&str; 8] = [
                "converting YAML",
                "yaml: ",
                "Yaml document separator",
                "invalid character",
                "JSON input",
                "merge key",
                "not UTF-8",
                "in literal",
            ];
            p.severity.forbids() && TEXTS.iter().any(|text| says(p, text))
        },
        "The text is not YAML (or JSON).",
        "Indentation makes the structure, with blanks and never with tabs; entries of one level begin in one column. A text with `: ` or ` #` inside, or one that begins with `*`, `&`, `%` or `@`, must be in quotes.",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/#describing-a-kubernetes-object",
        ("kind: Job\n  metadata: {name\n", job!("")),
    ),
];
