//! Requests that the API server refuses.

use crate::kernel::SimTime;

/// Why the API server refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status: 403 Forbidden, 404 Not Found, 409 Conflict.
    pub code: u16,
    /// The message, as the API server words it: `pods "p" is forbidden: exceeded quota: …`.
    pub message: String,
}

impl Refusal {
    /// `403 Forbidden`.
    #[must_use]
    pub const fn forbidden(message: String) -> Self {
        Self { code: 403, message }
    }
    /// `404 Not Found`; `resource` as in `jobs.batch`.
    #[must_use]
    pub fn not_found(resource: &str, name: &str) -> Self {
        Self {
            code: 404,
            message: format!("{resource} \"{name}\" not found"),
        }
    }
    /// `409 Conflict`: there is such an object.
    #[must_use]
    pub fn already_exists(resource: &str, name: &str) -> Self {
        Self {
            code: 409,
            message: format!("{resource} \"{name}\" already exists"),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// A pod of a workload that the API server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPod {
    /// The name that it would have had.
    pub pod: String,
    /// The API server's message.
    pub message: String,
}

/// A request of somebody outside (a person, a script) that was refused; what controllers are refused they tell in events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRequest {
    /// When.
    pub at: SimTime,
    /// What was asked for: `create Pod default/p`.
    pub request: String,
    /// The API server's message.
    pub message: String,
}

/// What the API server said to a controller that asked for a pod of one owner, and got none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPods {
    /// How many it refused since it last took one.
    pub count: u32,
    /// When it refused the first of these.
    pub first: SimTime,
    /// When it last did.
    pub last: SimTime,
    /// What it then said.
    pub message: String,
}

impl RefusedPods {
    /// The message of the event FailedCreate (`pkg/controller/controller_utils.go: RealPodControl.createPods`).
    #[must_use]
    pub fn event(&self) -> String {
        format!("Error creating: {}", self.message)
    }
}
