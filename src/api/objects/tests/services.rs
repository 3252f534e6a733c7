//! Services, as far as they matter: how the scheduler spreads pods.

use serde_json::json;

use super::{job, read, with};
use crate::cluster::spec::{LabelSelector, Labels};

#[test]
fn pods_of_a_service_belong_together() {
    let labels =
        |pairs: &[(&str, &str)]| -> Labels { pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect() };
    let service = |namespace: &str, selector: serde_json::Value| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": namespace},
            "spec": {"selector": selector},
        })
    };
    let served = |services: &[serde_json::Value]| {
        let one = with(
            job(&[]),
            &[("spec.template.metadata", json!({"labels": {"app": "x", "tier": "web"}}))],
        );
        let mut objects = services.to_vec();
        objects.push(one);
        read(&objects).job().template.scheduling.owner_selector.clone()
    };
    assert_eq!(served(&[]), None, "pods of Jobs belong to nobody");
    let selected = |pairs| Some(LabelSelector::of_labels(&labels(pairs)));
    let both = [
        service("default", json!({"app": "x"})),
        service("default", json!({"tier": "web"})),
    ];
    assert_eq!(served(&both[..1]), selected(&[("app", "x")]));
    assert_eq!(served(&both), selected(&[("app", "x"), ("tier", "web")]));
    assert_eq!(served(&[service("other", json!({"app": "x"}))]), None);
    assert_eq!(served(&[service("default", json!({"app": "y"}))]), None);
}
