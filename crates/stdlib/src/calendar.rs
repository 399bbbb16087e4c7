//! Instants as dates: the Gregorian calendar in UTC, carried on without end in both directions.

use heap::Value;
use vm::{Cx, Exit};

use crate::rows::rows;

rows! {
    /// The parts of an instant in UTC as a map; `weekday` is 1 for Monday to 7 for Sunday.
    ///
    ///     import time
    ///     let day = time.date(1_700_000_000_000)
    ///     print(day.year, day.month, day.day, day.hour, day.weekday) // expect: 2023 11 14 22 2
    "time.date" "(milliseconds: Int)" date, ALLOCATES;
    /// An instant as text by ISO 8601, in UTC.
    ///
    ///     import time
    ///     print(time.iso(1_700_000_000_000)) // expect: 2023-11-14T22:13:20.000Z
    "time.iso" "(milliseconds: Int)" iso, ALLOCATES;
    /// The instant of a text by ISO 8601 in milliseconds since 1970; without an offset it is taken as UTC.
    ///
    ///     import time
    ///     print(time.parse_iso("2023-11-14T22:13:20Z"), time.parse_iso("1970-01-02")) // expect: 1700000000000 86400000
    "time.parse_iso" "(text: String)" parse_iso, ALLOCATES;
}

const DAY_MS: i64 = 86_400_000;
/// Years further away than this are no dates that anybody means.
const YEAR_MAX: i64 = 999_999;

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

/// Years are counted from March so that the leap day comes last, in eras of 400 years, which all are alike.
fn date_of_days(days: i64) -> Date {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date { year, month, day: day_of_year - (153 * from_march + 2) / 5 + 1 }
}

/// The days from 1970 to a date; the reverse of `date_of_days`.
fn days_of_date(date: &Date) -> i64 {
    let year = date.year - i64::from(date.month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = if date.month > 2 { date.month - 3 } else { date.month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + date.day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Date and milliseconds of the day of an instant that lies within the years that dates have.
fn split(cx: &mut Cx, instant: Value) -> Result<(Date, i64, i64), Exit> {
    let instant = cx.int_of(instant, "the instant")?;
    let days = instant.div_euclid(DAY_MS);
    if days.abs() > YEAR_MAX * 365 {
        return Err(cx.value_error("the instant is too far from now for a date"));
    }
    Ok((date_of_days(days), days, instant.rem_euclid(DAY_MS)))
}

fn date(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (date, days, ms) = split(cx, args[0])?;
    let parts = [
        ("year", date.year),
        ("month", date.month),
        ("day", date.day),
        ("hour", ms / 3_600_000),
        ("minute", ms / 60_000 % 60),
        ("second", ms / 1000 % 60),
        ("millisecond", ms % 1000),
        ("weekday", (days + 3).rem_euclid(7) + 1),
    ];
    let map = cx.heap.map_new(parts.len())?;
    for (name, number) in parts {
        let key = cx.string(name)?;
        let number = cx.int(number)?;
        cx.heap.map_insert(map, key, number)?;
    }
    Ok(map.value())
}

fn iso(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let (Date { year, month, day }, _, ms) = split(cx, args[0])?;
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000);
    cx.string(&text)
}

fn parse_iso(cx: &mut Cx, args: &[Value]) -> Result<Value, Exit> {
    let text = cx.str_of(&args[0], "the text")?;
    match instant_of(text) {
        Some(instant) => cx.int(instant),
        None => Err(cx.value_error(&format!("{} is no ISO 8601 date", crate::convert::quoted(text)))),
    }
}

fn instant_of(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let day = days_of_date(&date_of_text(date)?) * DAY_MS;
    time.map_or(Some(0), time_of_text).map(|time| day + time)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn date_of_text(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let date = Date { year: digits(year, 4)?, month: digits(month, 2)?, day: digits(day, 2)? };
    let exists = (1..=12).contains(&date.month) && {
        let back = date_of_days(days_of_date(&date));
        (back.month, back.day) == (date.month, date.day)
    };
    (exists && parts.next().is_none()).then_some(date)
}

/// `12:30`, `12:30:15`, `12:30:15.250`, each with `Z` or an offset such as `+02:00` or without one.
fn time_of_text(text: &str) -> Option<i64> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(place) => (&text[..place], offset_of_text(&text[place..])?),
        None => (text, 0),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (second, ms) = parts.next().map_or(Some((0, 0)), seconds_of_text)?;
    let is_clock = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    is_clock.then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms - offset)
}

fn seconds_of_text(text: &str) -> Option<(i64, i64)> {
    let Some((seconds, fraction)) = text.split_once('.') else { return Some((digits(text, 2)?, 0)) };
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    if is_fraction { Some((digits(seconds, 2)?, digits(&thousandths, 3)?)) } else { None }
}

fn offset_of_text(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, rest) = text.split_at(1);
    let (hour, minute) = rest.split_once(':')?;
    let offset = (digits(hour, 2)? * 60 + digits(minute, 2)?) * 60_000;
    match sign {
        "+" => Some(offset),
        "-" => Some(-offset),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_comes_back() {
        for days in (-800_000..800_000).step_by(17) {
            assert_eq!(days_of_date(&date_of_days(days)), days);
        }
    }

    #[test]
    fn texts_that_are_no_dates_are_refused() {
        for text in
            ["", "2023", "2023-02-29", "2023-13-01", "2023-01-01T25:00", "2023-01-01T10:00+", "20x3-01-01"]
        {
            assert_eq!(instant_of(text), None, "{text}");
        }
        assert_eq!(instant_of("1970-01-01T02:00:00.5+02:00"), Some(500));
        assert_eq!(instant_of("2024-02-29 00:00"), Some(1_709_164_800_000));
    }
}
