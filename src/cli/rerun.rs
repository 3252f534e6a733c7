//! `makespan rerun`: the same bytes again, from a manifest.

use crate::api::problem::Problems;
use crate::cli::args::{OutputArgs, RerunArgs};
use crate::cli::invocation::{Invocation, Kind};
use crate::cli::sweep::Part;
use crate::cli::ui::{Stop, Ui};
use crate::cli::{compare, diff, plan, run, sweep};
use crate::experiment::sweep::Shard;

/// Repeats what `args.manifest` tells; returns the exit code.
pub fn execute(args: &RerunArgs, output: &OutputArgs) -> Result<u8, Stop> {
    let place = args.manifest.display();
    let text = std::fs::read_to_string(&args.manifest).map_err(|error| {
        Stop::bad_input(format!(
            "{place}: cannot be read: {error}\n  hint: give the manifest.json that a run wrote into its folder"
        ))
    })?;
    let mut invocation: Invocation = serde_json::from_str(&text).map_err(|error| {
        Stop::bad_input(format!(
            "{place}: is no manifest of a run: {error}\n  hint: give the manifest.json that a run wrote"
        ))
    })?;
    let mine = env!("CARGO_PKG_VERSION");
    if invocation.makespan != mine {
        Ui::new(output).note(&format!(
            "warning: {place} was written by version {}, this is {mine}; results may differ (CHANGELOG.md, \"Results that changed\")",
            invocation.makespan
        ));
    }
    invocation.charts &= !output.no_charts;
    match invocation.command {
        Kind::Compare => compare::execute(&invocation, output, Problems::new()),
        Kind::Run => run::execute(&invocation, output, Problems::new()),
        Kind::Plan => plan::execute(&invocation, output, Problems::new()),
        Kind::Sweep => {
            let part = Part {
                resume: false,
                shard: Shard::WHOLE,
            };
            sweep::execute(&invocation, part, output, Problems::new())
        }
        Kind::Diff => diff::execute(&invocation, output, Problems::new()),
    }
}
