//! The API server's texts about containers and their resources, and about names (rows 21 to 32 of the notes on validation).

use super::rows::expect;
use super::*;

const LIMITS: &str = "spec.template.spec.containers[0].resources.limits";
const REQUESTS: &str = "spec.template.spec.containers[0].resources.requests";

/// A Job whose container has these resources.
fn resources(resources: Json) -> Json {
    let mut base = job(&[]);
    base["spec"]["template"]["spec"]["containers"][0]["resources"] = resources;
    base
}

#[test]
fn rows_21_to_26_resources() {
    expect(
        resources(json!({"requests": {"nvidia.com/gpu": 1}})),
        &[&format!(
            "E {LIMITS}: Required value: Limit must be set for non overcommitable resources"
        )],
    );
    expect(
        resources(json!({"limits": {"nvidia.com/gpu": 1}, "requests": {"nvidia.com/gpu": 2}})),
        &[&format!(
            "E {REQUESTS}: Invalid value: \"2\": must be equal to nvidia.com/gpu limit of 1"
        )],
    );
    for half in ["0.5", "500m"] {
        expect(
            resources(json!({"limits": {"nvidia.com/gpu": half}})),
            &[&format!(
                "E {LIMITS}[nvidia.com/gpu]: Invalid value: \"500m\": must be an integer"
            )],
        );
    }
    expect(
        resources(json!({"limits": {"cpu": 1}, "requests": {"cpu": 2}})),
        &[&format!(
            "E {REQUESTS}: Invalid value: \"2\": must be less than or equal to cpu limit of 1"
        )],
    );
    expect(
        resources(json!({"requests": {"cpu": -1}})),
        &[&format!(
            "E {REQUESTS}[cpu]: Invalid value: \"-1\": must be greater than or equal to 0"
        )],
    );
    expect(
        resources(json!({"limits": {"gpu": 1}})),
        &[
            &format!("E {LIMITS}[gpu]: Invalid value: \"gpu\": must be a standard resource type or fully qualified"),
            &format!("E {LIMITS}[gpu]: Invalid value: \"gpu\": must be a standard resource for containers"),
        ],
    );
    expect(
        resources(json!({"requests": {"pods": 1}})),
        &[&format!(
            "E {REQUESTS}[pods]: Invalid value: \"pods\": must be a standard resource for containers"
        )],
    );
    expect(
        resources(json!({"requests": {"memory": "100m"}})),
        &[&format!(
            "W {REQUESTS}[memory]: fractional byte value \"100m\" is invalid, must be an integer"
        )],
    );
    expect(
        resources(json!({"limits": {"hugepages-2Mi": "4Mi"}})),
        &["E spec.template.spec.containers[0].resources: Forbidden: HugePages require cpu or memory"],
    );
}

#[test]
fn row_26_in_a_pod_counts_twice() {
    // On a Pod the request defaults to the limit before both are checked (recorded).
    let mut bare = pod(&[]);
    bare["spec"]["containers"][0]["resources"] = json!({"limits": {"gpu": "1"}});
    let found = lines(bare);
    assert_eq!(found.len(), 4);
    assert!(
        found[3].starts_with("E spec.containers[0].resources.requests[gpu]: "),
        "{found:?}"
    );
}

#[test]
fn rows_27_to_32_containers_and_names() {
    for nothing in [json!([]), Json::Null] {
        expect(
            job(&[("spec.template.spec.containers", nothing)]),
            &["E spec.template.spec.containers: Required value"],
        );
    }
    expect(
        job(&[("spec.template.spec.containers", json!([{}]))]),
        &[
            "E spec.template.spec.containers[0].name: Required value",
            "E spec.template.spec.containers[0].image: Required value",
        ],
    );
    expect(
        job(&[("spec.template.spec.containers", json!([container(), container()]))]),
        &["E spec.template.spec.containers[1].name: Duplicate value: \"main\""],
    );
    expect(
        job(&[("spec.template.spec.containers", json!([{"name": "A_b", "image": "x"}]))]),
        &[
            "E spec.template.spec.containers[0].name: Invalid value: \"A_b\": a lowercase RFC 1123 label must consist of \
             lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. \
             'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ],
    );
    expect(
        job(&[("metadata.name", json!("A_b"))]),
        &[
            "E metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case \
             alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ],
    );
    let nameless = "E metadata.name: Required value: name or generateName is required";
    expect(job(&[("metadata.name", Json::Null)]), &[nameless]);
    expect(job(&[("metadata", Json::Null)]), &[nameless]);
    // No template at all (recorded).
    expect(
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x"}, "spec": {}}),
        &[
            "E spec.template.spec.containers: Required value",
            "E spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
        ],
    );
}
