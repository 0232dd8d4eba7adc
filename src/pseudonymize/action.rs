//! What may be done with a value, and the actions that need no key: placeholders, masks and generalisations.
//!
//! All of them fail closed: a value that does not fit becomes its placeholder. And all are settled: applied to their
//! own output they change nothing, so a stream can be scrubbed twice.

use std::io::Write;

use crate::canonical::phone::Region;
use crate::canonical::{Form, ip};

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A keyed pseudonym takes its place.
    Token,
    /// A placeholder with the entity's name takes its place: `[email]`.
    Redact,
    /// A part of it stays.
    Mask(Mask),
    /// Something coarser takes its place.
    Generalize(Generalize),
    /// It is encrypted to the recipients of the config: `[sealed:…]`, for holders of the private key to open.
    Seal,
    /// The member or element that holds it goes.
    Drop,
    /// It stays.
    Keep,
}

/// What part of a value stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// Of a card of 13 to 19 digits: `411111******1111`.
    First6Last4,
    /// The last four letters or digits of at least eight: `****1111`.
    Last4,
    /// The first four letters or digits of at least eight: `4111****`.
    First4,
    /// Of an e-mail address the domain: `[email]@example.com`.
    EmailDomain,
    /// Nothing, not even the length: `********`.
    All,
}

/// What coarser value takes a value's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generalize {
    /// Of an IP address its network: `203.0.113.0/24`, `2001:db8:85a3::/48`.
    IpNetwork,
    /// Of a date (ISO, or day, month and year with `-`, `/` or `.`) its year: `1995`.
    Year,
    /// Of an amount the greatest multiple of this step that is not above it: 34958.30 by 10000 is `30000`.
    Bucket(u64),
    /// Of coordinates the nearest points of a grid, its step in millionths of a degree: -6.2088 by 0.1 is `-6.2`. What
    /// lies on the grid stays as it is written.
    Grid(u32),
}

/// The text is no action.
#[derive(Debug, thiserror::Error)]
#[error("unknown action `{given}`; use one of: {}", Action::ALLOWED)]
pub struct ActionError {
    given: String,
}

impl Action {
    /// Whether a part of a number is left: beside a token of it the two can be joined (PCI DSS 3.5.1).
    pub fn truncates(self) -> bool {
        matches!(self, Action::Mask(Mask::First6Last4 | Mask::First4 | Mask::Last4))
    }

    /// How actions are written in the config.
    pub const ALLOWED: &'static str = "token, redact, mask:first6_last4, mask:last4, mask:first4, mask:email_domain, \
        mask:all, generalize:ip_network, generalize:year, generalize:bucket:<step>, \
         generalize:grid:<degrees>, seal, drop, keep";

    /// The action that `text` names, such as `mask:last4`.
    ///
    /// # Errors
    /// It names none; the error lists what is allowed.
    pub fn parse(text: &str) -> Result<Action, ActionError> {
        let action = match text {
            "token" => Action::Token,
            "redact" => Action::Redact,
            "mask:first6_last4" => Action::Mask(Mask::First6Last4),
            "mask:last4" => Action::Mask(Mask::Last4),
            "mask:first4" => Action::Mask(Mask::First4),
            "mask:email_domain" => Action::Mask(Mask::EmailDomain),
            "mask:all" => Action::Mask(Mask::All),
            "generalize:ip_network" => Action::Generalize(Generalize::IpNetwork),
            "generalize:year" => Action::Generalize(Generalize::Year),
            "seal" => Action::Seal,
            "drop" => Action::Drop,
            "keep" => Action::Keep,
            _ if text.starts_with("generalize:grid:") => text
                .strip_prefix("generalize:grid:")
                .and_then(millionths)
                .filter(|step| (1..=90_000_000).contains(step))
                .map(|step| Action::Generalize(Generalize::Grid(step as u32)))
                .ok_or_else(|| ActionError { given: text.to_owned() })?,
            _ => text
                .strip_prefix("generalize:bucket:")
                .and_then(|step| step.parse().ok())
                .filter(|step| *step > 0)
                .map(|step| Action::Generalize(Generalize::Bucket(step)))
                .ok_or_else(|| ActionError { given: text.to_owned() })?,
        };
        Ok(action)
    }
}

/// Appends the placeholder of an entity: `[email]`.
pub fn write_placeholder(entity: &str, out: &mut Vec<u8>) {
    out.push(b'[');
    out.extend_from_slice(entity.as_bytes());
    out.push(b']');
}

/// A value with what is known of it.
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) form: Form,
    pub(super) regions: &'a [Region],
    /// Name of its entity.
    pub(super) entity: &'a str,
}

impl Value<'_> {
    /// Appends what is left of the value under `mask`, or its placeholder.
    pub(super) fn write_masked(&self, mask: Mask, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
        let written = match mask {
            Mask::First6Last4 => self.write_first6_last4(scratch, out),
            Mask::Last4 => self.write_four(scratch, out, Side::Last),
            Mask::First4 => self.write_four(scratch, out, Side::First),
            Mask::EmailDomain => self.write_email_domain(scratch, out),
            Mask::All => {
                out.extend_from_slice(b"********");
                true
            }
        };
        if !written {
            write_placeholder(self.entity, out);
        }
    }

    /// Appends the coarser value, or the placeholder.
    pub(super) fn write_generalized(&self, how: Generalize, out: &mut Vec<u8>) {
        let text = self.text.trim_ascii();
        let written = match how {
            Generalize::IpNetwork => {
                let network = ip::parse(text).map(ip::network).or_else(|| ip::parse_network(text));
                network.inspect(|network| ip::write_network(*network, out)).is_some()
            }
            Generalize::Year => year(text).inspect(|year| out.extend_from_slice(year)).is_some(),
            Generalize::Bucket(step) => {
                let floor = bucket(text, step);
                floor.inspect(|floor| write!(out, "{floor}").expect("writing to a Vec cannot fail")).is_some()
            }
            Generalize::Grid(step) => write_grid(text, step, out),
        };
        if !written {
            write_placeholder(self.entity, out);
        }
    }

    fn write_first6_last4(&self, scratch: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
        if is_first6_last4(self.text.as_bytes()) {
            out.extend_from_slice(self.text.as_bytes());
            return true;
        }
        scratch.clear();
        if self.is_several()
            || !Form::Digits.write(self.text, self.regions, scratch)
            || !(13..=19).contains(&scratch.len())
        {
            return false;
        }
        let hidden = 6..scratch.len() - 4;
        scratch[hidden].fill(b'*');
        out.extend_from_slice(scratch);
        true
    }

    /// `4539578763621486/739`, `4539578763621486 cvv 739`: a number and something else, whose ends are not the number's.
    fn is_several(&self) -> bool {
        let part =
            |c: char| c.is_numeric() || matches!(c, ' ' | '-' | '.' | '*' | '+' | 'E' | 'e' | '\u{2010}'..='\u{2015}');
        self.form == Form::Digits && !self.text.chars().all(part)
    }

    fn write_four(&self, scratch: &mut Vec<u8>, out: &mut Vec<u8>, side: Side) -> bool {
        if side.is_output(self.text.as_bytes()) {
            out.extend_from_slice(self.text.as_bytes());
            return true;
        }
        // The canonical form of an address is binary: four bytes of it mean nothing to a reader.
        if matches!(self.form, Form::Ip | Form::IpNetwork) || self.is_several() {
            return false;
        }
        scratch.clear();
        if !self.form.write(self.text, self.regions, scratch) {
            Form::Text.write(self.text, self.regions, scratch);
        }
        if !scratch.is_ascii() {
            return false;
        }
        scratch.retain(u8::is_ascii_alphanumeric);
        if scratch.len() < 8 {
            return false;
        }
        match side {
            Side::First => {
                out.extend_from_slice(&scratch[..4]);
                out.extend_from_slice(b"****");
            }
            Side::Last => {
                out.extend_from_slice(b"****");
                out.extend_from_slice(&scratch[scratch.len() - 4..]);
            }
        }
        true
    }

    fn write_email_domain(&self, scratch: &mut Vec<u8>, out: &mut Vec<u8>) -> bool {
        scratch.clear();
        if !Form::Email.write(self.text, self.regions, scratch) {
            return false;
        }
        let at = memchr::memrchr(b'@', scratch).expect("a canonical address holds an @");
        // No local part ends in `]`, so no detector takes this for an address.
        write_placeholder(self.entity, out);
        out.extend_from_slice(&scratch[at..]);
        true
    }
}

#[derive(Clone, Copy)]
enum Side {
    First,
    Last,
}

impl Side {
    fn is_output(self, text: &[u8]) -> bool {
        let Some((first, last)) = text.split_at_checked(4) else {
            return false;
        };
        let (stars, shown) = match self {
            Side::First => (last, first),
            Side::Last => (first, last),
        };
        stars == b"****" && shown.len() == 4 && shown.iter().all(u8::is_ascii_alphanumeric)
    }
}

fn is_first6_last4(text: &[u8]) -> bool {
    (13..=19).contains(&text.len())
        && text[..6].iter().chain(&text[text.len() - 4..]).all(u8::is_ascii_digit)
        && text[6..text.len() - 4].iter().all(|&b| b == b'*')
}

/// The year of a date, 1850 to 2149; a text that is such a year is its own.
fn year(text: &str) -> Option<&[u8]> {
    let date = text.as_bytes();
    let date = date.split(|b| matches!(b, b'T' | b't' | b' ')).next()?;
    let mut parts = date.split(|b| matches!(b, b'-' | b'/' | b'.'));
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    let year = match (second, third, parts.next()) {
        (None, None, None) if text.len() == 4 => first,
        (Some(b), Some(c), None) if first.len() == 4 && is_day_and_month(b, c) => first,
        (Some(b), Some(c), None) if c.len() == 4 && is_day_and_month(first, b) => c,
        _ => return None,
    };
    (1850..2150).contains(&number(year)?).then_some(year)
}

/// In either order: writers disagree, and the year is the same.
fn is_day_and_month(a: &[u8], b: &[u8]) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.min(b) >= 1 && a.min(b) <= 12 && a.max(b) <= 31,
        _ => false,
    }
}

/// Appends `text`, one coordinate or several with commas, semicolons or spaces between them, brought to a grid. False, and
/// nothing appended, when it is anything else.
fn write_grid(text: &str, step: u32, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let is_sign = |c: char| matches!(c, ',' | ';' | ' ');
    for (at, part) in text.split_inclusive(is_sign).enumerate() {
        let number = part.trim_end_matches(is_sign);
        let signs = &part[number.len()..];
        // No place has more degrees, and none is made of several whole numbers: a card in the wrong field is.
        let whole_ones = at >= 2 && !number.contains('.');
        let is_degrees = |degrees: &i64| degrees.abs() <= 180_000_000 && at < 8 && !whole_ones;
        let Some(degrees) = millionths(number).filter(is_degrees) else {
            if number.is_empty() && at > 0 {
                out.extend_from_slice(signs.as_bytes());
                continue;
            }
            out.truncate(start);
            return false;
        };
        let step = i64::from(step);
        // A tail below a millionth is off every grid.
        if degrees % step == 0 && number.split_once('.').is_none_or(|(_, fraction)| fraction.len() <= 6) {
            out.extend_from_slice(number.as_bytes());
        } else {
            write_millionths((degrees + step.div_euclid(2)).div_euclid(step) * step, step, out);
        }
        out.extend_from_slice(signs.as_bytes());
    }
    out.len() > start
}

/// A plain decimal in millionths, what lies below cut off.
fn millionths(number: &str) -> Option<i64> {
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let decimal = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || !decimal(whole) || !decimal(fraction) {
        return None;
    }
    let fraction = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let value = whole.bytes().chain(fraction).fold(0i64, |value, b| value * 10 + i64::from(b - b'0'));
    Some(if number.starts_with('-') { -value } else { value })
}

/// Writes a multiple of `step` with as many decimals as the step has.
fn write_millionths(value: i64, step: i64, out: &mut Vec<u8>) {
    let decimals = (0..6).find(|&n| step % 10i64.pow(6 - n) == 0).unwrap_or(6) as usize;
    // From the last digit on, one before the point at least. (The machinery of formats takes ten times as long.)
    let mut digits = [b'0'; 20];
    let (mut first, point) = (digits.len(), digits.len() - 6);
    let mut rest = value.unsigned_abs();
    while rest > 0 || first >= point {
        first -= 1;
        digits[first] += (rest % 10) as u8;
        rest /= 10;
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[first..point]);
    if decimals > 0 {
        out.push(b'.');
        out.extend_from_slice(&digits[point..point + decimals]);
    }
}

/// A number of one to four digits.
fn number(digits: &[u8]) -> Option<u32> {
    let fits = (1..=4).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |number, b| number * 10 + u32::from(b - b'0')))
}

/// The greatest multiple of `step` that is not above a plain decimal amount.
fn bucket(text: &str, step: u64) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let decimal = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if digits.is_empty() || digits.len() > 30 || !decimal(digits) || !decimal(fraction) {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    // Below zero a fraction lies under its whole part: -0.5 is in the bucket that ends at 0.
    let below = text.starts_with('-') && fraction.bytes().any(|b| b != b'0');
    let step = i128::from(step);
    Some((whole - i128::from(below)).div_euclid(step) * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(mask: Mask, form: Form, text: &str) -> String {
        let mut out = Vec::new();
        Value { text, form, regions: &Region::ALL, entity: "thing" }.write_masked(mask, &mut Vec::new(), &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    fn generalized(how: Generalize, text: &str) -> String {
        let mut out = Vec::new();
        Value { text, form: Form::Text, regions: &[], entity: "thing" }.write_generalized(how, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn an_action_is_read_and_an_unknown_one_is_told_what_is_allowed() {
        for name in Action::ALLOWED.replace("<step>", "100").replace("<degrees>", "0.1").split(", ") {
            assert!(Action::parse(name).is_ok(), "{name}");
        }
        for name in ["", "mask", "mask:last5", "generalize:bucket:0", "generalize:bucket:", "Token", "sealed"] {
            let error = Action::parse(name).expect_err(name).to_string();
            assert!(error.contains("mask:last4"), "{error}");
        }
    }

    #[test]
    fn a_mask_shows_what_it_says() {
        let card = "4111 1111 1111 1111";
        assert_eq!(masked(Mask::First6Last4, Form::Digits, card), "411111******1111");
        assert_eq!(masked(Mask::First6Last4, Form::Digits, "４１１１１１１１１１１１１"), "411111***1111");
        assert_eq!(masked(Mask::Last4, Form::Digits, card), "****1111");
        assert_eq!(masked(Mask::First4, Form::Iban, "dk50 0040 0440 1162 43"), "DK50****");
        assert_eq!(masked(Mask::Last4, Form::Phone, "0812-3456-7890"), "****7890");
        assert_eq!(masked(Mask::EmailDomain, Form::Email, "Bjørn@RØDGRØD.dk."), "[thing]@xn--rdgrd-vuad.dk");
        assert_eq!(masked(Mask::All, Form::Text, "x"), "********");
    }

    #[test]
    fn a_value_that_does_not_fit_is_redacted() {
        for (mask, form, text) in [
            (Mask::First6Last4, Form::Digits, "411111111111"),
            (Mask::First6Last4, Form::Digits, "41111111111111111111"),
            (Mask::First6Last4, Form::Digits, "4111111*1111111"),
            (Mask::Last4, Form::Digits, "123"),
            (Mask::Last4, Form::Digits, "1234567"),
            (Mask::Last4, Form::Text, "****12345"),
            (Mask::First4, Form::Text, "Annette Døfler"),
            (Mask::Last4, Form::Ip, "203.0.113.7"),
            (Mask::EmailDomain, Form::Email, "john"),
        ] {
            assert_eq!(masked(mask, form, text), "[thing]", "{text}");
        }
        for (how, text) in [
            (Generalize::IpNetwork, "localhost"),
            (Generalize::IpNetwork, "203.0.113.0/23"),
            (Generalize::Year, "29-01-95"),
            (Generalize::Year, "1995-13-13"),
            (Generalize::Year, "1995-01"),
            (Generalize::Year, "0812-34-5678"),
            (Generalize::Year, "19950129"),
            (Generalize::Grid(100_000), "55.6761 N"),
            (Generalize::Grid(100_000), ""),
            (Generalize::Grid(100_000), "here"),
            (Generalize::Grid(100_000), "4111 1111 1111 1111"),
            (Generalize::Grid(100_000), "23 23 75 85"),
            (Generalize::Grid(100_000), "181"),
            (Generalize::Bucket(10), "1e3"),
            (Generalize::Bucket(10), "1.000,50"),
            (Generalize::Bucket(10), "-"),
            (Generalize::Bucket(10), ""),
        ] {
            assert_eq!(generalized(how, text), "[thing]", "{text}");
        }
    }

    #[test]
    fn a_generalisation_is_coarser() {
        assert_eq!(generalized(Generalize::IpNetwork, "203.0.113.7:443"), "203.0.113.0/24");
        assert_eq!(generalized(Generalize::IpNetwork, "2001:db8:85a3:1::7"), "2001:db8:85a3::/48");
        for text in ["1995-01-29", "29/01/1995", "01/29/1995", "29.1.1995", "1995-01-29T10:00:00Z", "1995"] {
            assert_eq!(generalized(Generalize::Year, text), "1995", "{text}");
        }
        for (text, point) in [
            ("-6.2088", "-6.2"),
            ("106.8456", "106.8"),
            ("106.8", "106.8"),
            ("106.80", "106.80"),
            ("7", "7"),
            ("-0.0471", "0.0"),
            ("-6.2088,106.8456", "-6.2,106.8"),
            ("55.6761, 12.5683", "55.7, 12.6"),
            ("55.70000001", "55.7"),
        ] {
            assert_eq!(generalized(Generalize::Grid(100_000), text), point, "{text}");
        }
        assert_eq!(generalized(Generalize::Grid(250_000), "12.5683"), "12.50");
        assert_eq!(generalized(Generalize::Grid(1_000_000), "12.5683"), "13");
        for (text, floor) in
            [("34958.30", "30000"), ("10000", "10000"), ("9999.99", "0"), ("-0.01", "-10000"), ("-0.0", "0")]
        {
            assert_eq!(generalized(Generalize::Bucket(10_000), text), floor, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn twice_is_once(text in prop_oneof![
            "\\PC{0,20}", "[0-9 -]{0,22}", "[a-z0-9.]{1,9}@[a-z]{1,9}\\.dk", "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}",
            "-?[0-9]{0,12}\\.?[0-9]{0,2}", "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}", "[0-9a-f:]{2,20}"
        ]) {
            for mask in [Mask::First6Last4, Mask::Last4, Mask::First4, Mask::All] {
                for (_, form) in Form::ALL {
                    let once = masked(mask, form, &text);
                    prop_assert_eq!(masked(mask, form, &once), once);
                }
            }
            let once = masked(Mask::EmailDomain, Form::Email, &text);
            prop_assert_eq!(masked(Mask::EmailDomain, Form::Email, &once), once);
            for how in [Generalize::IpNetwork, Generalize::Year, Generalize::Bucket(250), Generalize::Grid(250_000)] {
                let once = generalized(how, &text);
                prop_assert_eq!(generalized(how, &once), once);
            }
        }
    }
}
