use super::*;
use crate::report::figures::testing::{Maker, Story};

fn comparison() -> Comparison {
    let maker = Maker {
        n: &[5],
        strategies: &["sequential", "parallel"],
        slots: &[4],
        replications: 1,
        runtimes: &[300],
    };
    maker.comparison()
}

#[test]
fn a_comparison_as_json() {
    let mut comparison = comparison();
    comparison.sections[0].aggregates.truncate(1);
    comparison.sections[0].curves.truncate(1);
    insta::assert_snapshot!(compare(&comparison, None), @r#"
    {
      "question": null,
      "answer": null,
      "runs": 4,
      "missing_runs": 0,
      "violations": [],
      "sections": [
        {
          "nodes": 1,
          "slots": 4,
          "aggregates": [
    {"n":5,"strategy":"sequential","control_plane":"ideal","replications":1,"unfinished":0,"confidence":0.95,"makespan_s":1500,"makespan_low_s":null,"makespan_high_s":null,"speedup":1,"speedup_low":null,"speedup_high":null,"lower_bound_s":1500,"upper_bound_s":1500,"theory_s":1500,"mean_wait_s":2.5,"p95_wait_s":3,"mean_turnaround_s":9,"p95_turnaround_s":10,"gpu_utilization":0.750000,"attempts":5,"failed_jobs":0,"api_calls":35}
    ],
          "curves": [
    {"strategy":"sequential","control_plane":"ideal","law":null,"a_s":null,"b_s":null,"b_unit":null,"b_standard_error":null,"r_squared":null,"exponent":null,"exponent_low":null,"exponent_high":null,"n_min":null,"n_max":null,"points":null,"worst_residual":null,"criterion":null,"runner_up":null,"delta_aicc":null,"sentence":"sequential (ideal): 1 different n are too few to name a law of growth; it takes 4 or more"}
    ]
        }
      ]
    }
    "#);
}

#[test]
fn the_same_comparison_gives_the_same_bytes_and_whole_json() {
    let text = compare(&comparison(), Some("What if \"all\" at once?"));
    assert_eq!(text, compare(&comparison(), Some("What if \"all\" at once?")));
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["question"], "What if \"all\" at once?");
    let answer = json["answer"].as_str().expect("an answer");
    assert!(
        answer.starts_with("Submitting all 5 Jobs at once takes 10m 8s"),
        "{answer}"
    );
    assert_eq!(json["sections"][0]["aggregates"][3]["makespan_s"], 608.0);
}

#[test]
fn a_run_as_json() {
    let mut story = Story::new(1, 4, 1).with_deployment("front", 2);
    story.job(0, 0, 0);
    story.metrics.makespan = Some(crate::kernel::SimDuration::from_nanos(10_000_000_001).into());
    story.metrics.unfinished_jobs = 0;
    let about = About {
        name: "lesson",
        fingerprint: "00ff",
        end: "stalled",
        reasons: &["two pods fit nowhere".to_owned()],
    };
    insta::assert_snapshot!(run(&story.run(20, &[]), &about), @r#"
    {
      "name": "lesson",
      "seed": 1,
      "fingerprint": "00ff",
      "end": "stalled",
      "ended_s": 20.000000000,
      "reasons": [
        "two pods fit nowhere"
      ],
      "nodes": 1,
      "metrics": {
        "makespan_s": 10.000000001,
        "mean_wait_s": null,
        "p50_wait_s": null,
        "p95_wait_s": null,
        "max_wait_s": null,
        "mean_turnaround_s": null,
        "p95_turnaround_s": null,
        "jobs": 1,
        "failed_jobs": 0,
        "unfinished_jobs": 0,
        "attempts": 0,
        "gpu_utilization": null,
        "gpu_goodput": null
      },
      "resources": [
        {
          "name": "cpu",
          "unit": "millicores",
          "allocatable": 8000,
          "utilization": 0.125,
          "goodput": 1.0
        },
        {
          "name": "pods",
          "unit": "pods",
          "allocatable": 110,
          "utilization": 0.00909090909090909,
          "goodput": 1.0
        },
        {
          "name": "nvidia.com/gpu",
          "unit": "pieces",
          "allocatable": 4,
          "utilization": 0.25,
          "goodput": 1.0
        }
      ],
      "limits": [],
      "workloads": [
        {
          "kind": "Deployment",
          "namespace": "ml",
          "name": "front",
          "replicas": 2,
          "updated": 0,
          "ready": 0,
          "available": 0,
          "roll_out_s": null,
          "pods_made": 0
        }
      ]
    }
    "#);
}
