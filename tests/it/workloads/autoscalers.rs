//! Autoscalers of the same pods, and of targets that are not there.

use makespan::cluster::ScaleTarget;

use super::{deployment, ideal, kubernetes};

fn autoscaler(name: &str, target: &str, bounds: &str, percent: u32) -> String {
    format!(
        "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: {name}}}\nspec: {{scaleTargetRef: {{apiVersion: \
         apps/v1, kind: Deployment, name: {target}}}, {bounds}, metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: \
         Utilization, averageUtilization: {percent}}}}}}}]}}\n"
    )
}

const LOAD: &str = "  until: 65s\n  services: [{deployment: web, load: '1500m'}]\n";

#[test]
fn two_autoscalers_of_one_deployment_fail_and_scale_nothing() {
    let manifests = deployment("replicas: 2")
        + &autoscaler("first", "web", "minReplicas: 1, maxReplicas: 8", 75)
        + &autoscaler("second", "web", "minReplicas: 1, maxReplicas: 8", 10);
    let run = kubernetes(&manifests, 2, LOAD, &[]);
    assert_eq!(
        run.store
            .desired_pods(ScaleTarget::Deployment(makespan::cluster::DeploymentId(0))),
        2
    );
    let text = "pods by selector app=web are controlled by multiple HPAs: [default/first default/second]";
    // The first one looks before the second one's selector is known: it acts once, and finds nothing to do.
    assert_eq!(run.texts("event first AmbiguousSelector "), [text; 3]);
    assert_eq!(run.texts("event first FailedComputeMetricsReplicas "), [text; 3]);
    assert_eq!(run.texts("event second AmbiguousSelector "), [text; 4]);
    assert_eq!(run.texts("event second SuccessfulRescale"), [""; 0]);
    let conditions = run.store.hpa_conditions(makespan::cluster::HpaId(0), 1);
    let active = conditions
        .iter()
        .find(|c| c.kind == "ScalingActive")
        .expect("it has looked");
    assert_eq!(
        (active.status, active.reason, active.message.as_str()),
        (false, "AmbiguousSelector", text)
    );
    assert!(
        active.last_transition.as_secs_f64() > 30.0,
        "it was True after the first look"
    );
    let able = conditions
        .iter()
        .find(|c| c.kind == "AbleToScale")
        .expect("it has looked");
    assert_eq!((able.status, able.reason), (true, "SucceededGetScale"));
}

#[test]
fn bounds_hold_although_the_selector_is_ambiguous() {
    let manifests = deployment("replicas: 2")
        + &autoscaler("small", "web", "minReplicas: 1, maxReplicas: 2", 75)
        + &autoscaler("large", "web", "minReplicas: 5, maxReplicas: 9", 75);
    let run = ideal(&manifests, 2, LOAD, &[]);
    // Each corrects what the other did; neither ever looks at a metric while the size is out of its bounds.
    let sizes = run.texts("set 0: ");
    assert_eq!(sizes[..3], ["0 to 2", "2 to 5", "5 to 2"], "{sizes:?}");
}

#[test]
fn a_wider_selector_takes_the_pods_of_another_deployment() {
    let canary = deployment("replicas: 1")
        .replace("name: web}", "name: canary}")
        .replace("{app: web}", "{app: web, track: canary}");
    let manifests = [
        deployment("replicas: 2"),
        "---\n".to_owned(),
        canary,
        autoscaler("stable", "web", "minReplicas: 1, maxReplicas: 8", 75),
        autoscaler("canary", "canary", "minReplicas: 1, maxReplicas: 8", 75),
    ]
    .concat();
    let run = ideal(&manifests, 2, LOAD, &[]);
    let text = |selector: &str| {
        format!("pods by selector {selector} are controlled by multiple HPAs: [default/stable default/canary]")
    };
    assert_eq!(
        run.texts("event stable AmbiguousSelector ").first(),
        Some(&text("app=web").as_str())
    );
    let canary = run.texts("event canary AmbiguousSelector ");
    assert_eq!(canary.first(), Some(&text("app=web,track=canary").as_str()));
}

#[test]
fn a_target_that_goes_away_is_told_of() {
    let manifests = deployment("replicas: 2") + &autoscaler("first", "web", "minReplicas: 1, maxReplicas: 8", 75);
    let run = kubernetes(&manifests, 2, "  until: 65s\n", &["at: 20s, delete: deployment/web"]);
    assert_eq!(
        run.texts("event first FailedGetScale "),
        ["deployments.apps \"web\" not found"; 3]
    );
    let conditions = run.store.hpa_conditions(makespan::cluster::HpaId(0), 1);
    assert_eq!(
        (
            conditions[0].kind,
            conditions[0].status,
            conditions[0].reason,
            conditions[0].message.as_str()
        ),
        (
            "AbleToScale",
            false,
            "FailedGetScale",
            "the HPA controller was unable to get the target's current scale: deployments.apps \"web\" not found"
        )
    );
}
