//! Time zones: what clocks on the wall show, and when. The names and rules are those of the IANA database, which is part of the
//! program: nothing of the machine is read.

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

use crate::kernel::civil::Civil;

/// A time zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeZone {
    /// `None`: UTC.
    rules: Option<jiff::tz::TimeZone>,
}

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: Self = Self { rules: None };

    /// The zone called `name` (`Europe/Berlin`, `Etc/GMT+3`, `UTC`), if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if name == "UTC" {
            return Some(Self::UTC);
        }
        let rules = TimeZoneDatabase::bundled().get(name).ok()?;
        Some(Self { rules: Some(rules) })
    }

    /// Seconds that local clocks are ahead of UTC at `unix`, in seconds since 1970.
    #[must_use]
    pub fn offset(&self, unix: i64) -> i64 {
        let Some(rules) = &self.rules else { return 0 };
        Timestamp::from_second(unix).map_or(0, |at| i64::from(rules.to_offset(at).seconds()))
    }

    /// What local clocks show at `unix`.
    #[must_use]
    pub fn civil(&self, unix: i64) -> Civil {
        Civil::from_seconds(unix + self.offset(unix))
    }

    /// When local clocks show `civil`. Of a time that comes twice, or never, it is one that Go's `time.Date` gives: with the
    /// offset of the instant that has the local time's number, or if that leads beyond the offset's end, the one there.
    #[must_use]
    pub fn unix(&self, civil: Civil) -> i64 {
        let local = civil.to_seconds();
        let first = self.offset(local);
        let second = self.offset(local - first);
        local - if first == second { first } else { second }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_go_forward_and_back() {
        let berlin = TimeZone::named("Europe/Berlin").unwrap();
        let show = |text: &str| berlin.civil(Civil::parse_utc(text).unwrap().to_seconds()).to_string();
        assert_eq!(show("2026-01-15T11:00:00Z"), "2026-01-15T12:00:00Z");
        assert_eq!(show("2026-03-29T00:59:59Z"), "2026-03-29T01:59:59Z");
        assert_eq!(show("2026-03-29T01:00:00Z"), "2026-03-29T03:00:00Z");
        assert_eq!(show("2026-10-25T01:00:00Z"), "2026-10-25T02:00:00Z");
        let back = |text: &str| Civil::from_seconds(berlin.unix(Civil::parse_utc(text).unwrap())).to_string();
        assert_eq!(back("2026-07-01T12:00:00Z"), "2026-07-01T10:00:00Z");
        assert_eq!(back("2026-03-29T03:00:00Z"), "2026-03-29T01:00:00Z");
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert_eq!(TimeZone::named("Etc/GMT+3").unwrap().offset(0), -3 * 3600);
        assert_eq!(TimeZone::named("Asia/Kathmandu").unwrap().offset(1_700_000_000), 20_700);
        assert_eq!(TimeZone::named("UTC"), Some(TimeZone::UTC));
        assert_eq!(TimeZone::named("Middle/Earth"), None);
        assert_eq!(TimeZone::named(""), None);
    }
}
