use super::*;
use crate::kernel::SimDuration;

fn at(secs: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(secs)
}

fn story() -> PodStory {
    PodStory {
        id: PodId(0),
        namespace: "default".into(),
        name: "p".into(),
        owner: String::new(),
        entries: Vec::new(),
        rejections: Vec::new(),
        planned: Vec::new(),
    }
}

#[test]
fn the_same_warning_counts_and_a_status_stands_alone() {
    let mut story = story();
    for second in [1, 3, 7] {
        story.tell(
            at(second),
            EntryKind::Warning,
            "x",
            "FailedScheduling",
            "no room".into(),
        );
    }
    story.tell(at(8), EntryKind::Status, "x", "Ready", "Ready=True".into());
    story.tell(at(9), EntryKind::Status, "x", "Ready", "Ready=True".into());
    let told: Vec<_> = story.entries.iter().map(|e| (e.count, e.time, e.last)).collect();
    assert_eq!(
        told,
        [
            (3, at(1).into(), at(7).into()),
            (1, at(8).into(), at(8).into()),
            (1, at(9).into(), at(9).into())
        ]
    );
}

#[test]
fn a_rejection_lasts_until_an_attempt_finds_it_otherwise() {
    let mut story = story();
    story.rejected(at(1), &[("NodeResourcesFit", 4), ("TaintToleration", 1)], 5);
    story.rejected(at(2), &[("NodeResourcesFit", 4), ("TaintToleration", 1)], 5);
    story.rejected(at(5), &[("NodeResourcesFit", 5)], 5);
    story.rejected(at(9), &[], 5);
    let told: Vec<_> = story
        .rejections
        .iter()
        .map(|r| (r.plugin, r.nodes, r.from, r.to, r.attempts))
        .collect();
    assert_eq!(
        told,
        [
            ("NodeResourcesFit", 4, at(1).into(), Some(at(5).into()), 2),
            ("TaintToleration", 1, at(1).into(), Some(at(5).into()), 2),
            ("NodeResourcesFit", 5, at(5).into(), Some(at(9).into()), 1),
        ]
    );
}

#[test]
fn a_subject_is_a_name_or_a_kind_and_a_name() {
    for text in ["train-abcde", "job/train", "deployment/web", "pod/p"] {
        assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
    }
    assert_eq!("Jobs/train".parse::<Subject>().unwrap().to_string(), "job/train");
    let error = "node/a".parse::<Subject>().unwrap_err();
    insta::assert_snapshot!(error, @r#""node" is no kind that is told of; use pod/NAME, job/NAME, deployment/NAME, replicaset/NAME, statefulset/NAME, daemonset/NAME, hpa/NAME, or a name alone"#);
}
