//! Charts as the program will draw them, from made-up but plausible data.

use crate::report::chart::{
    Axis, Bar, BarKind, GanttChart, Lane, LineChart, LinePanel, Series, SeriesStyle, StepChart, StepPanel, StepSeries,
};

const SIZES: [f64; 5] = [10.0, 32.0, 100.0, 320.0, 1000.0];
const STRATEGIES: [&str; 4] = ["sequential", "batched:32", "windowed:32", "parallel"];

/// Makespan of n Jobs of 300 s on 32 slots, roughly as the two control planes make it.
fn makespan(strategy: usize, n: f64, kubernetes: bool) -> f64 {
    let waves = (n / 32.0).ceil();
    match (strategy, kubernetes) {
        (0, false) => n * 300.0,
        (0, true) => n * 305.3,
        (_, false) => waves * 300.0,
        (1, true) => waves * 325.0 + 6.0,
        (2, true) => waves * 304.0 + n * 0.12,
        (_, true) => waves * 301.5 + n * 0.30,
    }
}

fn measured(strategy: usize, kubernetes: bool, style: SeriesStyle, spread: f64) -> Series {
    let points: Vec<(f64, f64)> = SIZES.iter().map(|&n| (n, makespan(strategy, n, kubernetes))).collect();
    let band = points
        .iter()
        .map(|&(n, y)| (n, y * (1.0 - spread), y * (1.0 + 1.4 * spread)));
    let band = if spread > 0.0 { band.collect() } else { Vec::new() };
    Series {
        name: STRATEGIES[strategy].to_owned(),
        points,
        band,
        style,
        group: strategy,
    }
}

fn theory() -> [Series; 2] {
    let curve = |name: &str, group, f: fn(f64) -> f64| Series {
        name: name.to_owned(),
        points: (10..=1000).map(f64::from).map(|n| (n, f(n))).collect(),
        band: Vec::new(),
        style: SeriesStyle::Theory,
        group,
    };
    [
        curve("n·d", 0, |n| n * 300.0),
        curve("⌈n/c⌉·d", 3, |n| (n / 32.0).ceil() * 300.0),
    ]
}

pub(super) fn makespan_panels(log: bool) -> LineChart {
    let panel = |title: &str, kubernetes| LinePanel {
        title: title.to_owned(),
        series: (0..4)
            .map(|s| {
                measured(
                    s,
                    kubernetes,
                    SeriesStyle::Measured,
                    if kubernetes { 0.08 } else { 0.0 },
                )
            })
            .chain(theory())
            .collect(),
    };
    let (x, y) = (Axis::count("Jobs n", "").ticks_at(SIZES), Axis::time("makespan"));
    LineChart {
        title: "n training Jobs: one by one against all at once".to_owned(),
        subtitle:
            "ml-train, d = 5 min, on 4 nodes × 8 GPUs (c = 32 slots); 20 replications, seed 1; bands: 95 % confidence"
                .to_owned(),
        x: if log { x.log() } else { x },
        y: if log { y.log() } else { y },
        panels: vec![
            panel("control plane: ideal", false),
            panel("control plane: kubernetes", true),
        ],
        note: Some("Dashed: what theory says without a control plane.".to_owned()),
    }
}

pub(super) fn makespan_single() -> LineChart {
    let mut chart = makespan_panels(true);
    chart.panels.truncate(2);
    chart.panels.remove(0);
    chart.panels[0].title.clear();
    chart
}

fn speed_ups(kubernetes: bool, style: SeriesStyle) -> Vec<Series> {
    let ratio = |s: usize, n: f64| makespan(0, n, kubernetes) / makespan(s, n, kubernetes);
    let series = |s: usize| Series {
        name: STRATEGIES[s].to_owned(),
        points: SIZES.iter().map(|&n| (n, ratio(s, n))).collect(),
        band: Vec::new(),
        style,
        group: s,
    };
    let slots = Series {
        name: "bound: c = 32 slots".to_owned(),
        points: vec![(10.0, 32.0), (1000.0, 32.0)],
        band: Vec::new(),
        style: SeriesStyle::Bound,
        group: 6,
    };
    (1..4).map(series).chain([slots]).collect()
}

pub(super) fn speed_up() -> LineChart {
    let panel = |title: &str, kubernetes| LinePanel {
        title: title.to_owned(),
        series: speed_ups(kubernetes, SeriesStyle::Measured),
    };
    LineChart {
        title: "Speed-up over sequential submission".to_owned(),
        subtitle: "ml-train, d = 5 min, on 4 nodes × 8 GPUs".to_owned(),
        x: Axis::count("Jobs n", "").log().ticks_at(SIZES),
        y: Axis::number("speed-up", "×"),
        panels: vec![
            panel("control plane: ideal", false),
            panel("control plane: kubernetes", true),
        ],
        note: None,
    }
}

/// Two settings in one panel, told apart by dashes and hollow markers.
pub(super) fn contrast() -> LineChart {
    let mut chart = speed_up();
    let ideal = speed_ups(false, SeriesStyle::Contrast).into_iter().take(3);
    let named = |s: Series, plane: &str| Series {
        name: format!("{}, {plane}", s.name),
        ..s
    };
    let kubernetes = speed_ups(true, SeriesStyle::Measured)
        .into_iter()
        .take(3)
        .map(|s| named(s, "kubernetes"));
    let series = kubernetes.chain(ideal.map(|s| named(s, "ideal"))).collect();
    chart.panels = vec![LinePanel {
        title: String::new(),
        series,
    }];
    chart
}

fn steps(name: &str, group: usize, style: SeriesStyle, values: impl Iterator<Item = (f64, f64)>) -> StepSeries {
    StepSeries {
        name: name.to_owned(),
        steps: values.collect(),
        style,
        group,
    }
}

pub(super) fn queue_and_gpus() -> StepChart {
    // 320 Jobs at once on 32 slots, runtimes spread a little: the queue falls, the GPUs stay full until the tail.
    let queue = (0..=320).map(|i| {
        (
            f64::from(i) * 10.2 + f64::from((i * 37) % 11),
            f64::from((288 - i).max(0)),
        )
    });
    let busy = |i: i32| if i < 288 { 32 - (i * 7) % 3 } else { 320 - i };
    let gpus = (0..=320).map(|i| {
        (
            f64::from(i) * 10.2 + f64::from((i * 37) % 11),
            f64::from(busy(i)) / 32.0,
        )
    });
    StepChart {
        title: "Queue and GPUs while 320 Jobs run".to_owned(),
        subtitle:
            "parallel submission, 4 nodes × 8 GPUs, lognormal(median=5m, p95=7m), control plane kubernetes, seed 1"
                .to_owned(),
        x: Axis::time("time since the first submission"),
        panels: vec![
            StepPanel {
                y: Axis::count("pending", "pods"),
                series: vec![steps("", 0, SeriesStyle::Measured, queue)],
            },
            StepPanel {
                y: Axis::share("GPUs allocated"),
                series: vec![steps("", 2, SeriesStyle::Measured, gpus)],
            },
        ],
        end: Some(3350.0),
        note: None,
    }
}

pub(super) fn autoscaler() -> StepChart {
    let load = |i: i32| 400.0 - 380.0 * (f64::from(i) / 288.0 * std::f64::consts::TAU).cos() + f64::from((i * 31) % 17);
    let minutes = |i: i32| f64::from(i) * 300.0;
    let wanted = |i: i32| (load(i) / 62.0).ceil().clamp(2.0, 12.0);
    let have = |i: i32| (load((i - 2).max(0)) / 62.0).ceil().clamp(2.0, 12.0);
    StepChart {
        title: "A Deployment under a daily load".to_owned(),
        subtitle: "HPA v2 on CPU, target 60 %, 2 to 12 replicas, sync every 15 s, scale-down stabilisation 5 min"
            .to_owned(),
        x: Axis::time("time"),
        panels: vec![
            StepPanel {
                y: Axis::number("load", "requests/s"),
                series: vec![steps(
                    "",
                    4,
                    SeriesStyle::Measured,
                    (0..=288).map(|i| (minutes(i), load(i))),
                )],
            },
            StepPanel {
                y: Axis::count("replicas", "pods"),
                series: vec![
                    steps(
                        "ready",
                        0,
                        SeriesStyle::Measured,
                        (0..=288).map(|i| (minutes(i), have(i))),
                    ),
                    steps(
                        "desired",
                        1,
                        SeriesStyle::Measured,
                        (0..=288).map(|i| (minutes(i), wanted(i))),
                    ),
                    steps("maxReplicas", 6, SeriesStyle::Bound, [(0.0, 12.0)].into_iter()),
                ],
            },
            StepPanel {
                y: Axis::share("CPU utilisation"),
                series: vec![
                    steps(
                        "of requests",
                        2,
                        SeriesStyle::Measured,
                        (0..=288).map(|i| (minutes(i), load(i) / have(i) / 100.0)),
                    ),
                    steps("target", 6, SeriesStyle::Bound, [(0.0, 0.6)].into_iter()),
                ],
            },
        ],
        end: None,
        note: None,
    }
}

fn bar(start_s: f64, end_s: f64, label: String, kind: BarKind) -> Bar {
    Bar {
        start_s,
        end_s,
        label,
        kind,
    }
}

pub(super) fn attempts(nodes: usize, slots: usize, waves: usize) -> GanttChart {
    let mut lanes = Vec::new();
    for node in 0..nodes {
        let mut bars = Vec::new();
        for slot in 0..slots {
            let mut t = 2.0 + (node * slots + slot) as f64 * 0.3;
            for wave in 0..waves {
                let job = (wave * nodes + node) * slots + slot;
                let start = t + 4.0 + (job % 5) as f64;
                let failed = job % 9 == 4;
                let end = start
                    + if failed {
                        90.0
                    } else {
                        240.0 + ((job * 53) % 120) as f64
                    };
                bars.push(bar(t, start, String::new(), BarKind::Starting));
                let kind = if failed { BarKind::Failed } else { BarKind::Ok };
                bars.push(bar(start, end, format!("ml-train-{job}"), kind));
                t = end + 1.0;
            }
        }
        lanes.push(Lane {
            name: format!("gpu-node-{node}"),
            bars,
        });
    }
    GanttChart {
        title: "Attempts on nodes".to_owned(),
        subtitle: format!(
            "{} Jobs submitted in parallel on {nodes} nodes × {slots} GPUs, 1 in 9 attempts fails",
            nodes * slots * waves
        ),
        x: Axis::time("time since the first submission"),
        lanes_are: "nodes".to_owned(),
        lanes,
        note: None,
    }
}

pub(super) fn backoff() -> GanttChart {
    let mut bars = vec![bar(0.0, 3.0, String::new(), BarKind::Pending)];
    let mut t = 3.0;
    for (i, wait) in [10.0, 20.0, 40.0, 0.0].iter().enumerate() {
        bars.push(bar(t, t + 4.0, String::new(), BarKind::Starting));
        bars.push(bar(t + 4.0, t + 34.0, format!("attempt {}", i + 1), BarKind::Failed));
        bars.push(bar(t + 34.0, t + 34.0 + wait, "back-off".to_owned(), BarKind::Pending));
        t += 34.0 + wait;
    }
    let good = vec![
        bar(0.0, 3.0, String::new(), BarKind::Pending),
        bar(3.0, 7.0, String::new(), BarKind::Starting),
        bar(7.0, 97.0, "attempt 1".to_owned(), BarKind::Ok),
    ];
    GanttChart {
        title: "A Job that always fails".to_owned(),
        subtitle: "backoffLimit 3, each attempt 30 s".to_owned(),
        x: Axis::time("time since submission"),
        lanes_are: "Jobs".to_owned(),
        lanes: vec![
            Lane {
                name: "always-fails".to_owned(),
                bars,
            },
            Lane {
                name: "well-behaved".to_owned(),
                bars: good,
            },
        ],
        note: Some("The pods' back-off doubles from 10 s.".to_owned()),
    }
}
