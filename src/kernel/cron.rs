//! Cron schedules as Kubernetes reads them: the standard five fields, descriptors, and `@every` (the grammar and the words of its
//! errors are those of github.com/robfig/cron v3, `parser.go` and `spec.go`).

use crate::kernel::SimDuration;
use crate::kernel::civil::Civil;
use crate::kernel::time::NANOS_PER_SEC;
use crate::kernel::time_zone::TimeZone;

/// When something repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// At all times whose fields match.
    Fields(Fields),
    /// So many seconds after the last time.
    Every(i64),
}

/// The values that match, bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields {
    minute: u64,
    hour: u64,
    day: u64,
    month: u64,
    weekday: u64,
}

/// Set where a field is `*` or `?`.
const STAR: u64 = 1 << 63;

/// A field's range, and names of its values.
struct Range {
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const RANGES: [Range; 5] = [
    Range {
        min: 0,
        max: 59,
        names: &[],
    },
    Range {
        min: 0,
        max: 23,
        names: &[],
    },
    Range {
        min: 1,
        max: 31,
        names: &[],
    },
    Range {
        min: 1,
        max: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Range {
        min: 0,
        max: 6,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

/// Descriptors and what they stand for.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Schedule {
    /// Reads `*/5 8-18 * * mon-fri`, `@daily`, `@every 1h30m`.
    ///
    /// # Errors
    /// What is wrong, in the words of the parser that Kubernetes uses.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("empty spec string".to_owned());
        }
        if !text.starts_with('@') {
            return Fields::parse(text).map(Self::Fields);
        }
        if let Some((_, fields)) = DESCRIPTORS.iter().find(|(name, _)| *name == text) {
            return Fields::parse(fields).map(Self::Fields);
        }
        let Some(every) = text.strip_prefix("@every ") else {
            return Err(format!("unrecognized descriptor: {text}"));
        };
        let bare = every.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && every != "0";
        match every.parse::<SimDuration>() {
            Ok(period) if !bare => Ok(Self::Every((period.as_nanos() / NANOS_PER_SEC).max(1) as i64)),
            _ => {
                let what = if bare { "missing unit in" } else { "invalid" };
                Err(format!(
                    "failed to parse duration {text}: time: {what} duration \"{every}\""
                ))
            }
        }
    }

    /// The first time after `unix` (seconds since 1970), by the clocks of `zone`; `None` if there is none in five years.
    #[must_use]
    pub fn next(&self, unix: i64, zone: &TimeZone) -> Option<i64> {
        match self {
            Self::Every(seconds) => Some(unix + seconds),
            Self::Fields(fields) => fields.next(unix + 1, zone),
        }
    }
}

impl Fields {
    fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else {
            return Err(format!(
                "expected exactly 5 fields, found {}: {}",
                parts.len(),
                go_list(&parts)
            ));
        };
        let bits = |text: &str, range: usize| -> Result<u64, String> {
            let parts = text.split(',').filter(|part| !part.is_empty());
            parts
                .map(|part| range_bits(part, &RANGES[range]))
                .try_fold(0, |all, bits| Ok(all | bits?))
        };
        Ok(Self {
            minute: bits(minute, 0)?,
            hour: bits(hour, 1)?,
            day: bits(day, 2)?,
            month: bits(month, 3)?,
            weekday: bits(weekday, 4)?,
        })
    }

    /// The first time at or after `unix`. Each field in turn is counted up until it matches; when a larger one turns over, all
    /// begin again.
    fn next(&self, unix: i64, zone: &TimeZone) -> Option<i64> {
        let mut at = unix;
        let limit = zone.civil(at).year + 5;
        let mut moved = false;
        'wrap: loop {
            let mut civil = zone.civil(at);
            if civil.year > limit {
                return None;
            }
            while !matches(self.month, civil.month) {
                let from = if moved {
                    civil
                } else {
                    Civil {
                        day: 1,
                        ..civil.midnight()
                    }
                };
                moved = true;
                at = zone.unix(Civil {
                    month: from.month + 1,
                    ..from
                });
                civil = zone.civil(at);
                if civil.month == 1 {
                    continue 'wrap;
                }
            }
            while !self.day_matches(civil) {
                let from = if moved { civil } else { civil.midnight() };
                moved = true;
                at = at_hour_zero(
                    zone.unix(Civil {
                        day: from.day + 1,
                        ..from
                    }),
                    zone,
                );
                civil = zone.civil(at);
                if civil.day == 1 {
                    continue 'wrap;
                }
            }
            while !matches(self.hour, civil.hour) {
                if !moved {
                    at = zone.unix(Civil {
                        minute: 0,
                        second: 0,
                        ..civil
                    });
                }
                moved = true;
                at += 3_600;
                civil = zone.civil(at);
                if civil.hour == 0 {
                    continue 'wrap;
                }
            }
            while !matches(self.minute, civil.minute) {
                if !moved {
                    at -= i64::from(civil.second);
                }
                moved = true;
                at += 60;
                civil = zone.civil(at);
                if civil.minute == 0 {
                    continue 'wrap;
                }
            }
            if civil.second == 0 {
                return Some(at);
            }
            at += 60 - i64::from(civil.second);
            moved = true;
        }
    }

    /// With both days given, either will do.
    const fn day_matches(&self, civil: Civil) -> bool {
        let (day, weekday) = (matches(self.day, civil.day), matches(self.weekday, civil.weekday()));
        if self.day & STAR != 0 || self.weekday & STAR != 0 {
            day && weekday
        } else {
            day || weekday
        }
    }
}

/// Where midnight does not exist, a day begins an hour before or after it.
fn at_hour_zero(at: i64, zone: &TimeZone) -> i64 {
    match i64::from(zone.civil(at).hour) {
        0 => at,
        hour @ 13.. => at + (24 - hour) * 3_600,
        hour => at - hour * 3_600,
    }
}

const fn matches(bits: u64, value: u8) -> bool {
    bits & (1 << value) != 0
}

/// `number`, `number-number`, `*`, each with an optional `/step`.
fn range_bits(text: &str, range: &Range) -> Result<u64, String> {
    let (whole, step) = match text.split('/').collect::<Vec<_>>()[..] {
        [whole] => (whole, None),
        [whole, step] => (whole, Some(step)),
        _ => return Err(format!("too many slashes: {text}")),
    };
    let limits: Vec<&str> = whole.split('-').collect();
    let mut star = 0;
    let (start, mut end) = if matches!(limits[0], "*" | "?") {
        star = STAR;
        (range.min, range.max)
    } else {
        let start = number(limits[0], range.names)?;
        match limits[..] {
            [_] => (start, start),
            [_, end] => (start, number(end, range.names)?),
            _ => return Err(format!("too many hyphens: {text}")),
        }
    };
    let mut stride = 1;
    if let Some(step) = step {
        stride = number(step, &[])?;
        // `3/5` means from 3 on.
        if limits.len() == 1 {
            end = range.max;
        }
        if stride > 1 {
            star = 0;
        }
    }
    let Range { min, max, .. } = range;
    if start < *min {
        return Err(format!("beginning of range ({start}) below minimum ({min}): {text}"));
    }
    if end > *max {
        return Err(format!("end of range ({end}) above maximum ({max}): {text}"));
    }
    if start > end {
        return Err(format!(
            "beginning of range ({start}) beyond end of range ({end}): {text}"
        ));
    }
    if stride == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    let values = (start..=end).step_by(stride as usize);
    Ok(values.fold(star, |bits, value| bits | 1 << value))
}

fn number(text: &str, names: &[&str]) -> Result<u32, String> {
    if let Some(place) = names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
        // Months count from 1, days of the week from 0.
        return Ok(place as u32 + u32::from(names.len() == 12));
    }
    match text.parse::<i64>() {
        Ok(number) if number < 0 => Err(format!("negative number ({number}) not allowed: {text}")),
        Ok(number) => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
        Err(_) => Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"
        )),
    }
}

/// A list as Go prints it.
fn go_list(parts: &[&str]) -> String {
    format!("[{}]", parts.join(" "))
}

#[cfg(test)]
mod tests;
