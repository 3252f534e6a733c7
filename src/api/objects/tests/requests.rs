//! Effective requests against hand arithmetic.

use proptest::prelude::*;

use super::*;
use crate::api::objects::requests::{ContainerRequests, PodParts, Requests};
use crate::cluster::ResourceId;

const MI: i64 = 1 << 20;

/// The template of a Pod with this spec.
fn template(spec: Json) -> (Outcome, std::sync::Arc<crate::cluster::spec::PodTemplate>) {
    let outcome = read(&[pod(&[("spec", spec)])]);
    assert!(!outcome.problems.has_errors(), "{}", outcome.text());
    let template = outcome.pod().template.clone();
    (outcome, template)
}

fn asking(name: &str, cpu: &str, memory: &str) -> Json {
    json!({"name": name, "image": "x", "resources": {"requests": {"cpu": cpu, "memory": memory}}})
}

/// cpu as an autoscaler counts it.
fn hpa_cpu(template: &crate::cluster::spec::PodTemplate) -> Option<i64> {
    template
        .own_requests
        .milli(&crate::cluster::spec::ResourceName::Cpu, None)
        .ok()
}

#[test]
fn containers_add_up_and_the_largest_start_counts() {
    let (outcome, template) = template(json!({
        "initContainers": [
            asking("i1", "1", "100Mi"),
            // A sidecar: it runs on, beside i2 and beside the containers.
            with(asking("s", "200m", "50Mi"), &[("restartPolicy", json!("Always"))]),
            asking("i2", "900m", "700Mi"),
        ],
        "containers": [asking("a", "250m", "300Mi"), asking("b", "0.25", "300Mi")],
        "overhead": {"cpu": "10m", "memory": "1Mi"},
    }));
    // cpu: running 250 + 250 + 200 = 700; starting max(1000, 200, 900 + 200 = 1100); 1100 + overhead 10.
    assert_eq!(outcome.amount(&template.requests, "cpu"), 1110);
    // memory: running 300 + 300 + 50 = 650; starting max(100, 50, 700 + 50 = 750); 750 + 1.
    assert_eq!(outcome.amount(&template.requests, "memory"), 751 * MI);
    assert_eq!(outcome.amount(&template.requests, "pods"), 1);
    // Autoscaling counts containers and sidecars only: 250 + 250 + 200.
    assert_eq!(hpa_cpu(&template), Some(700));
    assert_eq!(template.images, ["x"; 5]);
}

#[test]
fn requests_default_to_limits_one_by_one() {
    let (outcome, template) = template(json!({"containers": [{
        "name": "a", "image": "x",
        "resources": {"limits": {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": "4"}, "requests": {"cpu": "500m"}},
    }]}));
    assert_eq!(outcome.amount(&template.requests, "cpu"), 500);
    assert_eq!(outcome.amount(&template.requests, "memory"), 1024 * MI);
    assert_eq!(outcome.amount(&template.requests, "nvidia.com/gpu"), 4);
}

#[test]
fn scoring_counts_what_containers_leave_out() {
    let container = |requests: Json| json!({"name": "a", "image": "x", "resources": {"requests": requests}});
    let scored = |containers: Json| {
        let (_, template) = template(json!({"containers": containers}));
        (template.nonzero_cpu, template.nonzero_memory, hpa_cpu(&template))
    };
    assert_eq!(scored(json!([container(json!({}))])), (100, 200 * MI, None));
    // An explicit zero stays zero.
    assert_eq!(
        scored(json!([container(json!({"cpu": 0, "memory": 0}))])),
        (0, 0, Some(0))
    );
    let two = json!([
        asking("a", "1", "1Gi"),
        with(container(json!({"cpu": "50m"})), &[("name", json!("b"))])
    ]);
    assert_eq!(scored(two), (1050, 1224 * MI, Some(1050)));
}

#[test]
fn pod_level_resources_override_what_they_name() {
    let (outcome, two) = template(json!({
        "resources": {"requests": {"cpu": "2"}},
        "containers": [asking("a", "1", "100Mi"), {"name": "b", "image": "x"}],
        "overhead": {"cpu": "100m"},
    }));
    assert_eq!(outcome.amount(&two.requests, "cpu"), 2100);
    assert_eq!(outcome.amount(&two.requests, "memory"), 100 * MI);
    // memory is requested by somebody, so b's lack of it counts nothing.
    assert_eq!((two.nonzero_cpu, two.nonzero_memory), (2100, 100 * MI));

    // Limits of the pod: memory is requested by nobody and defaults to the limit, cpu to what the containers need.
    let (outcome, limited) = template(json!({
        "resources": {"limits": {"cpu": "4", "memory": "1Gi"}},
        "containers": [{"name": "a", "image": "x", "resources": {"requests": {"cpu": "1"}}}],
    }));
    assert_eq!(outcome.amount(&limited.requests, "cpu"), 1000);
    assert_eq!(outcome.amount(&limited.requests, "memory"), 1024 * MI);

    let too_small = pod(&[(
        "spec",
        json!({"resources": {"requests": {"cpu": "1", "nvidia.com/gpu": "1"}}, "containers": [asking("a", "1500m", "1Mi")]}),
    )]);
    assert_eq!(
        lines(too_small),
        [
            "E spec.resources.requests[nvidia.com/gpu]: Unsupported value: \"nvidia.com/gpu\": supported values: \"cpu\", \
             \"hugepages-\", \"memory\"",
            "E spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal to aggregate container \
             requests of 1500m",
        ]
    );
}

#[test]
fn quantities_round_up_to_the_scheduler_s_units() {
    let (outcome, template) = template(json!({"containers": [asking("a", "0.0001", "1.5")]}));
    assert_eq!(outcome.amount(&template.requests, "cpu"), 1);
    assert_eq!(outcome.amount(&template.requests, "memory"), 2);
}

/// The most that is needed at any time, by playing the start through: init containers one by one, sidecars stay.
fn played(parts: &PodParts) -> i64 {
    let cpu = |c: &ContainerRequests| c.requests.get(&ResourceId::CPU).copied().unwrap_or(0);
    let mut staying = 0;
    let mut most = 0;
    for init in &parts.init_containers {
        most = most.max(staying + cpu(init));
        if init.sidecar {
            staying += cpu(init);
        }
    }
    most.max(staying + parts.containers.iter().map(cpu).sum::<i64>())
}

proptest! {
    #[test]
    fn the_formula_is_the_highest_moment_of_the_start(
        init in prop::collection::vec((0i64..1000, any::<bool>()), 0..6),
        main in prop::collection::vec(0i64..1000, 1..4),
    ) {
        let container = |cpu, sidecar| ContainerRequests {
            name: String::new(),
            limits: Requests::new(),
            requests: Requests::from([(ResourceId::CPU, cpu)]),
            sidecar,
        };
        let parts = PodParts {
            init_containers: init.into_iter().map(|(cpu, sidecar)| container(cpu, sidecar)).collect(),
            containers: main.into_iter().map(|cpu| container(cpu, false)).collect(),
            ..PodParts::default()
        };
        prop_assert_eq!(parts.effective()[&ResourceId::CPU], played(&parts));
    }
}
