//! The `makespan` program: parse the arguments, call the library, set the exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    makespan::cli::main()
}
