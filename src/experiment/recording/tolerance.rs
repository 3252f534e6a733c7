//! How far a replay may lie from its recording, for each mechanism: one table, with the reasons.

/// A tolerance: a share of the recorded value or a distance from it, whichever allows more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// What it is for.
    pub mechanism: &'static str,
    /// Percent of the recorded value.
    pub percent: f64,
    /// In the unit of the value.
    pub distance: f64,
    /// Unit of the distance; empty for plain numbers.
    pub unit: &'static str,
    /// Why it is what it is.
    pub why: &'static str,
}

/// When the last Job ended.
pub const MAKESPAN: Tolerance = Tolerance {
    mechanism: "makespan",
    percent: 3.0,
    distance: 0.3,
    unit: "s",
    why: "limits and timers govern it; repeats of one recording lie up to 3 % apart",
};
/// When something happened.
pub const MOMENT: Tolerance = Tolerance {
    mechanism: "moments",
    percent: 2.0,
    distance: 0.3,
    unit: "s",
    why: "timers and limits govern them; a call of a busy recording machine took up to 0.3 s",
};
/// p50 and p90 of the wait from submission to Running.
pub const WAIT: Tolerance = Tolerance {
    mechanism: "waits",
    percent: 5.0,
    distance: 0.3,
    unit: "s",
    why: "which pod gets the next free slot hangs on milliseconds",
};
/// Events per second.
pub const RATE: Tolerance = Tolerance {
    mechanism: "rates",
    percent: 5.0,
    distance: 0.05,
    unit: "1/s",
    why: "they are drawn from the times of a burst, whose ends hang on single calls",
};
/// Shares of many pods.
pub const SHARE: Tolerance = Tolerance {
    mechanism: "shares of many pods",
    percent: 0.0,
    distance: 5.0,
    unit: "points",
    why: "which of many equal pods must wait hangs on milliseconds",
};
/// Attempts of the scheduling queue that it names before they come.
pub const QUEUE: Tolerance = Tolerance {
    mechanism: "attempts named by the scheduling queue",
    percent: 0.5,
    distance: 0.0,
    unit: "",
    why: "the log has times of a millisecond, and attempts are less apart",
};

/// All of them, for the documentation.
pub const TABLE: &[Tolerance] = &[MAKESPAN, MOMENT, WAIT, RATE, SHARE, QUEUE];

/// Numbers that belong together: the recorded one and those of its repeats, or the simulated one and those at other latencies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The least.
    pub least: f64,
    /// The greatest.
    pub most: f64,
}

impl Spread {
    /// Of one number.
    #[must_use]
    pub const fn of(number: f64) -> Self {
        Self {
            least: number,
            most: number,
        }
    }
    /// With one more number.
    #[must_use]
    pub const fn with(self, number: f64) -> Self {
        Self {
            least: self.least.min(number),
            most: self.most.max(number),
        }
    }
    /// Whether it is wider than a point.
    #[must_use]
    pub fn is_wide(self) -> bool {
        self.most > self.least
    }
}

impl Tolerance {
    /// How far a value may lie from `real`.
    #[must_use]
    pub fn slack(&self, real: f64) -> f64 {
        self.distance.max(real.abs() * self.percent / 100.0)
    }
    /// Whether `simulated` lies near enough to `real`. A thousandth more is forgiven: recorders round.
    #[must_use]
    pub fn holds(&self, real: f64, simulated: f64) -> bool {
        (simulated - real).abs() <= self.slack(real) + 0.001
    }
    /// Whether the two spreads overlap, or come near enough.
    #[must_use]
    pub fn overlap(&self, real: Spread, simulated: Spread) -> bool {
        simulated.least <= real.most + self.slack(real.most) && real.least - self.slack(real.least) <= simulated.most
    }
    /// In words: `3 % or 0.3 s`.
    #[must_use]
    pub fn text(&self) -> String {
        let unit = if self.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", self.unit)
        };
        match (self.percent > 0.0, self.distance > 0.0) {
            (true, true) => format!("{} % or {}{unit}", self.percent, self.distance),
            (true, false) => format!("{} %", self.percent),
            (false, true) => format!("{}{unit}", self.distance),
            (false, false) => "exact".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_or_a_distance_whichever_allows_more() {
        assert!(MAKESPAN.holds(100.0, 103.0) && !MAKESPAN.holds(100.0, 103.1));
        assert!(MAKESPAN.holds(2.0, 2.3) && !MAKESPAN.holds(2.0, 2.31));
        assert_eq!(MAKESPAN.text(), "3 % or 0.3 s");
        assert_eq!(QUEUE.text(), "0.5 %");
        assert_eq!(SHARE.text(), "5 points");
    }

    #[test]
    fn spreads_may_touch_or_come_near() {
        let spread = |least, most| Spread { least, most };
        assert!(MAKESPAN.overlap(spread(46.0, 53.0), spread(44.0, 50.0)));
        assert!(MAKESPAN.overlap(spread(100.0, 100.0), spread(102.9, 110.0)));
        assert!(!MAKESPAN.overlap(spread(100.0, 100.0), spread(103.1, 110.0)));
        assert!(!MAKESPAN.overlap(spread(100.0, 100.0), spread(90.0, 96.9)));
        assert!(Spread::of(1.0).with(0.5).is_wide());
    }
}
