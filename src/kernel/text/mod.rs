//! Small texts that people write in flags, annotations and scenarios: `name(value, key=value, …)`, units, suggestions.

mod call;

mod column;

mod rate;

mod suggest;

pub use call::{Arguments, Call, CallError, quoted};
pub use column::{TimeColumn, TimeUnit};
pub use rate::Rate;
pub use suggest::suggest;
