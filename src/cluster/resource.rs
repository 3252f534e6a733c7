//! Resources by small index, amounts as exact integers.
//!
//! Units follow kube-scheduler's arithmetic: cpu in milli-cores, memory and ephemeral-storage in bytes, `pods` and extended
//! resources (`nvidia.com/gpu`) in whole units (`pkg/scheduler/framework/types.go: Resource`).

/// Index of a resource in a [`ResourceTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u16);

impl ResourceId {
    /// `cpu`, in milli-cores.
    pub const CPU: Self = Self(0);
    /// `memory`, in bytes.
    pub const MEMORY: Self = Self(1);
    /// `ephemeral-storage`, in bytes.
    pub const EPHEMERAL_STORAGE: Self = Self(2);
    /// `pods`: pod slots of a node; every pod takes one.
    pub const PODS: Self = Self(3);

    /// The index as a subscript.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    /// Whether it is none of the four that every node has: an extended resource or huge pages
    /// (`pkg/scheduler/util/utils.go: IsScalarResourceName`).
    #[must_use]
    pub const fn is_scalar(self) -> bool {
        self.0 > Self::PODS.0
    }
}

/// The names of the resources of one simulation. The first four are fixed; extended resources follow in order of first
/// appearance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceTable {
    names: Vec<String>,
}

impl Default for ResourceTable {
    fn default() -> Self {
        Self {
            names: ["cpu", "memory", "ephemeral-storage", "pods"]
                .map(str::to_owned)
                .to_vec(),
        }
    }
}

impl ResourceTable {
    /// The index of `name`, added if it is new.
    pub fn intern(&mut self, name: &str) -> ResourceId {
        self.find(name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            ResourceId((self.names.len() - 1) as u16)
        })
    }
    /// The index of `name`, if it is known.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ResourceId> {
        self.names.iter().position(|n| n == name).map(|i| ResourceId(i as u16))
    }
    /// The name of `id`.
    #[must_use]
    pub fn name(&self, id: ResourceId) -> &str {
        &self.names[id.index()]
    }
    /// All extended resources and huge pages, with their names.
    pub fn scalars(&self) -> impl Iterator<Item = (ResourceId, &str)> {
        let all = self.names.iter().enumerate();
        let all = all.map(|(i, name)| (ResourceId(i as u16), name.as_str()));
        all.filter(|(id, _)| id.is_scalar())
    }
    /// The unit of the amounts of `id`.
    #[must_use]
    pub fn unit(&self, id: ResourceId) -> &'static str {
        match id {
            ResourceId::CPU => "millicores",
            ResourceId::MEMORY | ResourceId::EPHEMERAL_STORAGE => "bytes",
            ResourceId::PODS => "pods",
            ResourceId(_) if self.name(id).starts_with("hugepages-") => "bytes",
            ResourceId(_) => "pieces",
        }
    }
    /// Whether `id` counts GPUs, going by the names that device plugins give them: `nvidia.com/gpu`, `amd.com/gpu`,
    /// `gpu.intel.com/i915`. Slices (`nvidia.com/mig-1g.5gb`) are not whole GPUs and do not count.
    #[must_use]
    pub fn is_gpu(&self, id: ResourceId) -> bool {
        let name = self.name(id);
        name.ends_with("/gpu") || name.starts_with("gpu.")
    }
    /// How many resources there are, at least four.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.names.len()
    }
    /// All resources in order.
    pub fn iter(&self) -> impl Iterator<Item = (ResourceId, &str)> {
        self.names
            .iter()
            .enumerate()
            .map(|(i, n)| (ResourceId(i as u16), n.as_str()))
    }
}

/// An amount per resource. Resources beyond the stored ones count as zero, so tables may grow later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amounts {
    values: Vec<i64>,
}

impl Amounts {
    /// No amount of anything.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: Vec::new() }
    }
    /// The amount of `id`.
    #[must_use]
    pub fn get(&self, id: ResourceId) -> i64 {
        self.values.get(id.index()).copied().unwrap_or(0)
    }
    /// Sets the amount of `id`.
    pub fn set(&mut self, id: ResourceId, amount: i64) {
        if self.values.len() <= id.index() {
            self.values.resize(id.index() + 1, 0);
        }
        self.values[id.index()] = amount;
    }
    /// Adds `other`, saturating at the largest integer.
    pub fn add(&mut self, other: &Self) {
        for (i, &amount) in other.values.iter().enumerate() {
            let id = ResourceId(i as u16);
            self.set(id, self.get(id).saturating_add(amount));
        }
    }
    /// Raises each amount to at least `other`'s.
    pub fn max(&mut self, other: &Self) {
        for (i, &amount) in other.values.iter().enumerate() {
            let id = ResourceId(i as u16);
            self.set(id, self.get(id).max(amount));
        }
    }
    /// The resources with a nonzero amount, in order.
    pub fn iter_nonzero(&self) -> impl Iterator<Item = (ResourceId, i64)> {
        self.values
            .iter()
            .enumerate()
            .filter(|(_, v)| **v != 0)
            .map(|(i, v)| (ResourceId(i as u16), *v))
    }
    /// The amounts as a row of exactly `len` values.
    #[must_use]
    pub fn to_row(&self, len: usize) -> Vec<i64> {
        (0..len).map(|i| self.get(ResourceId(i as u16))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_gpus_go_by_name() {
        let mut table = ResourceTable::default();
        let names = [
            "nvidia.com/gpu",
            "gpu.intel.com/i915",
            "nvidia.com/mig-1g.5gb",
            "hugepages-2Mi",
        ];
        let ids = names.map(|name| table.intern(name));
        assert_eq!(ids.map(|id| table.is_gpu(id)), [true, true, false, false]);
        assert_eq!(ids.map(|id| table.unit(id)), ["pieces", "pieces", "pieces", "bytes"]);
        assert_eq!(table.unit(ResourceId::CPU), "millicores");
        assert!(!table.is_gpu(ResourceId::CPU));
    }
}
