//! Annotations: what Kubernetes does not know.

use super::*;
use crate::cluster::spec::{AttemptOutcome, Behaviour, Outcome as Ends};
use crate::kernel::SimDuration;
use crate::kernel::random::distribution::Distribution;

fn annotated(annotations: Json) -> Outcome {
    read(&[job(&[("spec.template.metadata.annotations", annotations)])])
}

fn behaviour(annotations: Json) -> Behaviour {
    let outcome = annotated(annotations);
    assert_eq!(outcome.text(), "");
    outcome.job().template.behaviour.clone()
}

fn fixed(secs: u64) -> Distribution {
    Distribution::Fixed(SimDuration::from_secs(secs))
}

#[test]
fn runtimes_are_listed_by_attempt() {
    let runtime = |text: &str| behaviour(json!({"makespan.dev/runtime": text})).runtime;
    assert_eq!(runtime("5m"), [fixed(300)]);
    assert_eq!(runtime("5m, 90"), [fixed(300), fixed(90)]);
    let lognormal: Distribution = "lognormal(median=20m,p95=1h)".parse().expect("a distribution");
    assert_eq!(runtime("lognormal(median=20m, p95=1h), 1h"), [lognormal, fixed(3600)]);
    // Without one, the pod runs until it is deleted.
    assert_eq!(behaviour(json!({})).runtime, []);
}

#[test]
fn outcomes_are_a_script_or_a_probability() {
    let outcome = |text: &str| behaviour(json!({"makespan.dev/outcome": text})).outcome;
    let script = |codes: &[u8]| {
        let attempts = codes.iter().map(|&c| {
            if c == 0 {
                AttemptOutcome::Ok
            } else {
                AttemptOutcome::Exit(c)
            }
        });
        Ends::Script(attempts.collect())
    };
    assert_eq!(outcome("ok"), script(&[0]));
    assert_eq!(outcome("fail,fail, ok"), script(&[1, 1, 0]));
    assert_eq!(outcome("exit:42,exit:0"), script(&[42, 0]));
    let probability = |failure, exit_code| Ends::Probability { failure, exit_code };
    assert_eq!(outcome("fail(p=0.1)"), probability(0.1, 1));
    assert_eq!(outcome("exit:137(p=1)"), probability(1.0, 137));
    assert_eq!(outcome("ok(p=0.75)"), probability(0.25, 1));
    assert_eq!(behaviour(json!({})).outcome, script(&[0]));
}

#[test]
fn spans_and_the_annotations_of_recordings() {
    let own = behaviour(json!({
        "makespan.dev/start-latency": "2s", "makespan.dev/ready-delay": "1m", "makespan.dev/stop-latency": "200ms",
    }));
    assert_eq!(own.start_latency, Some(SimDuration::from_secs(2)));
    assert_eq!(own.ready_delay, SimDuration::from_secs(60));
    assert_eq!(own.stop_latency, Some(SimDuration::from_millis(200)));

    let recorded = behaviour(json!({
        "sim/duration": "1,2.5", "sim/outcome": "fail,exit:3", "sim/ready-delay": "1", "sim/term-delay": "0.5",
        "sim/index-duration": "{\"0\": 4, \"2\": \"1,2\"}", "sim/index-outcome": "{\"1\": \"fail,ok\"}",
    }));
    assert_eq!(
        recorded.runtime,
        [fixed(1), Distribution::Fixed(SimDuration::from_millis(2500))]
    );
    assert_eq!(
        recorded.outcome,
        Ends::Script(vec![AttemptOutcome::Exit(1), AttemptOutcome::Exit(3)])
    );
    assert_eq!(recorded.ready_delay, SimDuration::from_secs(1));
    assert_eq!(recorded.stop_latency, Some(SimDuration::from_millis(500)));
    assert_eq!(recorded.index_runtime[&0], [fixed(4)]);
    assert_eq!(recorded.index_runtime[&2], [fixed(1), fixed(2)]);
    assert_eq!(
        recorded.index_outcome[&1],
        [AttemptOutcome::Exit(1), AttemptOutcome::Ok]
    );
}

#[test]
fn the_template_comes_before_the_object_and_makespan_before_sim() {
    let outcome = read(&[job(&[
        (
            "metadata.annotations",
            json!({"makespan.dev/runtime": "1s", "makespan.dev/outcome": "fail"}),
        ),
        (
            "spec.template.metadata.annotations",
            json!({"sim/duration": "2", "makespan.dev/ready-delay": "3s"}),
        ),
    ])]);
    let behaviour = &outcome.job().template.behaviour;
    assert_eq!(behaviour.runtime, [fixed(2)]);
    assert_eq!(behaviour.outcome, Ends::Script(vec![AttemptOutcome::Exit(1)]));
    let both = self::behaviour(json!({"sim/duration": "2", "makespan.dev/runtime": "1s"}));
    assert_eq!(both.runtime, [fixed(1)]);
    let bare = read(&[pod(&[("metadata.annotations", json!({"makespan.dev/runtime": "7s"}))])]);
    assert_eq!(bare.pod().template.behaviour.runtime, [fixed(7)]);
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let at = "spec.template.metadata.annotations";
    for (key, value, message) in [
        ("makespan.dev/runtime", "5 minutes", None),
        ("makespan.dev/runtime", "lognormal(median=20m", None),
        ("makespan.dev/runtime", "5m,,6m", None),
        (
            "makespan.dev/outcome",
            "sometimes",
            Some("\"sometimes\" is not an outcome"),
        ),
        (
            "makespan.dev/outcome",
            "exit:300",
            Some("\"exit:300\" has no exit code from 0 to 255"),
        ),
        (
            "makespan.dev/outcome",
            "fail(p=2)",
            Some("the probability 2 is not between 0 and 1"),
        ),
        (
            "makespan.dev/outcome",
            "fail(p=NaN)",
            Some("the probability NaN is not between 0 and 1"),
        ),
        (
            "makespan.dev/outcome",
            "fail(p=0.5),ok",
            Some("\"fail(p=0.5)\" is not an outcome"),
        ),
        ("makespan.dev/start-latency", "-1s", None),
        (
            "makespan.dev/runtme",
            "5m",
            Some("unknown annotation \"makespan.dev/runtme\""),
        ),
        ("sim/duration", "long", None),
        ("sim/index-duration", "[1]", None),
        (
            "sim/index-outcome",
            "{\"x\": \"ok\"}",
            Some("\"x\": \"ok\" is not an entry by completion index"),
        ),
        (
            "sim/index-outcome",
            "{\"0\": \"maybe\"}",
            Some("\"maybe\" is not an outcome"),
        ),
    ] {
        let outcome = annotated(json!({key: value}));
        let [problem] = outcome.problems.list() else {
            panic!("{key} {value}: {}", outcome.text());
        };
        assert_eq!(problem.severity, Severity::Error);
        assert_eq!(problem.path, format!("{at}[{key}]"));
        assert!(problem.hint.is_some());
        assert!(problem.place.line > 0);
        if let Some(message) = message {
            assert_eq!(problem.message, message);
        }
    }
    let typo = annotated(json!({"makespan.dev/runtme": "5m"}));
    assert_eq!(typo.hints(), ["did you mean makespan.dev/runtime?"]);
    // On the object, on a Node, and on a Pod (once, though it is object and template at the same time).
    for object in [
        job(&[("metadata.annotations", json!({"makespan.dev/zzz": ""}))]),
        node(&[("metadata.annotations", json!({"makespan.dev/zzz": ""}))]),
        pod(&[("metadata.annotations", json!({"makespan.dev/zzz": ""}))]),
    ] {
        assert_eq!(
            lines(object),
            ["E metadata.annotations[makespan.dev/zzz]: unknown annotation \"makespan.dev/zzz\""]
        );
    }
}
