//! What is submitted and when.
