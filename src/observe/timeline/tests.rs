use std::collections::BTreeSet;

use super::*;
use crate::cluster::apps::ServiceDemand;
use crate::cluster::job::JobCondition;
use crate::cluster::pod::Owner;
use crate::cluster::{DeploymentId, JobId, ReplicaSetId};
use crate::observe::testing::{Story, at, store};

fn story() -> (Story<Timeline>, ResourceId) {
    let (store, gpu) = store(1, 3);
    let observer = Timeline::new(&store);
    (Story { store, observer }, gpu)
}

fn steps(timeline: &Timeline, kind: SeriesKind) -> Vec<(u64, i64)> {
    let seconds = |at: SimTime| at.as_nanos() / 1_000_000_000;
    timeline.steps(kind).iter().map(|s| (seconds(s.at), s.value)).collect()
}

#[test]
fn a_job_and_its_pod_leave_their_steps() {
    let (mut story, gpu) = story();
    let job = JobId(0);
    story.submit(1, job);
    let pod = story.create(2, Owner::Job(job));
    story.bind(3, pod, 0);
    story.run(5, pod);
    story.finish(9, pod, 0);
    story.finish_job(10, job, JobCondition::Complete);
    let timeline = &story.observer;
    assert_eq!(steps(timeline, SeriesKind::UnfinishedJobs), [(0, 0), (1, 1), (10, 0)]);
    assert_eq!(steps(timeline, SeriesKind::PendingPods), [(0, 0), (2, 1), (3, 0)]);
    assert_eq!(steps(timeline, SeriesKind::RunningPods), [(0, 0), (5, 1), (9, 0)]);
    assert_eq!(steps(timeline, SeriesKind::Allocated(gpu)), [(0, 0), (3, 3), (9, 0)]);
    assert_eq!(steps(timeline, SeriesKind::Allocatable(gpu)), [(0, 8)]);
    assert_eq!(
        steps(timeline, SeriesKind::Allocated(ResourceId::CPU)),
        [(0, 0), (3, 1000), (9, 0)]
    );
    assert_eq!(timeline.value_at(SeriesKind::Allocated(gpu), at(8)), Some(3));
    assert_eq!(timeline.value_at(SeriesKind::Allocated(gpu), at(9)), Some(0));
}

#[test]
fn what_begins_and_ends_at_one_instant_leaves_no_step() {
    let (mut story, gpu) = story();
    let pod = story.place(4, Owner::Job(JobId(0)), 0);
    story.finish(4, pod, 0);
    assert_eq!(steps(&story.observer, SeriesKind::Allocated(gpu)), [(0, 0)]);
    assert_eq!(steps(&story.observer, SeriesKind::RunningPods), [(0, 0)]);
}

#[test]
fn replicas_and_autoscalers_are_followed() {
    let (mut story, _) = story();
    let (web, owner) = (
        ScaleTarget::Deployment(DeploymentId(0)),
        Owner::ReplicaSet(ReplicaSetId(0)),
    );
    let (desired, ready) = (
        SeriesKind::DesiredReplicas(web.into()),
        SeriesKind::ReadyReplicas(web.into()),
    );
    let first = story.place(1, owner, 0);
    story.place(2, owner, 1);
    story.tell(3, Record::Scaled(web, 1));
    story
        .store
        .mark_deleting(first, crate::kernel::SimDuration::ZERO, crate::kernel::SimTime::ZERO);
    story.tell(4, Record::PodDeleting(first));
    story.finish(5, first, 143);
    assert_eq!(steps(&story.observer, desired), [(0, 2), (3, 1)]);
    assert_eq!(steps(&story.observer, ready), [(0, 0), (1, 1), (2, 2), (4, 1)]);
}

#[test]
fn demand_and_what_is_served_of_it_are_followed() {
    let (mut story, _) = story();
    let web = ScaleTarget::Deployment(DeploymentId(0));
    let kinds = [SeriesKind::Demand(web), SeriesKind::Served(web)];
    assert_eq!(kinds.map(|kind| steps(&story.observer, kind)), [[], []]);
    for (secs, demand, served) in [(0, 3000, 0), (2, 3000, 1000), (9, 700, 700)] {
        let now = ServiceDemand {
            demand_milli: demand,
            served_milli: served,
        };
        story.store.demands.insert(web, now);
        story.tell(secs, Record::ServiceSampled(web));
    }
    assert_eq!(steps(&story.observer, kinds[0]), [(0, 3000), (9, 700)]);
    assert_eq!(steps(&story.observer, kinds[1]), [(0, 0), (2, 1000), (9, 700)]);
    assert_eq!(
        (kinds[1].name(&story.store).as_str(), kinds[1].unit(&story.store)),
        ("served:web/front", "millicores")
    );
}

#[test]
fn autoscalers_leave_a_step_for_each_new_sample() {
    let (mut store, _) = store(0, 1);
    store.hpas.push(crate::cluster::spec::HpaSpec {
        namespace: "web".into(),
        name: "front".into(),
        target_kind: crate::cluster::spec::ScaleTargetKind::Deployment,
        target: "front".into(),
        min_replicas: 1,
        max_replicas: 9,
        metrics: vec![crate::cluster::spec::MetricSpec::cpu_utilization(50)],
        behavior: None,
    });
    let observer = Timeline::new(&store);
    let mut story = Story { store, observer };
    for (secs, sample) in [(15, None), (30, Some(80)), (45, Some(80)), (60, Some(40))] {
        story.tell(secs, Record::HpaEvaluated(HpaId(0), sample));
    }
    let kind = SeriesKind::HpaUtilization(HpaId(0));
    assert_eq!(steps(&story.observer, kind), [(30, 80), (60, 40)]);
    assert_eq!(story.observer.value_at(kind, at(29)), None);
    assert_eq!(kind.name(&story.store), "hpa_utilization:web/front");
}

#[test]
fn every_kind_has_a_place_of_its_own_and_others_have_none() {
    let (story, _) = story();
    let timeline = &story.observer;
    let all: Vec<_> = timeline.kinds().collect();
    let places: BTreeSet<_> = all.iter().map(|kind| timeline.place(*kind)).collect();
    assert_eq!(places.len(), all.len());
    assert!((0..timeline.series.len()).all(|i| places.contains(&Place::Always(i))));
    assert_eq!(timeline.steps(SeriesKind::Allocated(ResourceId(99))), []);
    let nobody = WorkloadId::Deployment(DeploymentId(9));
    assert_eq!(timeline.steps(SeriesKind::ReadyReplicas(nobody)), []);
    assert_eq!(timeline.steps(SeriesKind::HpaUtilization(HpaId(0))), []);
}

#[test]
fn the_csv_has_one_line_a_step() {
    let (mut story, _) = story();
    story.create(2, Owner::Job(JobId(0)));
    let mut out = Vec::new();
    story.observer.write_csv(&story.store, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
    series,unit,time_s,value
    pending_pods,pods,0.000000000,0
    pending_pods,pods,2.000000000,1
    running_pods,pods,0.000000000,0
    unfinished_jobs,jobs,0.000000000,0
    allocated:cpu,millicores,0.000000000,0
    allocatable:cpu,millicores,0.000000000,16000
    allocated:memory,bytes,0.000000000,0
    allocatable:memory,bytes,0.000000000,0
    allocated:ephemeral-storage,bytes,0.000000000,0
    allocatable:ephemeral-storage,bytes,0.000000000,0
    allocated:pods,pods,0.000000000,0
    allocatable:pods,pods,0.000000000,220
    allocated:nvidia.com/gpu,pieces,0.000000000,0
    allocatable:nvidia.com/gpu,pieces,0.000000000,8
    desired_replicas:web/front,pods,0.000000000,2
    ready_replicas:web/front,pods,0.000000000,0
    ");
}
