//! The commands: one file each, arguments and a call into the library.

pub mod args;

mod check;

mod compare;

mod diff;

mod explain;

mod figures;

mod invocation;

mod output;

mod plan;

mod rerun;

mod run;

mod sweep;

mod ui;

mod validate;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::api::problem::Problems;
use crate::experiment::sweep::Shard;
use crate::scenario::control_plane::SETTINGS;
use args::{Cli, Command, CompareArgs, Format, OutputArgs};
use invocation::Invocation;
use ui::{Stop, Ui};

/// Runs the program on the process's own arguments.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    tell_bugs();
    let ui = Ui::new(&cli.output);
    let result = std::panic::catch_unwind(|| dispatch(&cli));
    let code = match result {
        Ok(Ok(code)) => code,
        Ok(Err(Stop::Problems(problems))) => {
            ui.problems(&problems);
            if problems.only_absent() {
                ui::SKIPPED
            } else {
                ui::BAD_INPUT
            }
        }
        Ok(Err(Stop::Message(message, code))) => {
            let kind = if code == ui::INTERRUPTED { "" } else { "error: " };
            let _ = writeln!(std::io::stderr(), "{kind}{message}");
            code
        }
        Ok(Err(Stop::OutputClosed)) => ui::GOOD,
        Err(_) => ui::INTERNAL,
    };
    ExitCode::from(code)
}

/// A panic is a bug of ours: say so, with the place.
fn tell_bugs() {
    std::panic::set_hook(Box::new(|info| {
        let _ = writeln!(
            std::io::stderr(),
            "internal error: {info}\n  this is a bug in makespan; please report it with the command and its input"
        );
    }));
}

fn dispatch(cli: &Cli) -> Result<u8, Stop> {
    let output = &cli.output;
    if output.format == Format::Sarif && !matches!(cli.command, Some(Command::Check(_))) {
        return Err(Stop::bad_input("--format sarif: only makespan check has findings"));
    }
    let mut problems = Problems::new();
    match &cli.command {
        None => {
            let invocation = Invocation::compare(&CompareArgs::default(), !output.no_charts, &mut problems);
            compare::execute(&invocation, output, problems)
        }
        Some(Command::Compare(args)) => {
            let invocation = Invocation::compare(args, !output.no_charts, &mut problems);
            compare::execute(&invocation, output, problems)
        }
        Some(Command::Run(args)) => {
            let invocation = Invocation::run(args, !output.no_charts, &mut problems);
            run::execute(&invocation, output, problems)
        }
        Some(Command::Plan(args)) => {
            let invocation = Invocation::plan(args, !output.no_charts, &mut problems);
            plan::execute(&invocation, output, problems)
        }
        Some(Command::Sweep(args)) => {
            let invocation = Invocation::sweep(args, !output.no_charts, &mut problems);
            let part = sweep::Part {
                resume: args.resume,
                shard: args.shard.unwrap_or(Shard::WHOLE),
            };
            sweep::execute(&invocation, part, output, problems)
        }
        Some(Command::Merge(args)) => sweep::merge::execute(args, output),
        Some(Command::Diff(args)) => {
            let invocation = Invocation::diff(args, &mut problems);
            diff::execute(&invocation, output, problems)
        }
        Some(Command::Explain(args)) => explain::execute(args, output, problems),
        Some(Command::Check(args)) => check::execute(args, output, problems),
        Some(Command::Validate(args)) => validate::execute(args, output),
        Some(Command::Rerun(args)) => rerun::execute(args, output),
        Some(Command::Settings) => {
            let width = SETTINGS.iter().map(|setting| setting.name.len()).max().unwrap_or(0);
            let lines = SETTINGS
                .iter()
                .map(|setting| format!("{:width$}  {}\n", setting.name, setting.about));
            Ui::out(&lines.collect::<String>())?;
            Ok(ui::GOOD)
        }
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "makespan", &mut script);
            Ui::out(&String::from_utf8_lossy(&script))?;
            Ok(ui::GOOD)
        }
    }
}

/// Runs `work` on as many threads as were asked for.
fn threads<T: Send>(output: &OutputArgs, work: impl FnOnce() -> T + Send) -> Result<T, Stop> {
    let Some(threads) = output.threads else {
        return Ok(work());
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Stop::Message(format!("--threads: {error}"), ui::INTERNAL))?;
    Ok(pool.install(work))
}
