//! `makespan diff` through the program: what differs, what does not, what cannot be told.

use crate::support::program::{Folder, text};
use crate::sweep::scenario;

const FLAGS: [&str; 4] = [
    "--replications",
    "10",
    "--metrics",
    "makespan,mean(wait),p95(turnaround),utilization,failed_jobs",
];

fn diff(folder: &Folder, arguments: &[&str]) -> String {
    let all: Vec<&str> = ["diff"].iter().chain(arguments).chain(&FLAGS).copied().collect();
    folder.good(&all)
}

#[test]
fn more_nodes_make_a_difference_and_the_luck_is_the_same() {
    let folder = Folder::new();
    folder.write("now.yaml", scenario("exponential(mean=1m)"));
    let shown = diff(&folder, &["now.yaml", "--with", "nodes.gpu=2", "--output", "out"]);
    insta::assert_snapshot!(shown, @r"
    ┌─────────────────┬──────────────────┬─────────────────┬─────────┬────────────────────┬───────────────────────┐
    │ metric          │           A: now │      B: what-if │   B − A │           interval │                       │
    ├─────────────────┼──────────────────┼─────────────────┼─────────┼────────────────────┼───────────────────────┤
    │ makespan        │  12m 4s ± 2m 35s │ 6m 23s ± 1m 22s │ −5m 41s │ −6m 55s to −4m 26s │ 47 % less             │
    │ mean(wait)      │  5m 48s ± 1m 24s │  2m 21s ± 39.8s │ −3m 27s │ −4m 15s to −2m 39s │ 59 % less             │
    │ p95(turnaround) │ 11m 32s ± 2m 21s │     6m ± 1m 17s │ −5m 32s │ −6m 36s to −4m 28s │ 48 % less             │
    │ utilization     │            100 % │      94 % ± 3 % │  −5.6 % │   −8.6 % to −2.6 % │ 5.6 % less            │
    │ failed_jobs     │                0 │               0 │       0 │                    │ the same in every run │
    └─────────────────┴──────────────────┴─────────────────┴─────────┴────────────────────┴───────────────────────┘
    Means over 10 runs each on the same luck; every interval has 95 % confidence by itself.

    • With what-if in place of now: makespan 47 % less, mean(wait) 59 % less, p95(turnaround) 48 % less, utilization 5.6 % less.
    • The same in every run: failed_jobs.

    Written to out: diff.csv, summary.json, manifest.json
    ");
    insta::assert_snapshot!(text(&folder.read("out/diff.csv")), @r"
    metric,replications,a,a_low,a_high,b,b_low,b_high,difference,difference_low,difference_high,verdict,a_without,b_without
    makespan,10,723.532397,568.667245,878.39755,382.882736,300.950282,464.81519,-340.649661,-415.001757,-266.297566,differs,0,0
    mean(wait),10,348.312214,264.30838,432.316048,141.420912,101.611607,181.230218,-206.891301,-254.643435,-159.139167,differs,0,0
    p95(turnaround),10,691.757006,551.056075,832.457937,359.654545,282.597313,436.711777,-332.102461,-395.922998,-268.281924,differs,0,0
    utilization,10,1,1,1,0.943893914,0.914122441,0.973665387,-0.0561060859,-0.0858775591,-0.0263346128,differs,0,0
    failed_jobs,10,0,0,0,0,0,0,0,0,0,same,0,0
    ");
    folder.good(&["rerun", "out/manifest.json", "--output", "again", "--quiet"]);
    for file in ["diff.csv", "summary.json", "manifest.json"] {
        assert_eq!(
            folder.read(&format!("out/{file}")),
            folder.read(&format!("again/{file}")),
            "{file}"
        );
    }
}

#[test]
fn what_does_not_differ_is_not_said_to() {
    let folder = Folder::new();
    let text = scenario("exponential(mean=1m)");
    folder.write("a.yaml", &text);
    // A seed of its own is not used.
    folder.write(
        "b.yaml",
        text.replace("spec:\n  controlPlane", "spec:\n  seed: 9\n  controlPlane"),
    );
    folder.write(
        "short.yaml",
        text.replace("spec:\n  controlPlane", "spec:\n  until: 2m\n  controlPlane"),
    );
    let output = folder.run(&[
        "diff",
        "a.yaml",
        "b.yaml",
        "--replications",
        "3",
        "--metrics",
        "makespan,failed_jobs",
    ]);
    let said = text_of(&output);
    assert!(said.contains("both are played on seed 1, that of a"), "{said}");
    assert!(
        said.contains("• The same in every run: makespan, failed_jobs."),
        "{said}"
    );
    // Twelve Jobs of a minute do not end in two.
    let csv = |b: &str| {
        let output = folder.run(&[
            "diff",
            "a.yaml",
            b,
            "--replications",
            "3",
            "--metrics",
            "makespan,failed_jobs",
            "--format",
            "csv",
        ]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    insta::assert_snapshot!(csv("short.yaml"), @r"
    metric,replications,a,a_low,a_high,b,b_low,b_high,difference,difference_low,difference_high,verdict,a_without,b_without
    makespan,3,899.316332,344.544499,1454.08816,,,,,,,none,0,3
    failed_jobs,3,0,0,0,0,0,0,0,0,0,same,0,0
    ");
}

/// Standard output and standard error.
fn text_of(output: &std::process::Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn what_is_wrong_is_told() {
    let folder = Folder::new();
    folder.write("a.yaml", scenario("1m"));
    let told = |arguments: &[&str]| {
        let output = folder.run(arguments);
        format!("{} (exit {:?})", text_of(&output).trim_end(), output.status.code())
    };
    let all = [
        told(&["diff", "a.yaml", "nowhere.yaml"]),
        told(&[
            "diff",
            "a.yaml",
            "--with",
            "nodes.cpu=3",
            "--with",
            "nodes.gpu",
            "--replications",
            "1",
        ]),
        told(&["diff", "a.yaml", "a.yaml", "--metrics", "speed"]),
        told(&["diff", "a.yaml"]),
    ];
    insta::assert_snapshot!(all.join("\n\n"), @r#"
    error: nowhere.yaml: cannot be read: No such file or directory (os error 2)
      hint: check the path; - reads standard input (exit Some(2))

    error: --replications: one run shows nothing; give 2 or more
    error: --with: "nodes.gpu": write PATH=VALUE, such as nodes.a100=8
    error: --with: "nodes.cpu" is nothing in the scenario; there are nodes.gpu, nodePools.gpu.allocatable.cpu, controlPlane.preset, job/train.spec.template.spec.containers.c.image, job/train.spec.template.spec.containers.c.name (exit Some(2))

    error: --metrics: there is no metric "speed"; there are makespan, wait, turnaround, queue, utilization, goodput, failed_jobs, unfinished_jobs, attempts (exit Some(2))

    error: the following required arguments were not provided:
      <B>

    Usage: makespan diff <A> <B>

    For more information, try '--help'. (exit Some(2))
    "#);
}
