//! The calendar of pending events: what happens next, and in which order.
//!
//! Two structures with the same methods and the same answers: [`Calendar`], a radix wheel on integer time, is the one the
//! simulation runs on; [`HeapCalendar`], a binary heap on (time, sequence), is its slow twin, kept to test it against.
//! Both hand out events by time, and events of equal time in the order in which they were pushed.

mod blocks;

mod heap;

mod wheel;

pub use heap::HeapCalendar;
pub use wheel::Calendar;

#[cfg(test)]
mod tests;
