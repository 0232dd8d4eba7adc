//! Event times: RFC 3339, or seconds, milliseconds or microseconds since 1970, as milliseconds since 1970.

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// Earliest time that is believed: 2000-01-01.
const FIRST_MS: i64 = 946_684_800_000;
/// Latest: 2100-01-01. What is too far ahead of the record itself is refused by the engine.
const LAST_MS: i64 = 4_102_444_800_000;

/// Reads a time. The unit of a number follows from its size: times from 2000 to 2100 do not overlap.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let ms = if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') { epoch(text) } else { rfc3339(text.as_bytes()) };
    ms.filter(|ms| (FIRST_MS..LAST_MS).contains(ms))
}

fn epoch(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = whole.parse().ok()?;
    let (seconds, ms, us) = (FIRST_MS / 1000..LAST_MS / 1000, FIRST_MS..LAST_MS, FIRST_MS * 1000..LAST_MS * 1000);
    if seconds.contains(&number) {
        let mut thousandths = 0;
        for (i, byte) in fraction.bytes().take(3).enumerate() {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            thousandths += digit * [100, 10, 1][i];
        }
        Some(number * 1000 + thousandths)
    } else if ms.contains(&number) {
        Some(number)
    } else if us.contains(&number) {
        Some(number / 1000)
    } else {
        None
    }
}

/// `2026-01-04T17:03:40.988Z`, with a space for the `T`, any fraction, and any offset.
fn rfc3339(text: &[u8]) -> Option<i64> {
    let number = |at: usize, len: usize| -> Option<i64> {
        let digits = text.get(at..at + len)?;
        digits.iter().try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let sign = |at: usize, any: &[u8]| text.get(at).filter(|b| any.contains(b)).copied();
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    sign(4, b"-").and(sign(7, b"-")).and(sign(10, b"Tt ")).and(sign(13, b":")).and(sign(16, b":"))?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let last = *days_of_month.get(usize::try_from(month - 1).ok()?)?;
    if day < 1 || day > last || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut at = 19;
    let mut ms = 0;
    if sign(at, b".,").is_some() {
        at += 1;
        let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        for i in 0..digits.min(3) {
            ms += i64::from(text[at + i] - b'0') * [100, 10, 1][i];
        }
        at += digits;
    }
    let offset_minutes = match text.get(at)? {
        b'Z' | b'z' if at + 1 == text.len() => 0,
        b'+' | b'-' => {
            let colon = usize::from(text.get(at + 3) == Some(&b':'));
            if at + 5 + colon != text.len() {
                return None;
            }
            let minutes = number(at + 1, 2)? * 60 + number(at + 3 + colon, 2)?;
            if text[at] == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let days = days_since_1970(year, month, day);
    Some((((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second) * 1000 + ms)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Writes a time as RFC 3339 in UTC with milliseconds.
pub fn format(ms: i64) -> String {
    let days = ms.div_euclid(DAY_MS);
    let rest = ms.rem_euclid(DAY_MS);
    // The inverse of `days_since_1970`, from the same source.
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (rest / HOUR_MS, rest / MINUTE_MS % 60, rest / SECOND_MS % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_of_one_moment_is_one_time() {
        for text in [
            "2026-01-04T17:03:40.988Z",
            "2026-01-05T00:03:40.988+07:00",
            "2026-01-05 00:03:40.988123+0700",
            "1767546220.988",
            "1767546220988",
            "1767546220988000",
        ] {
            assert_eq!(parse(text), Some(1_767_546_220_988), "{text}");
        }
        assert_eq!(format(1_767_546_220_988), "2026-01-04T17:03:40.988Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "0",
            "-1",
            "NaN",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-04",
            "2026-01-04T17:03:40",
            "2026-01-04T25:03:40Z",
            "2026-01-04T17:03:40.988Zx",
            "2026-01-04T17:03:40+7",
            "99999999999999999999",
            "1767546220.9x8",
            "1926-01-04T17:03:40Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_again_and_agrees_with_jiff(ms in FIRST_MS..LAST_MS) {
            let text = format(ms);
            prop_assert_eq!(parse(&text), Some(ms));
            let jiff: jiff::Timestamp = text.parse().expect("RFC 3339");
            prop_assert_eq!(jiff.as_millisecond(), ms);
        }

        #[test]
        fn nothing_panics(text: String) {
            let _ = parse(&text);
        }
    }
}
