//! Integration tests: one binary, one module per behaviour.

mod closed_forms;
mod support;
mod tidy;
mod schema;
