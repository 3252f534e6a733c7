//! Roll-outs of Deployments: too slow ones, paused ones, those that go back, and what is left of old ones.

use super::{Played, deployment, ideal, kubernetes, near, template};

/// Changes at these times.
fn image(at: &str, image: &str) -> String {
    format!("at: {at}, set-image: deployment/web, image: '{image}'")
}

/// What of Available and Progressing was told, and when.
fn told(run: &Played, reason: &str) -> Vec<f64> {
    run.times(&format!("{reason}="))
}

/// The most pods that existed at once and neither ended nor were being deleted, and the fewest Ready ones after all were Ready once.
fn extremes(run: &Played, from: f64) -> (usize, usize) {
    let (mut active, mut ready) = (Vec::<&str>::new(), Vec::<&str>::new());
    let (mut most, mut fewest) = (0, usize::MAX);
    for (at, line) in &run.log.lines {
        let mut words = line.split(' ');
        let (what, name) = (words.next().unwrap(), words.next().unwrap_or_default());
        match what {
            "created" => active.push(name),
            "ready" => ready.push(name),
            "deleting" => {
                active.retain(|pod| *pod != name);
                ready.retain(|pod| *pod != name);
            }
            _ => continue,
        }
        if at.as_secs_f64() > from {
            most = most.max(active.len());
            fewest = fewest.min(ready.len());
        }
    }
    (most, fewest)
}

#[test]
fn a_roll_out_keeps_between_its_fences() {
    for (strategy, most, fewest) in [
        ("{maxSurge: 2, maxUnavailable: 0}", 10, 8),
        ("{maxSurge: 0, maxUnavailable: 3}", 8, 5),
        ("{maxSurge: '50%', maxUnavailable: '25%'}", 12, 6),
        ("{maxSurge: '13%', maxUnavailable: '13%'}", 10, 7),
        ("{maxSurge: '100%', maxUnavailable: '100%'}", 16, 0),
        ("{maxSurge: 1, maxUnavailable: 1}", 9, 7),
    ] {
        let fields = format!("replicas: 8, minReadySeconds: 3, strategy: {{rollingUpdate: {strategy}}}");
        let run = kubernetes(&deployment(&fields), 4, "  until: 5m\n", &[&image("30s", "web:2")]);
        let (seen_most, seen_fewest) = extremes(&run, 30.0);
        assert!(
            seen_most <= most && seen_fewest >= fewest,
            "{strategy}: {seen_most} {seen_fewest}"
        );
        // With both at 100 % old pods go while the new ones are made.
        assert!(seen_most == most || fewest == 0, "{strategy}: {seen_most}");
        let status = run.web().status;
        assert_eq!(
            (status.updated_replicas, status.available_replicas, status.replicas),
            (8, 8, 8),
            "{strategy}"
        );
        assert_eq!(run.store.replica_sets[0].spec.replicas, 0);
    }
}

#[test]
fn how_long_a_roll_out_took_is_kept() {
    use makespan::cluster::WorkloadId;
    use makespan::cluster::apps::RollOut;
    let duration = |run: &Played| {
        let id = WorkloadId::Deployment(makespan::cluster::DeploymentId(0));
        run.store
            .roll_outs
            .get(&id)
            .and_then(RollOut::duration)
            .map(|span| span.as_secs_f64())
    };
    let fields = "replicas: 2, minReadySeconds: 10, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}";
    // The first one, then the last one; a new size is none.
    assert_eq!(
        duration(&ideal(&deployment(fields), 1, "  until: 30s\n", &[])),
        Some(10.0)
    );
    let scale = "at: 60s, scale: deployment/web, replicas: 3";
    let run = ideal(
        &deployment(fields),
        1,
        "  until: 5m\n",
        &[&image("30s", "web:2"), scale],
    );
    assert_eq!(duration(&run), Some(20.0));
    assert_eq!(
        duration(&ideal(
            &deployment(fields),
            1,
            "  until: 45s\n",
            &[&image("30s", "web:2")]
        )),
        None
    );
}

#[test]
fn min_ready_seconds_hold_the_next_step_back() {
    let fields = "replicas: 2, minReadySeconds: 10, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}";
    let run = ideal(&deployment(fields), 1, "  until: 5m\n", &[&image("30s", "web:2")]);
    let shrunk: Vec<f64> = run
        .lines("set 0: ")
        .iter()
        .map(|(at, _)| *at)
        .filter(|at| *at > 1.0)
        .collect();
    assert_eq!(shrunk, [40.0, 50.0]);
}

#[test]
fn a_roll_out_that_gets_nowhere_is_told_of_and_goes_on_when_it_can() {
    let fields = "replicas: 4, progressDeadlineSeconds: 60";
    let run = kubernetes(
        &deployment(fields),
        2,
        "  until: 10m\n  images: {missing: ['web:2']}\n",
        &[&image("30s", "web:2"), &image("200s", "web:3")],
    );
    // The last that moved was the size of the old ReplicaSet, just after 30 s; the controller looks a second after the deadline.
    let exceeded = told(&run, "ProgressDeadlineExceeded");
    assert!(
        exceeded.len() == 1 && (90.0..93.0).contains(&exceeded[0]),
        "{exceeded:?}"
    );
    // Nothing is rolled back: 25 % may be missing, 25 % be too many.
    let sizes = |set: usize, until: f64| {
        let start = format!("set {set}: ");
        let lines = run.lines(&start);
        lines
            .iter()
            .rfind(|(at, _)| *at < until)
            .map(|(_, line)| line.rsplit(' ').next().unwrap().to_owned())
    };
    assert_eq!(
        (sizes(0, 199.0).as_deref(), sizes(1, 199.0).as_deref()),
        (Some("3"), Some("2"))
    );
    let status = run.web().status;
    assert_eq!((status.updated_replicas, status.available_replicas), (4, 4));
    assert_eq!(
        status.progressing.map(|c| c.reason.name()),
        Some("NewReplicaSetAvailable")
    );
    // The pods that never came up go first, and the old ones that serve stay until the newest do.
    let shrinks = run.lines("set 1: ");
    assert!(
        shrinks.iter().any(|(at, line)| *at > 200.0 && line.ends_with("to 0")),
        "{shrinks:?}"
    );
}

#[test]
fn a_paused_roll_out_waits_and_may_be_scaled() {
    let run = kubernetes(
        &deployment("replicas: 4"),
        2,
        "  until: 5m\n",
        &[
            "at: 20s, patch: deployment/web, with: {spec: {paused: true}}",
            &image("30s", "web:2"),
            "at: 40s, scale: deployment/web, replicas: 6",
            "at: 90s, patch: deployment/web, with: {spec: {paused: false}}",
        ],
    );
    assert!(near(told(&run, "DeploymentPaused")[0], 20.0, 0.5) && near(told(&run, "DeploymentResumed")[0], 90.0, 0.5));
    let old = run.lines("set 0: ");
    assert!(
        old.iter().any(|(at, line)| near(*at, 40.0, 0.5) && *line == "4 to 6"),
        "{old:?}"
    );
    let new = run.times("set 1: ");
    assert!(new[0] > 90.0 && new[0] < 91.0, "{new:?}");
    assert_eq!(run.web().status.updated_replicas, 6);
    assert_eq!(run.texts("ProgressDeadlineExceeded"), [""; 0]);
}

#[test]
fn an_old_template_comes_back_with_its_replica_set() {
    let run = kubernetes(
        &deployment("replicas: 3"),
        2,
        "  until: 5m\n",
        &[&image("30s", "web:2"), &image("90s", "web:1")],
    );
    assert_eq!(run.store.replica_sets.len(), 2);
    let revisions: Vec<u32> = run.store.replica_sets.iter().map(|set| set.revision).collect();
    assert_eq!((revisions.as_slice(), run.web().revision), (&[3, 2][..], 3));
    assert_eq!(run.store.replica_sets[0].status.available_replicas, 3);
    let names: Vec<&str> = run
        .texts("created ")
        .into_iter()
        .filter(|line| line.contains("web:1"))
        .collect();
    // Pods of the first ReplicaSet have its hash in their names, before and after.
    let hash = |line: &str| line.split('-').nth(1).unwrap().to_owned();
    assert!(
        names.len() >= 6 && names.iter().all(|line| hash(line) == hash(names[0])),
        "{names:?}"
    );
}

#[test]
fn old_replica_sets_beyond_the_limit_are_removed_when_a_roll_out_is_over() {
    let run = kubernetes(
        &deployment("replicas: 2, revisionHistoryLimit: 1"),
        2,
        "  until: 5m\n",
        &[&image("30s", "web:2"), &image("60s", "web:3"), &image("90s", "web:4")],
    );
    let removed = run
        .lines("set ")
        .into_iter()
        .filter(|(_, line)| line.ends_with("removed"));
    let removed: Vec<(f64, String)> = removed.map(|(at, line)| (at, line[..1].to_owned())).collect();
    assert_eq!(
        removed.iter().map(|(_, set)| set.as_str()).collect::<Vec<_>>(),
        ["0", "1"]
    );
    assert!(
        removed[0].0 > 60.0 && removed[0].0 < 70.0 && removed[1].0 > 90.0 && removed[1].0 < 100.0,
        "{removed:?}"
    );
}

#[test]
fn a_new_template_in_the_middle_of_a_roll_out_takes_over_at_once() {
    let fields = "replicas: 4, minReadySeconds: 20, strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}";
    let run = kubernetes(
        &deployment(fields),
        2,
        "  until: 10m\n",
        &[&image("60s", "web:2"), &image("70s", "web:3")],
    );
    // Of the second one only what was there at 70 s was ever made; what is not available of it goes first.
    let second: Vec<(f64, &str)> = run.lines("set 1: ");
    assert!(
        second
            .iter()
            .all(|(at, line)| *at < 70.0 || line.ends_with("to 0") || line.ends_with("to 1")),
        "{second:?}"
    );
    assert_eq!(run.web().status.available_replicas, 4);
    assert_eq!(run.store.replica_sets[2].status.available_replicas, 4);
}

#[test]
fn pods_carry_the_hash_of_their_template_and_spread_by_it() {
    let spread = "topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, \
                  labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [pod-template-hash]}]";
    let manifest = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: 4, selector: {{matchLabels: {{app: web}}}}, strategy: \
         {{rollingUpdate: {{maxSurge: 4, maxUnavailable: 0}}}}, template: {}}}\n",
        template("app: web", "web:1").replace("spec: {", &format!("spec: {{{spread}, "))
    );
    let run = kubernetes(&manifest, 4, "  until: 2m\n", &[&image("30s", "web:2")]);
    let hashes: std::collections::BTreeSet<&String> = run
        .store
        .pods
        .iter()
        .map(|pod| &run.store.templates[pod.template.index()].labels["pod-template-hash"])
        .collect();
    assert_eq!(hashes.len(), 2);
    // Each ReplicaSet by itself has one pod on each node.
    for set in 0..2 {
        let mut nodes: Vec<u32> = run.store.pods[set * 4..][..4].iter().map(|pod| pod.node.0).collect();
        nodes.sort_unstable();
        assert_eq!(nodes, [0, 1, 2, 3]);
    }
}
