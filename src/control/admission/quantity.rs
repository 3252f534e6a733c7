//! Amounts as quantities are printed (`staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go: CanonicalizeBytes`).

use crate::cluster::{ResourceId, ResourceTable};

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];

/// `value`, in the unit of `id`, as Kubernetes prints it: bytes that are a multiple of 1024 with binary suffixes, all else with
/// decimal ones.
#[must_use]
pub fn printed(id: ResourceId, value: i64, resources: &ResourceTable) -> String {
    if id == ResourceId::CPU && value % 1000 != 0 {
        return format!("{value}m");
    }
    let value = if id == ResourceId::CPU { value / 1000 } else { value };
    if resources.unit(id) == "bytes" && value % 1024 == 0 {
        suffixed(value, 1024, &BINARY)
    } else {
        suffixed(value, 1000, &DECIMAL)
    }
}

/// A number of objects.
#[must_use]
pub fn count(value: i64) -> String {
    suffixed(value, 1000, &DECIMAL)
}

/// With the largest suffix that leaves a whole number.
fn suffixed(mut value: i64, base: i64, suffixes: &[&str]) -> String {
    let mut which = 0;
    while value != 0 && value % base == 0 && which + 1 < suffixes.len() {
        value /= base;
        which += 1;
    }
    format!("{value}{}", suffixes[which])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_printed_as_kubernetes_prints_them() {
        let mut resources = ResourceTable::default();
        let gpu = resources.intern("nvidia.com/gpu");
        let text = |id, value| printed(id, value, &resources);
        assert_eq!(text(ResourceId::CPU, 500), "500m");
        assert_eq!(text(ResourceId::CPU, 2000), "2");
        assert_eq!(text(ResourceId::CPU, 1_000_000), "1k");
        assert_eq!(text(ResourceId::MEMORY, 3 << 30), "3Gi");
        assert_eq!(text(ResourceId::MEMORY, 3 << 29), "1536Mi");
        assert_eq!(text(ResourceId::MEMORY, 1_500_000_000), "1500M");
        assert_eq!(text(gpu, 8), "8");
        assert_eq!(text(gpu, 0), "0");
        assert_eq!(count(20_000), "20k");
    }
}
