//! `makespan check`: everything that is wrong with manifests, or not what was meant.

use crate::api::problem::Problems;
use crate::check::{self, Level};
use crate::cli::args::{CheckArgs, Format, OutputArgs};
use crate::cli::invocation;
use crate::cli::ui::{self, Stop, Ui};
use crate::scenario::load::Flags;
use crate::scenario::{checked, sources};

/// Checks the files, or tells a lesson; returns the exit code.
pub fn execute(args: &CheckArgs, output: &OutputArgs, mut problems: Problems) -> Result<u8, Stop> {
    if let Some(code) = &args.explain {
        let text = if code == "list" {
            check::table_of_codes()
        } else {
            check::explain(code).map_err(|error| Stop::bad_input(format!("--explain: {error}")))?
        };
        Ui::out(&text)?;
        return Ok(ui::GOOD);
    }
    let flags = Flags {
        variables: invocation::variables(),
        ..Flags::default()
    };
    let given = sources::read(&args.files, &mut problems);
    let objects = checked::check(&given, &flags, &mut problems);
    let findings = check::findings(&problems);
    let text = match output.format {
        Format::Table => check::table(&findings, objects),
        Format::Json => check::json(&findings, objects),
        Format::Csv => check::csv(&findings).map_err(Stop::bad_input)?,
        Format::Sarif => check::sarif(&findings, env!("CARGO_PKG_VERSION")),
    };
    Ui::out(&text)?;
    let worst = if output.strict { Level::Note } else { Level::Error };
    let is_bad = findings.iter().any(|finding| finding.check.level <= worst);
    Ok(if is_bad { ui::BAD_INPUT } else { ui::GOOD })
}
