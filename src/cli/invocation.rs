//! An invocation: everything a run depends on, as it is kept in `manifest.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::api::problem::Problems;
use crate::api::value::{Document, Source};
use crate::cli::args::{CompareArgs, DiffArgs, PlanArgs, RunArgs, ScenarioArgs, SweepArgs};
use crate::cli::diff::Diffing;
use crate::cli::sweep::Sweeping;
use crate::control::Preset;
use crate::scenario::document::MAX_JOBS;
use crate::scenario::load::{Flags, load, load_documents, parse};
use crate::scenario::{Compare, Scenario, sources, vary};
use crate::workload::strategy::Strategy;

/// The built-in experiment, as it is shipped in `scenarios/`.
const BUILT_IN: &str = include_str!("../../scenarios/sequential-vs-parallel.yaml");
/// Its name in messages.
const BUILT_IN_NAME: &str = "built-in:sequential-vs-parallel.yaml";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `makespan compare`.
    Compare,
    /// `makespan run`.
    Run,
    /// `makespan plan`.
    Plan,
    /// `makespan sweep`.
    Sweep,
    /// `makespan diff`.
    Diff,
}

/// One input, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its path as it was given.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Factors of a comparison as flags give them; empty: the scenario's, or the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factors {
    /// `--n`.
    pub n: Vec<u64>,
    /// `--nodes`.
    pub nodes: Vec<u64>,
    /// `--strategies`.
    pub strategies: Vec<String>,
    /// `--control-planes`.
    pub control_planes: Vec<String>,
    /// `--replications`.
    pub replications: Option<u64>,
}

/// The question of a plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planning {
    /// `--goal`.
    pub goal: String,
    /// `--vary`.
    pub vary: String,
    /// `--confidence`, as a share.
    pub confidence: f64,
    /// `--replications`.
    pub replications: usize,
}

/// Everything a run depends on besides the program itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// The program's version.
    pub makespan: String,
    /// What is to be done.
    pub command: Kind,
    /// Name of the experiment where the inputs give none.
    pub name: String,
    /// Flags about workload and cluster.
    pub flags: Flags,
    /// Flags about the comparison.
    pub factors: Factors,
    /// The question of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planning: Option<Planning>,
    /// The question of a sweep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweeping>,
    /// The question of a diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<Diffing>,
    /// Whether every pod is listed.
    pub pods: bool,
    /// Whether charts are drawn.
    pub charts: bool,
    /// The inputs, whole.
    pub inputs: Vec<Input>,
    /// Digest of each data file that the run wrote. A rerun compares its own, so that a change of what is not in here (a CSV
    /// file that a distribution names, the program) does not go unseen.
    #[serde(default)]
    pub results: BTreeMap<String, String>,
}

impl Invocation {
    /// The invocation of `makespan compare`; sources that cannot be read are told.
    pub fn compare(args: &CompareArgs, charts: bool, problems: &mut Problems) -> Self {
        let mut flags = flags(&args.scenario);
        flags.nodes = args.nodes.first().map(|n| u32::try_from(*n).unwrap_or(u32::MAX));
        Self {
            makespan: version(),
            command: Kind::Compare,
            name: name_of(&args.files),
            flags,
            factors: Factors {
                n: args.n.clone(),
                nodes: args.nodes.clone(),
                strategies: args.strategies.clone(),
                control_planes: args.control_planes.clone(),
                replications: args.replications,
            },
            planning: None,
            sweep: None,
            diff: None,
            pods: false,
            charts,
            inputs: inputs(&args.files, problems),
            results: BTreeMap::new(),
        }
    }

    /// The invocation of `makespan run`.
    pub fn run(args: &RunArgs, charts: bool, problems: &mut Problems) -> Self {
        let mut flags = flags(&args.scenario);
        flags.nodes = args.nodes;
        flags.strategy.clone_from(&args.strategy);
        flags.arrivals.clone_from(&args.arrivals);
        flags.control_plane.clone_from(&args.control_plane);
        Self {
            makespan: version(),
            command: Kind::Run,
            name: name_of(&args.files),
            flags,
            factors: Factors::default(),
            planning: None,
            sweep: None,
            diff: None,
            pods: args.pods,
            charts,
            inputs: inputs(&args.files, problems),
            results: BTreeMap::new(),
        }
    }

    /// The invocation of `makespan plan`.
    pub fn plan(args: &PlanArgs, charts: bool, problems: &mut Problems) -> Self {
        let planning = Planning {
            goal: args.goal.clone(),
            vary: args.vary.clone(),
            confidence: args.confidence,
            replications: usize::try_from(args.replications).unwrap_or(usize::MAX),
        };
        Self {
            command: Kind::Plan,
            planning: Some(planning),
            ..Self::run(&args.run, charts, problems)
        }
    }

    /// The invocation of `makespan sweep`.
    pub fn sweep(args: &SweepArgs, charts: bool, problems: &mut Problems) -> Self {
        let points = args.points.as_ref().and_then(|path| {
            let text = std::fs::read_to_string(path);
            let told =
                |error| problems.general_error(format!("--points: {}: cannot be read: {error}", path.display()), None);
            text.map_err(told).ok()
        });
        let sweep = Sweeping {
            vary: args.vary.clone(),
            points,
            metrics: args.metrics.clone(),
            replications: usize::try_from(args.replications).unwrap_or(usize::MAX),
            until_ci: args.until_ci.clone(),
            max_replications: usize::try_from(args.max_replications).unwrap_or(usize::MAX),
            confidence: args.confidence,
        };
        Self {
            command: Kind::Sweep,
            sweep: Some(sweep),
            ..Self::run(&args.run, charts, problems)
        }
    }

    /// The invocation of `makespan diff`.
    pub fn diff(args: &DiffArgs, problems: &mut Problems) -> Self {
        let listed = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<String>>();
        let files = [listed(&args.a), args.b.as_deref().map(listed).unwrap_or_default()];
        let a = name_of(&files[0]);
        let b = args
            .b
            .as_ref()
            .map_or_else(|| "what-if".to_owned(), |_| name_of(&files[1]));
        let run = RunArgs {
            files: files[0].clone(),
            nodes: args.nodes,
            scenario: args.scenario.clone(),
            ..RunArgs::default()
        };
        let diff = Diffing {
            names: if a == b {
                [format!("{a}-a"), format!("{b}-b")]
            } else {
                [a, b]
            },
            inputs: args.b.as_ref().map(|_| inputs(&files[1], problems)),
            with: args.with.clone(),
            metrics: args.metrics.clone(),
            replications: usize::try_from(args.replications).unwrap_or(usize::MAX),
            confidence: args.confidence,
        };
        Self {
            command: Kind::Diff,
            diff: Some(diff),
            ..Self::run(&run, true, problems)
        }
    }

    /// The comparison that `makespan run` makes of a scenario that is one: what its flags say holds for all runs.
    pub fn as_comparison(&self) -> Self {
        let flags = &self.flags;
        Self {
            command: Kind::Compare,
            factors: Factors {
                nodes: flags.nodes.iter().map(|n| u64::from(*n)).collect(),
                strategies: flags.strategy.iter().cloned().collect(),
                control_planes: flags.control_plane.iter().cloned().collect(),
                ..Factors::default()
            },
            ..self.clone()
        }
    }

    /// The inputs as sources.
    fn sources(&self) -> Vec<Arc<Source>> {
        self.inputs
            .iter()
            .map(|input| {
                Arc::new(Source {
                    name: input.name.clone(),
                    text: input.text.clone(),
                })
            })
            .collect()
    }

    /// The flags with the variables of the environment.
    fn flags(&self) -> Flags {
        Flags {
            variables: variables(),
            ..self.flags.clone()
        }
    }

    /// Reads and checks the scenario.
    pub fn scenario(&self, problems: &mut Problems) -> Option<Scenario> {
        load(&self.name, &self.sources(), &self.flags(), problems)
    }

    /// The documents of the inputs. What is wrong with them, [`Self::scenario`] tells.
    pub fn documents(&self) -> Vec<Document> {
        parse(&self.sources(), &mut Problems::new())
    }

    /// The scenario with values set to others, each by its path, as `flag` asks.
    pub fn variant(
        &self,
        flag: &str,
        documents: &[Document],
        assignments: &[(&str, &str)],
        problems: &mut Problems,
    ) -> Option<Scenario> {
        let (mut documents, mut flags) = (documents.to_vec(), self.flags());
        for (path, value) in assignments {
            if let Err(error) = vary::assign(&mut documents, &mut flags, path, value) {
                problems.general_error(format!("{flag}: {error}"), None);
                return None;
            }
        }
        load_documents(&self.name, documents, &flags, problems)
    }

    /// The factors of the comparison: flags over the scenario's over the defaults. What is wrong is told.
    ///
    /// Without a scenario, because that is wrong itself, the flags are checked all the same.
    pub fn factors(&self, scenario: Option<&Scenario>, problems: &mut Problems) -> Compare {
        let mut compare = scenario.and_then(|s| s.compare.clone()).unwrap_or_default();
        let given = &self.factors;
        if !given.n.is_empty() {
            compare.n = counts("--n", &given.n, MAX_JOBS, problems);
        }
        if given.nodes.len() > 1 {
            compare.nodes = counts("--nodes", &given.nodes, 1_000_000, problems);
        } else if !given.nodes.is_empty() {
            compare.nodes = Vec::new();
        }
        if !given.strategies.is_empty() {
            compare.strategies = parsed("--strategies", &given.strategies, problems);
        }
        if !given.control_planes.is_empty() {
            compare.control_planes = parsed::<Preset>("--control-planes", &given.control_planes, problems);
        }
        if let Some(replications) = given.replications {
            compare.replications = counts("--replications", &[replications], 1_000_000, problems)
                .first()
                .copied()
                .unwrap_or(1);
        }
        if scenario.is_some_and(|s| s.jobs.is_empty()) {
            problems.general_error(
                "there is no Job to compare submissions of",
                Some("give a manifest with at least one Job; makespan run plays other workloads".to_owned()),
            );
        }
        let arrivals = |strategy: &Strategy| matches!(strategy, Strategy::Arrivals(_));
        if self.flags.arrivals.is_some() || compare.strategies.iter().any(arrivals) {
            problems.general_error(
                "arrivals are not compared",
                Some("use makespan run --arrivals, with a scenario that has no spec.compare".to_owned()),
            );
        }
        let runs = crate::experiment::compare::runs(&compare) as u64;
        let jobs: u64 = compare.n.iter().map(|n| u64::from(*n)).sum::<u64>() * (runs / compare.n.len().max(1) as u64);
        if jobs > MOST_JOBS_IN_ALL {
            problems.general_error(
                format!("the comparison would play {jobs} Jobs in {runs} runs, more than {MOST_JOBS_IN_ALL}"),
                Some("ask for fewer or smaller n, or fewer replications".to_owned()),
            );
        }
        dedup(&mut compare.n);
        dedup(&mut compare.nodes);
        dedup(&mut compare.strategies);
        dedup(&mut compare.control_planes);
        compare
    }
}

/// Jobs that one comparison may play: some hours of computing.
const MOST_JOBS_IN_ALL: u64 = 10_000_000_000;

fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// Drops repetitions, keeping the order.
fn dedup<T: PartialEq>(list: &mut Vec<T>) {
    let mut kept: Vec<T> = Vec::with_capacity(list.len());
    for item in list.drain(..) {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    *list = kept;
}

fn flags(args: &ScenarioArgs) -> Flags {
    Flags {
        runtime: args.runtime.clone(),
        failure: args.failure.clone(),
        set: args.set.clone(),
        seed: args.seed,
        until: args.until.clone(),
        gpus_per_node: args.gpus_per_node,
        slow_twin: args.slow_twin,
        ..Flags::default()
    }
}

/// The variables of the environment that scenarios may use: those whose names begin with `MAKESPAN_`.
pub(super) fn variables() -> sources::Variables {
    let text =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, _)| name.starts_with("MAKESPAN_")).collect()
}

fn inputs(files: &[String], problems: &mut Problems) -> Vec<Input> {
    if files.is_empty() {
        return vec![Input {
            name: BUILT_IN_NAME.to_owned(),
            text: BUILT_IN.to_owned(),
        }];
    }
    let sources = sources::read(files, problems);
    sources
        .iter()
        .map(|source| Input {
            name: source.name.clone(),
            text: source.text.clone(),
        })
        .collect()
}

/// The name of an experiment: that of its first file, without folder and ending.
fn name_of(files: &[String]) -> String {
    let stem = files
        .first()
        .and_then(|file| std::path::Path::new(file).file_stem()?.to_str());
    let name: String = stem
        .unwrap_or("run")
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    if name.chars().all(|c| "-.".contains(c)) {
        "run".to_owned()
    } else {
        name
    }
}

fn counts(flag: &str, given: &[u64], most: u32, problems: &mut Problems) -> Vec<u32> {
    let mut counts = Vec::new();
    for &n in given {
        match u32::try_from(n).ok().filter(|n| (1..=most).contains(n)) {
            Some(n) => counts.push(n),
            None => problems.general_error(
                format!("{flag}: {n} is out of range"),
                Some(format!("give whole numbers from 1 to {most}")),
            ),
        }
    }
    counts
}

fn parsed<T: std::str::FromStr>(flag: &str, given: &[String], problems: &mut Problems) -> Vec<T>
where
    T::Err: std::fmt::Display,
{
    let mut values = Vec::new();
    for text in given {
        match text.trim().parse() {
            Ok(value) => values.push(value),
            Err(error) => problems.general_error(format!("{flag}: {error}"), None),
        }
    }
    values
}
