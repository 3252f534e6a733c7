//! What is submitted and when: submission strategies, arrival processes, load on services, scripts of changes, recorded values
//! from files.

pub mod arrivals;

pub mod csv_column;

pub mod files;

pub mod load;

pub mod script;

pub mod strategy;

pub use arrivals::Arrivals;
pub use load::Load;
pub use script::Script;
pub use strategy::Strategy;
