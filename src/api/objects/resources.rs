//! `resources` of containers: names and amounts, checked as `pkg/apis/core/validation/validation.go:
//! validateResourceRequirements` does.

use super::context::Reading;
use super::names;
use super::reader::{Field, invalid, quoted, required, unsupported};
use super::requests::{Requests, amount};
use crate::api::quantity::Quantity;
use crate::kernel::text::suggest;

/// Extended resources in common use, for typing mistakes in their names.
const KNOWN_EXTENDED: [&str; 14] = [
    "nvidia.com/gpu",
    "amd.com/gpu",
    "gpu.intel.com/i915",
    "gpu.intel.com/xe",
    "habana.ai/gaudi",
    "google.com/tpu",
    "aws.amazon.com/neuron",
    "aws.amazon.com/neuroncore",
    "aws.amazon.com/neurondevice",
    "intel.com/qat",
    "qualcomm.com/qaic",
    "rdma/hca",
    "rdma/rdma_shared_device_a",
    "vpc.amazonaws.com/efa",
];

/// Standard resources of any object (`pkg/apis/core/helper/helpers.go: standardResources`).
const STANDARD: [&str; 17] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
];

/// One `limits` or `requests`: name, quantity, field, in the order of the source.
#[derive(Clone, Debug)]
pub struct ResourceList<'a> {
    /// The list itself.
    pub field: Field<'a>,
    /// Its entries; those whose quantity cannot be read are left out (and told).
    pub entries: Vec<(String, Quantity, Field<'a>)>,
}

impl<'a> ResourceList<'a> {
    fn read(field: Field<'a>) -> Self {
        let entries = field.entries().into_iter().filter_map(|(name, entry)| {
            let quantity = entry.quantity()?;
            Some((name.to_owned(), quantity, entry))
        });
        Self {
            entries: entries.collect(),
            field,
        }
    }
    fn get(&self, name: &str) -> Option<Quantity> {
        self.entries.iter().find(|(n, _, _)| n == name).map(|(_, q, _)| *q)
    }
    /// Adds what `other` has and this list lacks.
    fn default_from(&mut self, other: &Self) {
        for (name, quantity, entry) in &other.entries {
            if self.get(name).is_none() {
                let field = entry.renamed(format!("{}[{name}]", self.field.path()));
                self.entries.push((name.clone(), *quantity, field));
            }
        }
    }
}

/// `resources` of a container.
#[derive(Clone, Debug)]
pub struct ContainerResources<'a> {
    limits: ResourceList<'a>,
    requests: ResourceList<'a>,
}

impl<'a> ContainerResources<'a> {
    /// Reads and checks them. On a Pod (`is_pod`) the requests default to the limits before they are checked; on a template
    /// they do so only when its pods are created.
    pub fn read(field: &Field<'a>, is_pod: bool, reading: &mut Reading<'_>) -> Self {
        let mut resources = Self {
            limits: ResourceList::read(field.at("limits")),
            requests: ResourceList::read(field.at("requests")),
        };
        if is_pod {
            resources.requests.default_from(&resources.limits);
        }
        resources.check(field, reading);
        resources.requests.default_from(&resources.limits);
        resources
    }
    /// The requests, in the scheduler's units.
    #[must_use]
    pub fn effective(&self, reading: &mut Reading<'_>) -> Requests {
        let mut requests = Requests::new();
        for (name, quantity, _) in &self.requests.entries {
            let id = reading.resources.intern(name);
            requests.insert(id, amount(id, *quantity));
        }
        requests
    }
    /// The limits, in the scheduler's units.
    #[must_use]
    pub fn limits(&self, reading: &mut Reading<'_>) -> Requests {
        let limits = self.limits.entries.iter().map(|(name, quantity, _)| {
            let id = reading.resources.intern(name);
            (id, amount(id, *quantity))
        });
        limits.collect()
    }
    fn check(&self, field: &Field<'_>, reading: &mut Reading<'_>) {
        for (name, quantity, entry) in self.limits.entries.iter().chain(&self.requests.entries) {
            check_container_resource_name(name, entry, reading);
            check_amount(name, *quantity, entry, reading);
            check_fraction_of_byte(name, *quantity, entry, reading);
        }
        for (name, quantity, entry) in &self.requests.entries {
            self.check_against_limit(name, *quantity, entry, reading);
        }
        let all = || self.limits.entries.iter().chain(&self.requests.entries);
        let has = |wanted: &str| all().any(|(name, _, _)| name == wanted);
        if all().any(|(name, _, _)| is_huge_page(name)) && !has("cpu") && !has("memory") {
            field.error(reading.problems, "Forbidden: HugePages require cpu or memory");
        }
    }
    fn check_against_limit(&self, name: &str, quantity: Quantity, entry: &Field<'_>, reading: &mut Reading<'_>) {
        let overcommit = is_native(name) && !is_huge_page(name);
        let at_requests = entry.renamed(self.requests.field.path());
        match self.limits.get(name) {
            Some(limit) if !overcommit && quantity != limit => at_requests.error_with_hint(
                reading.problems,
                invalid(
                    quoted(&quantity.to_string()),
                    &format!("must be equal to {name} limit of {limit}"),
                ),
                format!("leave {name} out of requests; it defaults to the limit"),
            ),
            Some(limit) if quantity > limit => at_requests.error(
                reading.problems,
                invalid(
                    quoted(&quantity.to_string()),
                    &format!("must be less than or equal to {name} limit of {limit}"),
                ),
            ),
            None if !overcommit => entry.renamed(self.limits.field.path()).error_with_hint(
                reading.problems,
                required("Limit must be set for non overcommitable resources"),
                format!("write `limits: {{{name}: {quantity}}}`; the request defaults to the limit"),
            ),
            Some(_) | None => {}
        }
    }
}

/// `limits` and `requests` of a pod as a whole (`validation.go: validatePodResources`).
pub fn read_pod_level<'a>(field: &Field<'a>, reading: &mut Reading<'_>) -> (ResourceList<'a>, ResourceList<'a>) {
    let mut read = |key: &str| {
        let mut list = ResourceList::read(field.at(key));
        list.entries.retain(|(name, quantity, entry)| {
            check_amount(name, *quantity, entry, reading);
            let known = is_pod_level(name);
            if !known {
                entry.error_with_hint(
                    reading.problems,
                    unsupported(name, &["cpu", "hugepages-", "memory"]),
                    "request it on the container that uses it",
                );
            }
            known
        });
        list
    };
    (read("limits"), read("requests"))
}

/// Whether a pod as a whole may request the resource.
#[must_use]
pub fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || is_huge_page(name)
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Whether the resource is Kubernetes' own (`helpers.go: IsNativeResource`).
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether the resource is an extended one (`helpers.go: IsExtendedResourceName`).
fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && names::qualified_name(&format!("requests.{name}")).is_empty()
}

fn check_container_resource_name(name: &str, entry: &Field<'_>, reading: &mut Reading<'_>) {
    let faults = names::qualified_name(name);
    let invalid = |text: &str| invalid(quoted(name), text);
    for text in &faults {
        entry.error(reading.problems, invalid(text));
    }
    if !faults.is_empty() {
        return;
    }
    if !name.contains('/') {
        let container = matches!(name, "cpu" | "memory" | "ephemeral-storage") || is_huge_page(name);
        if container {
            return;
        }
        if !STANDARD.contains(&name) {
            let text = invalid("must be a standard resource type or fully qualified");
            entry.error_with_hint(reading.problems, text, standard_hint(name));
        }
        entry.error(reading.problems, invalid("must be a standard resource for containers"));
    } else if !is_native(name) && !is_extended(name) {
        entry.error(
            reading.problems,
            invalid("doesn't follow extended resource name standard"),
        );
    } else if !reading.offered.contains(name)
        && let Some(known) = misspelt(name)
    {
        reading.warn_once(
            entry,
            format!("{name} is accepted by Kubernetes, but no node of the input offers it"),
            Some(format!("did you mean {known}?")),
        );
    }
}

fn standard_hint(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if lower.contains("gpu") || lower.contains("nvidia") || lower.contains("cuda") {
        return "GPUs are extended resources, named after their vendor: write `nvidia.com/gpu` (or `amd.com/gpu`, …)"
            .to_owned();
    }
    let standard = ["cpu", "memory", "ephemeral-storage"];
    let meant = match lower.as_str() {
        "mem" | "ram" => Some("memory"),
        "cpus" | "cores" | "vcpu" => Some("cpu"),
        "disk" | "storage" => Some("ephemeral-storage"),
        _ => suggest(&lower, standard),
    };
    meant.map_or_else(
        || "containers request cpu, memory, ephemeral-storage, hugepages-<size>, or an extended resource such as nvidia.com/gpu".to_owned(),
        |m| format!("did you mean `{m}`?"),
    )
}

/// The well-known resource that `name` was probably meant to be.
fn misspelt(name: &str) -> Option<&'static str> {
    if KNOWN_EXTENDED.contains(&name) {
        return None;
    }
    let device = name.rsplit('/').next().unwrap_or(name);
    let vendor = name.split('/').next().unwrap_or("");
    if matches!(device, "gpu" | "gpus") && vendor.contains("nvidia") {
        return Some("nvidia.com/gpu");
    }
    if matches!(device, "gpu" | "gpus") && (vendor == "amd" || vendor.ends_with("amd.com")) {
        return Some("amd.com/gpu");
    }
    // Vendors have families of names that differ in a letter or two, so only one slip of the pen is near enough.
    KNOWN_EXTENDED
        .into_iter()
        .find(|known| strsim::osa_distance(name, known) == 1)
}

/// Checks that an amount is not negative and, for an extended resource, whole (`ValidateResourceQuantityValue`).
pub fn check_amount(name: &str, quantity: Quantity, entry: &Field<'_>, reading: &mut Reading<'_>) {
    let value = quoted(&quantity.to_string());
    if quantity.is_negative() {
        entry.error(reading.problems, invalid(&value, "must be greater than or equal to 0"));
    }
    if (name == "pods" || is_extended(name)) && !quantity.is_integer() {
        entry.error_with_hint(
            reading.problems,
            invalid(&value, "must be an integer"),
            format!("devices are handed out whole: ask for {}, or name a resource that is a share of a device (MIG, time slicing)", quantity.value()),
        );
    }
}

/// The API server warns about `memory: 100m`, which is a tenth of a byte.
fn check_fraction_of_byte(name: &str, quantity: Quantity, entry: &Field<'_>, reading: &mut Reading<'_>) {
    if matches!(name, "memory" | "ephemeral-storage") && !quantity.is_integer() {
        let text = entry.scalar().unwrap_or_default();
        entry.warning(
            reading.problems,
            format!("fractional byte value \"{quantity}\" is invalid, must be an integer"),
            text.strip_suffix('m')
                .map(|n| format!("`m` means thousandths; write `{n}M` or `{n}Mi`")),
        );
    }
}
