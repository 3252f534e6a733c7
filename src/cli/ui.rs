//! What the user sees: standard output for results, standard error for everything else, a progress bar on a terminal.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::api::problem::{Problems, render};
use crate::cli::args::OutputArgs;
use crate::experiment::compare::Progress;

/// Exit codes (see `makespan --help`).
pub const GOOD: u8 = 0;
/// The run went to its end, but a check failed or something did not finish.
pub const CHECK_FAILED: u8 = 1;
/// The input was bad.
pub const BAD_INPUT: u8 = 2;
/// A bug.
pub const INTERNAL: u8 = 3;
/// Not run, because data that is not shipped is not on this machine.
pub const SKIPPED: u8 = 4;
/// Stopped by Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// Why a command ended early.
#[derive(Debug)]
pub enum Stop {
    /// Problems of the input; they are shown.
    Problems(Problems),
    /// A message for the user, and the exit code.
    Message(String, u8),
    /// Nobody reads standard output any more.
    OutputClosed,
}

impl Stop {
    /// A message about bad input or a place that cannot be written.
    pub fn bad_input(message: impl std::fmt::Display) -> Self {
        Self::Message(message.to_string(), BAD_INPUT)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Message(format!("standard output: {error}"), BAD_INPUT)
        }
    }
}

/// How much is said.
#[derive(Clone, Copy, Debug)]
pub struct Ui {
    /// Nothing but results and errors.
    pub quiet: bool,
    /// Warnings are errors.
    pub strict: bool,
}

impl Ui {
    /// As much as the flags want.
    pub const fn new(args: &OutputArgs) -> Self {
        Self {
            quiet: args.quiet,
            strict: args.strict,
        }
    }
    /// Writes a result to standard output.
    pub fn out(text: &str) -> Result<(), Stop> {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// Says something beside the results.
    pub fn note(self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Shows problems; warnings only unless quiet.
    pub fn problems(self, problems: &Problems) {
        if !problems.list().is_empty() && (!self.quiet || problems.has_errors()) {
            let _ = write!(std::io::stderr(), "{}", render(problems));
        }
    }

    /// Ends with the problems if any is an error; else shows the warnings and goes on.
    pub fn check<T>(self, value: Option<T>, mut problems: Problems) -> Result<T, Stop> {
        if self.strict {
            problems.forbid_warnings();
        }
        match value {
            Some(value) if !problems.has_errors() => {
                self.problems(&problems);
                if let Some(line) = advice(&problems) {
                    self.note(&line);
                }
                Ok(value)
            }
            _ => Err(Stop::Problems(problems)),
        }
    }

    /// Runs `work` with a progress bar over `total` steps on a terminal, shown after a second.
    pub fn with_progress<T: Send>(self, total: usize, progress: &Arc<Progress>, work: impl FnOnce() -> T + Send) -> T {
        if self.quiet || !std::io::stderr().is_terminal() {
            return work();
        }
        let finished = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| draw_progress(total, progress, &finished));
            let value = work();
            finished.store(true, Ordering::Relaxed);
            value
        })
    }
}

/// One line about what `makespan check` would say more of.
fn advice(problems: &Problems) -> Option<String> {
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for problem in problems.advice() {
        *codes.entry(problem.code).or_default() += 1;
    }
    let named = codes.iter().map(|(code, count)| match count {
        1 => (*code).to_owned(),
        count => format!("{code} ({count} times)"),
    });
    let named: Vec<String> = named.collect();
    let what = "accepted, and probably not what was meant; `makespan check` says where and why";
    (!named.is_empty()).then(|| format!("advice: {}: {what}", named.join(", ")))
}

fn draw_progress(total: usize, progress: &Progress, finished: &std::sync::atomic::AtomicBool) {
    let tick = Duration::from_millis(50);
    for _ in 0..20 {
        if finished.load(Ordering::Relaxed) {
            return;
        }
        std::thread::sleep(tick);
    }
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {elapsed} gone, about {eta} left") {
        bar.set_style(style);
    }
    while !finished.load(Ordering::Relaxed) {
        bar.set_position(progress.done.load(Ordering::Relaxed) as u64);
        std::thread::sleep(tick);
    }
    bar.finish_and_clear();
}

/// Lets Ctrl-C stop the work under way once, and the program when it comes again.
pub fn stop_on_interrupt(progress: &Arc<Progress>) {
    let progress = progress.clone();
    // A second handler cannot be set; then the first one serves.
    let _ = ctrlc::set_handler(move || {
        if progress.stop.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
}
