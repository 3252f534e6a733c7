//! The requests of a pod as autoscalers count them: container by container, not as the scheduler adds them up.

use crate::cluster::spec::ResourceName;

/// cpu and memory that a container, or the pod as a whole, asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// In milli-cores; `None`: not said.
    pub cpu: Option<i64>,
    /// In bytes; `None`: not said.
    pub memory: Option<i64>,
}

impl Request {
    /// The request of `resource` in thousandths of its unit.
    #[must_use]
    pub fn milli(self, resource: &ResourceName) -> Option<i64> {
        match resource {
            ResourceName::Cpu => self.cpu,
            ResourceName::Memory => self.memory.map(|bytes| bytes.saturating_mul(1000)),
            ResourceName::Other(_) => None,
        }
    }
}

/// What one container asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerRequest {
    /// Its name.
    pub name: String,
    /// `resources.requests`, with the limits where there are only these.
    pub request: Request,
}

/// What the containers of a pod ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnRequests {
    /// `containers`, then the init containers that run on beside them (sidecars).
    pub containers: Vec<ContainerRequest>,
    /// The effective requests, if the pod has `resources.requests` of its own.
    pub pod_level: Option<Request>,
}

/// Why a pod has no request to compare its usage with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MissingRequest {
    /// The container at this place asks for none.
    OfContainer(u16),
    /// The pod has requests of its own, but none of this resource.
    OfPod,
    /// There is no container of the name looked for.
    NoSuchContainer,
}

impl OwnRequests {
    /// The request of `resource` in thousandths of its unit: of one container, or of the whole pod
    /// (`pkg/controller/podautoscaler/replica_calculator.go: calculateRequests`).
    ///
    /// # Errors
    /// [`MissingRequest`] if a container that counts asks for none.
    pub fn milli(&self, resource: &ResourceName, container: Option<&str>) -> Result<i64, MissingRequest> {
        let of = |place: usize| {
            let missing = MissingRequest::OfContainer(u16::try_from(place).unwrap_or(u16::MAX));
            self.containers[place].request.milli(resource).ok_or(missing)
        };
        if let Some(name) = container {
            let place = self.containers.iter().position(|c| c.name == name);
            return of(place.ok_or(MissingRequest::NoSuchContainer)?);
        }
        if let Some(pod) = self.pod_level {
            return pod.milli(resource).ok_or(MissingRequest::OfPod);
        }
        (0..self.containers.len()).try_fold(0_i64, |sum, place| Ok(sum.saturating_add(of(place)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, cpu: Option<i64>, memory: Option<i64>) -> ContainerRequest {
        ContainerRequest {
            name: name.into(),
            request: Request { cpu, memory },
        }
    }

    #[test]
    fn containers_are_added_up_and_one_without_a_request_spoils_the_sum() {
        let mut own = OwnRequests {
            containers: vec![
                container("main", Some(200), Some(64)),
                container("proxy", Some(50), None),
            ],
            pod_level: None,
        };
        let (cpu, memory) = (ResourceName::Cpu, ResourceName::Memory);
        assert_eq!(own.milli(&cpu, None), Ok(250));
        assert_eq!(own.milli(&memory, None), Err(MissingRequest::OfContainer(1)));
        assert_eq!(own.milli(&memory, Some("main")), Ok(64_000));
        assert_eq!(own.milli(&cpu, Some("prxy")), Err(MissingRequest::NoSuchContainer));
        let gpu = ResourceName::Other("nvidia.com/gpu".into());
        assert_eq!(own.milli(&gpu, None), Err(MissingRequest::OfContainer(0)));
        // Requests of the pod itself win, except where a container is named.
        own.pod_level = Some(Request {
            cpu: Some(1000),
            memory: None,
        });
        assert_eq!(own.milli(&cpu, None), Ok(1000));
        assert_eq!(own.milli(&memory, None), Err(MissingRequest::OfPod));
        assert_eq!(own.milli(&cpu, Some("proxy")), Ok(50));
    }
}
