//! Small texts that people write in flags, annotations and scenarios: `name(value, key=value, …)`, units, suggestions.

mod call;

mod column;

mod error;

mod rate;

mod suggest;

pub use call::{Arguments, Call, quoted};
pub use column::{TimeColumn, TimeUnit};
pub use error::CallError;
pub use rate::Rate;
pub use suggest::suggest;
