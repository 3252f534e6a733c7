//! The arguments as they are typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::experiment::sweep::Shard;
use crate::experiment::sweep::metrics::{EVERY, USUAL};

/// Exit codes, in words for `--help`.
const EXIT_CODES: &str = "Exit codes: 0 good; 1 ran, but a check failed or Jobs did not finish; 2 bad input; 3 internal error; 4 skipped, because a trace is not on this machine; 130 interrupted.";

/// Plays Kubernetes clusters that run machine-learning workloads, in virtual time.
///
/// Without a command it plays the built-in experiment: n training Jobs one by one against all at once.
#[derive(Debug, Parser)]
#[command(name = "makespan", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What is shown and written.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare submission strategies: how does completion time grow with n?
    #[command(after_help = "\
Examples:
  makespan compare
      the built-in experiment: 5-minute Jobs on 4 nodes of 8 GPUs
  makespan compare job.yaml --nodes 4 --gpus-per-node 8 --n 10,100,1000 \\
      --runtime 'lognormal(median=20m,p95=1h)' --replications 20 --seed 1
  makespan compare job.yaml --runtime 5m --nodes 1,2,4,8 --n 200 --strategies parallel
      the same n on clusters of different sizes")]
    Compare(CompareArgs),
    /// Play manifests or a scenario once, and show what became of every Job and node.
    #[command(after_help = "\
Examples:
  makespan run job.yaml --runtime 5m --nodes 2 --gpus-per-node 8
  makespan run manifests/ --runtime 'exponential(mean=10m)' --failure 'fail(p=0.05)' --seed 7
  kubectl get nodes,jobs -o yaml | makespan run - --runtime 20m --format json
  makespan run scenarios/mixed-team.yaml --control-plane ideal
  makespan run job.yaml --runtime 5m --set jobController.kubeAPIQPS=200")]
    Run(RunArgs),
    /// Find the smallest value of something, such as the number of nodes, that meets a goal.
    #[command(after_help = "\
Examples:
  makespan plan job.yaml --runtime 'exponential(mean=20m)' --nodes 1 --gpus-per-node 8 \\
      --vary nodes=1..16 --goal 'p95(wait) <= 15m'
  makespan plan scenarios/mixed-team.yaml --vary nodes.big=2..16 \\
      --goal 'p95(wait[gpus=8]) <= 4h and failed_jobs <= 1'

A goal is one or more of METRIC <= VALUE or METRIC >= VALUE, joined by \"and\", about the mean over runs of
makespan, mean(wait), p95(wait), max(wait), p95(turnaround), mean(queue), max(queue), utilization,
goodput, failed_jobs, unfinished_jobs or attempts. Jobs are chosen by [job=NAME], [gpus=N],
[namespace=NAME], [priorityClass=NAME] or [LABEL=VALUE] behind the metric's name.")]
    Plan(PlanArgs),
    /// Play every combination of some values, several times each, and bring the results together.
    #[command(after_help = "\
Examples:
  makespan sweep job.yaml --runtime 'exponential(mean=20m)' --gpus-per-node 8 --nodes 1 \\
      --vary nodes=1..8 --vary controlPlane.jobController.kubeAPIQPS=20,100 --replications 20
  makespan sweep scenarios/mixed-team.yaml --vary nodes.big=log:2..64:6 --until-ci 'p95(wait) < 5%'
      more runs where intervals are still wide
  makespan sweep scenarios/mixed-team.yaml --vary nodes.big=2..16 --resume
      goes on where an earlier one was stopped or killed
  makespan sweep scenarios/mixed-team.yaml --vary nodes.big=2..16 --shard 1/4 --output part-1
      a quarter of the runs; makespan merge brings the quarters together

Values and metrics are written as for makespan plan. All combinations meet the same luck.")]
    Sweep(SweepArgs),
    /// Bring the shards of a sweep together.
    #[command(
        after_help = "Example:\n  makespan merge part-1 part-2 part-3 part-4 --output results/all\n\nGaps, duplicates, changed files and other versions are refused."
    )]
    Merge(MergeArgs),
    /// Play two scenarios on the same luck, and tell where they differ.
    #[command(after_help = "\
Examples:
  makespan diff now.yaml with-more-nodes.yaml --replications 30
  makespan diff scenarios/mixed-team.yaml --with nodes.big=6
      what if there were six big nodes?
  makespan diff before/ after/ --runtime 'exponential(mean=20m)' --metrics 'p95(wait),makespan'")]
    Diff(DiffArgs),
    /// Tell the whole story of a pod: its events, and what kept it from nodes.
    #[command(after_help = "\
Examples:
  makespan explain job/train job.yaml --runtime 5m --nodes 2 --gpus-per-node 8
      every pod of the Job
  makespan explain train-x7k2p scenarios/mixed-team.yaml --seed 3
      one pod, by its name in this run
  makespan explain deployment/front manifests/ --format json")]
    Explain(ExplainArgs),
    /// Tell everything that is wrong with manifests, or not what was meant, before a cluster does.
    #[command(after_help = "\
Examples:
  makespan check job.yaml
  makespan check manifests/ --format sarif > check.sarif
      for code hosts and editors
  kubectl get jobs,deployments -o yaml | makespan check -
  makespan check --explain gpu-not-in-limits
      the lesson about one kind of problem; `--explain list` names all kinds

Errors are what the API server would refuse, in its words (exit code 2); warnings are accepted, but
probably not what was meant; notes are not simulated. docs/checks.md has all of them.")]
    Check(CheckArgs),
    /// Replay recordings of real clusters, and tell where the simulation differs.
    #[command(after_help = "\
Examples:
  makespan validate tests/recordings/seq-10
  makespan validate tests/recordings --format json > validation.json
      every recording in that folder; for each {name, ok, makespan_s, checks}
  makespan validate my-cluster-r1 my-cluster-r2
      two recordings of one scenario: the spread between them is allowed, too

docs/recording-format.md says what a recording is, and how to make one of your own cluster.")]
    Validate(ValidateArgs),
    /// Repeat a run or comparison exactly from its manifest.json.
    #[command(
        after_help = "Example:\n  makespan rerun results/sequential-vs-parallel/manifest.json --output /somewhere/else"
    )]
    Rerun(RerunArgs),
    /// List the settings of the control plane that --set and scenarios know.
    Settings,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  makespan completions bash > ~/.local/share/bash-completion/completions/makespan"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// How results are shown on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and sentences for people.
    #[default]
    Table,
    /// One JSON object.
    Json,
    /// The main CSV file.
    Csv,
    /// Findings of `makespan check` as SARIF 2.1.0.
    Sarif,
}

/// What is shown and written.
#[derive(Clone, Debug, Default, Args)]
pub struct OutputArgs {
    /// How results are shown on standard output.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: Format,
    /// Say nothing but results and errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Take warnings for errors: what a manifest asks for and makespan leaves out stops it.
    #[arg(long, global = true)]
    pub strict: bool,
    /// Folder for CSV files and charts [default: results/NAME].
    #[arg(long, value_name = "DIR", global = true)]
    pub output: Option<PathBuf>,
    /// Do not draw charts.
    #[arg(long, global = true)]
    pub no_charts: bool,
    /// Threads for independent runs [default: all cores]. Results do not depend on it.
    #[arg(long, value_name = "N", global = true, value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
}

/// What gives manifests that which they lack.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Workload and cluster")]
pub struct ScenarioArgs {
    /// Run time of pods whose manifest gives none: 5m, or a distribution such as lognormal(median=20m,p95=1h).
    #[arg(long, value_name = "TIME")]
    pub runtime: Option<String>,
    /// How pods end whose manifest does not say: fail, exit:3, 'fail,fail,ok', 5% or 'fail(p=0.05)'.
    #[arg(long, value_name = "OUTCOME")]
    pub failure: Option<String>,
    /// Seed of all random draws.
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Stop at this virtual time.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// GPUs on each node of --nodes.
    #[arg(long, value_name = "N", value_parser = whole_u32, allow_negative_numbers = true)]
    pub gpus_per_node: Option<u32>,
    /// One setting of the control plane; may be repeated (makespan settings lists them).
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Take no short cuts in the scheduler: the same results, slowly, to check the quick ways against.
    #[arg(long)]
    pub slow_twin: bool,
}

/// Arguments of `compare`.
#[derive(Clone, Debug, Default, Args)]
pub struct CompareArgs {
    /// Manifests and at most one Scenario: files, folders, - for standard input. Without any, the built-in Job.
    #[arg(value_name = "FILES")]
    pub files: Vec<String>,
    /// Numbers of Jobs.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = whole, allow_negative_numbers = true)]
    pub n: Vec<u64>,
    /// Numbers of equal nodes to compare on; they replace nodes of the files.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = whole, allow_negative_numbers = true)]
    pub nodes: Vec<u64>,
    /// Submission strategies: sequential, parallel, batched:K, windowed:K.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub strategies: Vec<String>,
    /// Control planes: ideal, kubernetes.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub control_planes: Vec<String>,
    /// Runs of each combination, with independent seeds; 2 or more give confidence intervals.
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub replications: Option<u64>,
    /// What gives manifests that which they lack.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

/// Arguments of `run`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    /// Manifests and at most one Scenario: files, folders, - for standard input.
    #[arg(value_name = "FILES", required = true)]
    pub files: Vec<String>,
    /// Number of equal nodes, in place of nodes of the files.
    #[arg(long, value_name = "N", value_parser = whole_u32, allow_negative_numbers = true)]
    pub nodes: Option<u32>,
    /// How Jobs are submitted: sequential, parallel, batched:K, windowed:K.
    #[arg(long, value_name = "STRATEGY")]
    pub strategy: Option<String>,
    /// When Jobs arrive: poisson(rate=2/s), every(10s), csv(file.csv,column=arrival_s).
    #[arg(long, value_name = "PROCESS")]
    pub arrivals: Option<String>,
    /// The control plane: ideal, kubernetes.
    #[arg(long, value_name = "PRESET")]
    pub control_plane: Option<String>,
    /// List every pod, too (pods.csv, and pods in JSON).
    #[arg(long)]
    pub pods: bool,
    /// What gives manifests that which they lack.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

/// Arguments of `plan`.
#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// What is played.
    #[command(flatten)]
    pub run: RunArgs,
    /// What is asked of the cluster: 'p95(wait) <= 15m and failed_jobs <= 1'.
    #[arg(long, value_name = "GOAL")]
    pub goal: String,
    /// What is varied, and the values that may be tried, in order: nodes.a100=1..64, jobs.train.copies=10,100.
    #[arg(long, value_name = "PATH=VALUES")]
    pub vary: String,
    /// How sure the answer must be, in per cent.
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = share)]
    pub confidence: f64,
    /// The most runs of one value.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = whole, allow_negative_numbers = true)]
    pub replications: u64,
}

/// Arguments of `sweep`.
#[derive(Clone, Debug, Args)]
pub struct SweepArgs {
    /// What is played.
    #[command(flatten)]
    pub run: RunArgs,
    /// What is varied, and its values: nodes.a100=1..64, rate=2/h,4/h, jobs.train.copies=log:10..1000:5; repeat it for all combinations.
    #[arg(long, value_name = "PATH=VALUES")]
    pub vary: Vec<String>,
    /// A CSV file of combinations: the first line names what is varied.
    #[arg(long, value_name = "FILE")]
    pub points: Option<PathBuf>,
    /// Runs of each combination; with --until-ci, before intervals are looked at.
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true)]
    pub replications: u64,
    /// What is measured in each run.
    #[arg(long, value_name = "METRICS", default_value = USUAL)]
    pub metrics: String,
    /// Add runs until intervals are as narrow as this: 'p95(wait) < 5% and makespan < 30s' (half their width).
    #[arg(long, value_name = "PRECISION")]
    pub until_ci: Option<String>,
    /// The most runs of a combination with --until-ci.
    #[arg(long, value_name = "N", default_value = "1000", value_parser = whole, allow_negative_numbers = true)]
    pub max_replications: u64,
    /// Confidence of the intervals, in per cent.
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = share)]
    pub confidence: f64,
    /// Go on with the runs that are in the output folder, if there are any.
    #[arg(long)]
    pub resume: bool,
    /// Do one of several parts only, such as 1/4.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

/// Arguments of `merge`.
#[derive(Clone, Debug, Args)]
pub struct MergeArgs {
    /// Folders with all shards of a sweep; the result goes to --output, or into the first one.
    #[arg(value_name = "FOLDERS", required = true)]
    pub folders: Vec<PathBuf>,
}

/// Arguments of `diff`.
#[derive(Clone, Debug, Args)]
pub struct DiffArgs {
    /// The first scenario: a file or folder, or several with commas between.
    #[arg(value_name = "A")]
    pub a: String,
    /// The second scenario. Without it, the first one again, changed by --with.
    #[arg(value_name = "B", required_unless_present = "with")]
    pub b: Option<String>,
    /// What is different in the second scenario, by its path: nodes.a100=8; may be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub with: Vec<String>,
    /// Runs of each.
    #[arg(long, value_name = "N", default_value = "30", value_parser = whole, allow_negative_numbers = true)]
    pub replications: u64,
    /// What is measured in each run.
    #[arg(long, value_name = "METRICS", default_value = EVERY, hide_default_value = true)]
    pub metrics: String,
    /// Confidence of the intervals, in per cent.
    #[arg(long, value_name = "PERCENT", default_value = "95", value_parser = share)]
    pub confidence: f64,
    /// Number of equal nodes of both, in place of nodes of the files.
    #[arg(long, value_name = "N", value_parser = whole_u32, allow_negative_numbers = true)]
    pub nodes: Option<u32>,
    /// What gives manifests of both that which they lack.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

/// Arguments of `explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// A pod's name, or KIND/NAME of what makes pods: job/train, deployment/web.
    #[arg(value_name = "POD")]
    pub pod: String,
    /// What is played.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Arguments of `check`.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Manifests and Scenarios: files, folders, - for standard input.
    #[arg(value_name = "FILES", required_unless_present = "explain")]
    pub files: Vec<String>,
    /// Tell the lesson about one kind of problem; `list` names them all.
    #[arg(long, value_name = "CODE", conflicts_with = "files")]
    pub explain: Option<String>,
}

/// Arguments of `validate`.
#[derive(Clone, Debug, Args)]
pub struct ValidateArgs {
    /// Folders of recordings, or folders that hold such folders.
    #[arg(value_name = "FOLDER", required = true)]
    pub folders: Vec<PathBuf>,
    /// Show every check, not only those that do not hold.
    #[arg(long)]
    pub all: bool,
    /// Print the tables of docs/validation.md instead.
    #[arg(long, conflicts_with = "all")]
    pub markdown: bool,
}

/// Arguments of `rerun`.
#[derive(Clone, Debug, Args)]
pub struct RerunArgs {
    /// The manifest.json of a run or comparison.
    pub manifest: PathBuf,
}

/// A whole number from 0, with words for people where it is none.
fn whole(text: &str) -> Result<u64, String> {
    text.trim()
        .parse()
        .map_err(|error: std::num::ParseIntError| match error.kind() {
            std::num::IntErrorKind::PosOverflow => "the number is too large".to_owned(),
            _ => "a whole number from 0 is needed".to_owned(),
        })
}

fn whole_u32(text: &str) -> Result<u32, String> {
    u32::try_from(whole(text)?).map_err(|_| "the number is too large".to_owned())
}

/// A share from a number of per cent: 95 and 95% are 0.95.
fn share(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    number
        .filter(|percent| *percent > 50.0 && *percent < 100.0)
        .map(|percent| percent / 100.0)
        .ok_or_else(|| "give per cents between 50 and 100".to_owned())
}

fn threads(text: &str) -> Result<usize, String> {
    let threads = usize::try_from(whole(text)?).ok();
    threads
        .filter(|threads| (1..=4096).contains(threads))
        .ok_or_else(|| "give a number from 1 to 4096".to_owned())
}
