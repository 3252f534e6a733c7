//! Admission: what the API server checks, fills in or refuses before it keeps an object.

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
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
