//! What is submitted and when: submission strategies, arrival processes, load on services, recorded values from files.

pub mod arrivals;

pub mod csv_column;

pub mod files;

pub mod load;

pub mod strategy;

pub use arrivals::Arrivals;
pub use load::Load;
pub use strategy::Strategy;
