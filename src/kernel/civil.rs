//! The calendar: days and seconds of the Gregorian calendar as numbers, without leap seconds.

use std::fmt;

/// Seconds of a day.
pub const SECONDS_PER_DAY: i64 = 86_400;

/// A date and time of day, without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Civil {
    /// The date and time that lie `seconds` after 1970-01-01T00:00:00.
    ///
    /// Years begin with March here, so that the leap day is the last of its year; 400 of them have 146,097 days.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(SECONDS_PER_DAY), seconds.rem_euclid(SECONDS_PER_DAY));
        // Days since 0000-03-01.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        Self {
            year: era * 400 + year_of_era + (month <= 2) as i64,
            month: month as u8,
            day: day as u8,
            hour: (rest / 3_600) as u8,
            minute: (rest / 60 % 60) as u8,
            second: (rest % 60) as u8,
        }
    }

    /// Seconds since 1970-01-01T00:00:00. A day or month beyond its range counts on into the next.
    #[must_use]
    pub const fn to_seconds(self) -> i64 {
        let months = self.year * 12 + self.month as i64 - 1;
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let year = year - (month <= 2) as i64;
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let month_from_march = (month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + self.day as i64 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        days * SECONDS_PER_DAY + self.hour as i64 * 3_600 + self.minute as i64 * 60 + self.second as i64
    }

    /// The day of the week, 0 for Sunday.
    #[must_use]
    pub const fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        (self.to_seconds().div_euclid(SECONDS_PER_DAY) + 4).rem_euclid(7) as u8
    }

    /// Midnight of the same day.
    #[must_use]
    pub const fn midnight(self) -> Self {
        Self {
            hour: 0,
            minute: 0,
            second: 0,
            ..self
        }
    }

    /// Reads `2026-11-23T18:36:03Z`; a fraction of the second is cut off.
    #[must_use]
    pub fn parse_utc(text: &str) -> Option<Self> {
        let text = text.strip_suffix('Z')?;
        let (date, time) = text.split_once('T')?;
        let time = time.split_once('.').map_or(time, |(whole, _)| whole);
        let numbers = |text: &str, separator: char| -> Option<[i64; 3]> {
            let parts: Vec<i64> = text.split(separator).map(|p| p.parse().ok()).collect::<Option<_>>()?;
            parts.try_into().ok()
        };
        let ([year, month, day], [hour, minute, second]) = (numbers(date, '-')?, numbers(time, ':')?);
        let fits = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        if !fits || hour > 23 || minute > 59 || second > 59 || hour.min(minute).min(second) < 0 {
            return None;
        }
        let civil = Self {
            year,
            month: month as u8,
            day: day as u8,
            hour: hour as u8,
            minute: minute as u8,
            second: second as u8,
        };
        // 31 April would be another day.
        (Self::from_seconds(civil.to_seconds()) == civil).then_some(civil)
    }
}

/// As the API shows times: `2026-11-23T18:36:03Z`.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_of_note() {
        let at = |text: &str| Civil::parse_utc(text).unwrap().to_seconds();
        assert_eq!(at("1970-01-01T00:00:00Z"), 0);
        assert_eq!(at("2000-02-29T12:00:00Z"), 951_825_600);
        assert_eq!(at("2026-11-23T18:36:03.052231Z"), 1_795_458_963);
        let weekday = |text: &str| Civil::parse_utc(text).unwrap().weekday();
        assert_eq!(weekday("1970-01-01T23:59:59Z"), 4);
        assert_eq!(weekday("2024-01-01T00:00:00Z"), 1);
        assert_eq!(weekday("2026-11-22T00:00:00Z"), 0);
        for wrong in [
            "2023-02-29T00:00:00Z",
            "2024-01-01",
            "2024-01-01T24:00:00Z",
            "x",
            "2024-01-01T00:00:00",
        ] {
            assert_eq!(Civil::parse_utc(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn seconds_and_dates_are_the_same(seconds in -10_000_000_000i64..100_000_000_000) {
            let civil = Civil::from_seconds(seconds);
            prop_assert_eq!(civil.to_seconds(), seconds);
            prop_assert!((1..=12).contains(&civil.month) && (1..=31).contains(&civil.day));
            let next = Civil::from_seconds(seconds + SECONDS_PER_DAY);
            prop_assert_eq!(next.weekday(), (civil.weekday() + 1) % 7);
            if seconds >= 0 {
                prop_assert_eq!(Civil::parse_utc(&civil.to_string()), Some(civil));
            }
        }
    }
}
