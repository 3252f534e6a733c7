//! Decisions of the Deployment controller that need nothing but their arguments (`pkg/controller/deployment/`).

pub mod rollout;
