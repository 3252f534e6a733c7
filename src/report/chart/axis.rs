//! What an axis shows: its words, its quantity, its scale.

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equally long. Starts at zero where the values allow it.
    Linear,
    /// Equal factors are equally long.
    Log,
}

/// What the values are, which decides how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Any number.
    Number,
    /// Whole things: no ticks between whole numbers.
    Count,
    /// Seconds; shown in the unit that fits the range (ms, s, min, h, d).
    Time,
    /// Shares of one, shown in percent. A vertical axis reaches at least 100 %.
    Share,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What is shown, without the unit: `makespan`.
    pub label: String,
    /// The unit of a number or a count, put in brackets behind the label; may be empty. Time and share bring their own.
    pub unit: String,
    /// What the values are.
    pub quantity: Quantity,
    /// How they are spread.
    pub scale: Scale,
    /// Where ticks must stand, such as the values of n that were run. Empty: round numbers.
    pub ticks: Vec<f64>,
}

impl Axis {
    /// A linear axis of numbers in `unit` (empty for none).
    #[must_use]
    pub fn number(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self::new(label.into(), unit.into(), Quantity::Number)
    }
    /// A linear axis of whole things, named by `unit` (empty for none).
    #[must_use]
    pub fn count(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self::new(label.into(), unit.into(), Quantity::Count)
    }
    /// A linear axis of seconds.
    #[must_use]
    pub fn time(label: impl Into<String>) -> Self {
        Self::new(label.into(), String::new(), Quantity::Time)
    }
    /// A linear axis of shares from 0 to 1.
    #[must_use]
    pub fn share(label: impl Into<String>) -> Self {
        Self::new(label.into(), String::new(), Quantity::Share)
    }
    fn new(label: String, unit: String, quantity: Quantity) -> Self {
        Self {
            label,
            unit,
            quantity,
            scale: Scale::Linear,
            ticks: Vec::new(),
        }
    }
    /// The same axis, logarithmic.
    #[must_use]
    pub fn log(mut self) -> Self {
        self.scale = Scale::Log;
        self
    }
    /// The same axis with ticks at `values`.
    #[must_use]
    pub fn ticks_at(mut self, values: impl IntoIterator<Item = f64>) -> Self {
        self.ticks = values.into_iter().collect();
        self
    }
    /// The unit to show values between `low` and `high` in: its name, and how much of the values' own unit it is.
    pub(super) fn unit_for(&self, low: f64, high: f64) -> (String, f64) {
        match self.quantity {
            Quantity::Number | Quantity::Count => (self.unit.clone(), 1.0),
            Quantity::Share => ("%".to_owned(), 0.01),
            Quantity::Time => {
                // On a logarithmic axis the middle is what one reads; on a linear one the far end.
                let typical = match self.scale {
                    Scale::Linear => low.abs().max(high.abs()),
                    Scale::Log => 4.0 * low.sqrt() * high.sqrt(),
                };
                let (name, seconds) = match typical {
                    t if t > 0.0 && t < 1.0 => ("ms", 0.001),
                    t if t <= 300.0 => ("s", 1.0),
                    t if t <= 3.0 * 3600.0 => ("min", 60.0),
                    t if t <= 4.0 * 86_400.0 => ("h", 3600.0),
                    _ => ("d", 86_400.0),
                };
                (name.to_owned(), seconds)
            }
        }
    }
    /// The label with the unit in brackets.
    pub(super) fn title(&self, unit: &str) -> String {
        match (self.label.is_empty(), unit.is_empty()) {
            (_, true) => self.label.clone(),
            (true, false) => format!("[{unit}]"),
            (false, false) => format!("{} [{unit}]", self.label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_takes_the_unit_that_fits() {
        let axis = Axis::time("makespan");
        let unit = |high| axis.unit_for(0.0, high).0;
        assert_eq!(
            [
                unit(0.2),
                unit(0.0),
                unit(200.0),
                unit(3000.0),
                unit(50_000.0),
                unit(1e6)
            ],
            ["ms", "s", "s", "min", "h", "d"]
        );
        assert_eq!(axis.clone().log().unit_for(310.0, 305_000.0).0, "h");
        assert_eq!(axis.title("h"), "makespan [h]");
    }

    #[test]
    fn labels_and_units_may_be_missing() {
        assert_eq!(Axis::count("Jobs n", "").title(""), "Jobs n");
        assert_eq!(Axis::number("", "GPUs").title("GPUs"), "[GPUs]");
    }
}
