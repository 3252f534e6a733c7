//! Schedules.

use super::*;
use proptest::prelude::*;

fn after(schedule: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(schedule).unwrap();
    let zone = TimeZone::named(zone).unwrap();
    let mut at = Civil::parse_utc(from).unwrap().to_seconds();
    let mut times = Vec::new();
    for _ in 0..count {
        let Some(next) = schedule.next(at, &zone) else { break };
        at = next;
        times.push(Civil::from_seconds(at).to_string().replace(":00Z", "Z"));
    }
    times
}

#[test]
fn times_follow_the_fields() {
    let from = "2024-01-01T00:00:00Z";
    assert_eq!(
        after("*/20 * * * *", "UTC", from, 3),
        ["2024-01-01T00:20Z", "2024-01-01T00:40Z", "2024-01-01T01:00Z"]
    );
    assert_eq!(
        after("30 6-16/4 * * 1-5", "UTC", "2024-01-05T12:00:00Z", 3),
        ["2024-01-05T14:30Z", "2024-01-08T06:30Z", "2024-01-08T10:30Z"]
    );
    assert_eq!(
        after("0 0 29 feb ?", "UTC", from, 2),
        ["2024-02-29T00:00Z", "2028-02-29T00:00Z"]
    );
    assert_eq!(after("59 23 31 2 *", "UTC", from, 1), [""; 0]);
    // Both days given: either.
    assert_eq!(
        after("0 12 13 * fri", "UTC", from, 3),
        ["2024-01-05T12:00Z", "2024-01-12T12:00Z", "2024-01-13T12:00Z"]
    );
    assert_eq!(after("@weekly", "UTC", from, 1), ["2024-01-07T00:00Z"]);
    assert_eq!(after("@yearly", "UTC", from, 1), ["2025-01-01T00:00Z"]);
    assert_eq!(
        after("50/5 3 * * *", "UTC", from, 3),
        ["2024-01-01T03:50Z", "2024-01-01T03:55Z", "2024-01-02T03:50Z"]
    );
    assert_eq!(
        after("@every 90m", "UTC", "2024-01-01T00:00:07Z", 2),
        ["2024-01-01T01:30:07Z", "2024-01-01T03:00:07Z"]
    );
}

#[test]
fn clocks_that_change_skip_and_repeat() {
    // 02:30 does not exist on 29 March 2026 in Berlin.
    let times = after("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3);
    assert_eq!(times, ["2026-03-28T01:30Z", "2026-03-30T00:30Z", "2026-03-31T00:30Z"]);
    // Every hour by the clock is every hour: the repeated one comes twice.
    let times = after("0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4);
    assert_eq!(
        times,
        [
            "2026-10-25T00:00Z",
            "2026-10-25T01:00Z",
            "2026-10-25T02:00Z",
            "2026-10-25T03:00Z"
        ]
    );
    assert_eq!(
        after("0 9 * * *", "Asia/Tokyo", "2026-01-01T00:00:00Z", 1),
        ["2026-01-02T00:00Z"]
    );
}

#[test]
fn mistakes_are_told_in_the_parsers_words() {
    let error = |text: &str| Schedule::parse(text).unwrap_err();
    insta::assert_snapshot!([
        "", "* * * *", "@often", "@every 5", "@every never", "60 * * * *", "* * 0 * *", "5-3 * * * *", "* * * * 7",
        "*/0 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "* * * foo *", "-1 * * * *",
    ].map(error).join("\n"), @r#"
    empty spec string
    expected exactly 5 fields, found 4: [* * * *]
    unrecognized descriptor: @often
    failed to parse duration @every 5: time: missing unit in duration "5"
    failed to parse duration @every never: time: invalid duration "never"
    end of range (60) above maximum (59): 60
    beginning of range (0) below minimum (1): 0
    beginning of range (5) beyond end of range (3): 5-3
    end of range (7) above maximum (6): 7
    step of range should be a positive number: */0
    too many hyphens: 1-2-3
    too many slashes: 1/2/3
    failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax
    failed to parse int from : strconv.Atoi: parsing "": invalid syntax
    "#);
}

proptest! {
    /// The slow twin: minute by minute.
    #[test]
    fn it_equals_looking_at_every_minute(
        minute in "[0-9]|\\*/[1-9]|[1-3]0-5[0-9]|\\*", hour in "[0-9]|1[0-9]|\\*|[0-5]-2[0-3]/[2-7]",
        day in "\\*|[1-9]|1[0-9]/3", month in "\\*|[1-9]|1[0-2]", weekday in "\\*|[0-6]|[0-2]-[3-6]",
        start in 1_700_000_000i64..1_800_000_000, zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/Sao_Paulo"]),
    ) {
        let schedule = Schedule::parse(&format!("{minute} {hour} {day} {month} {weekday}")).unwrap();
        let zone = TimeZone::named(zone).unwrap();
        let Schedule::Fields(fields) = schedule else { unreachable!() };
        let found = schedule.next(start, &zone);
        let shown = |unix: i64| {
            let civil = zone.civil(unix);
            matches(fields.minute, civil.minute) && matches(fields.hour, civil.hour)
                && matches(fields.month, civil.month) && fields.day_matches(civil)
        };
        let first = (start / 60 + 1) * 60;
        // Sixty days are enough for most.
        let twin = (0..60 * 24 * 60).map(|k| first + k * 60).find(|unix| shown(*unix));
        if let Some(twin) = twin {
            prop_assert_eq!(found, Some(twin));
        } else {
            prop_assert!(found.is_none_or(|found| found > first + 60 * 86_400 - 60 && shown(found)));
        }
    }
}
