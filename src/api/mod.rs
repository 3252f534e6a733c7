//! Kubernetes objects as people write them: YAML and JSON in, checked specifications out, every problem told with its place.

pub mod objects;

pub mod patch;

pub mod problem;

pub mod quantity;

pub mod schema;

pub mod value;

pub mod yaml;
