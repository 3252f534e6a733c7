//! What the series of a service tell of its requests.

use crate::cluster::requests::RequestRates;
use crate::kernel::SimDuration;

/// A figure of the requests to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RequestSeries {
    /// Requests that arrive, in thousandths a second.
    Arriving,
    /// Requests that are served, in thousandths a second.
    Served,
    /// Requests that are dropped, in thousandths a second.
    Dropped,
    /// Requests that the Ready pods could serve, in thousandths a second.
    Capacity,
    /// Requests that wait.
    Waiting,
    /// Latency that half of those who come now stay below, in microseconds.
    LatencyP50,
    /// The same for 95 %.
    LatencyP95,
    /// The same for 99 %.
    LatencyP99,
}

impl RequestSeries {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Arriving,
        Self::Served,
        Self::Dropped,
        Self::Capacity,
        Self::Waiting,
        Self::LatencyP50,
        Self::LatencyP95,
        Self::LatencyP99,
    ];

    pub(super) const fn numbered(number: u8) -> Option<Self> {
        if (number as usize) < Self::ALL.len() {
            Some(Self::ALL[number as usize])
        } else {
            None
        }
    }

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arriving => "requests_arriving",
            Self::Served => "requests_served",
            Self::Dropped => "requests_dropped",
            Self::Capacity => "requests_capacity",
            Self::Waiting => "requests_waiting",
            Self::LatencyP50 => "latency_p50",
            Self::LatencyP95 => "latency_p95",
            Self::LatencyP99 => "latency_p99",
        }
    }

    /// Its unit in files.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Arriving | Self::Served | Self::Dropped | Self::Capacity => "millirequests/s",
            Self::Waiting => "requests",
            Self::LatencyP50 | Self::LatencyP95 | Self::LatencyP99 => "us",
        }
    }
}

/// The values of this moment; latencies only while somebody is served.
pub(super) fn values(present: &RequestRates) -> impl Iterator<Item = (RequestSeries, i64)> {
    let micros = |span: SimDuration| (span.as_nanos() / 1000) as i64;
    let rates = [
        (RequestSeries::Arriving, present.arrivals_milli),
        (RequestSeries::Served, present.served_milli),
        (RequestSeries::Dropped, present.dropped_milli),
        (RequestSeries::Capacity, present.capacity_milli),
        (RequestSeries::Waiting, present.waiting),
    ];
    let latency = present.latency.into_iter().flat_map(move |[p50, p95, p99]| {
        [
            (RequestSeries::LatencyP50, micros(p50)),
            (RequestSeries::LatencyP95, micros(p95)),
            (RequestSeries::LatencyP99, micros(p99)),
        ]
    });
    rates.into_iter().chain(latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_numbered_in_order() {
        for (number, series) in (0..).zip(RequestSeries::ALL) {
            assert_eq!((series as u8, RequestSeries::numbered(number)), (number, Some(series)));
        }
        assert_eq!(RequestSeries::numbered(8), None);
    }
}
