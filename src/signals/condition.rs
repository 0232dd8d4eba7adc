//! Conditions of rules, written in CEL (the Common Expression Language) on the view of an event: a rule is only asked about
//! events for which its condition holds. No raw identifier has a name here.
//!
//! A condition is compiled at the start. It costs a few microseconds for each event of its shape, several times what all
//! built-in rules cost: for filters that the lists and parameters cannot say.

use cel::{Context, Program, Value};

use super::event::{Change, Event, Kind, Status};

/// What a condition may name. What an event does not say is `null`.
pub const NAMES: [&str; 20] = [
    "kind",
    "success",
    "status",
    "amount",
    "fee",
    "balance_before",
    "balance_after",
    "currency",
    "method",
    "bonus",
    "country",
    "lat",
    "lon",
    "accuracy_km",
    "asn",
    "trusted",
    "anonymiser",
    "travelling",
    "carrier",
    "hour",
];

/// An event as a condition sees it.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its currency as it stands.
    pub currency: Option<&'a str>,
    /// How money moves, as it stands.
    pub method: Option<&'a str>,
}

/// A compiled condition.
pub struct Condition {
    program: Program,
    names: Vec<&'static str>,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Condition").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Condition {
    /// Compiles a condition, and tries it on an event that says everything.
    ///
    /// # Errors
    /// What is wrong with it, for the field that holds it.
    pub fn compile(text: &str) -> Result<Condition, String> {
        let program = Program::compile(text).map_err(|errors| match errors.errors.first() {
            Some(e) => format!("is no CEL expression: {} (line {}, column {})", e.msg.trim(), e.pos.0, e.pos.1),
            None => "is no CEL expression".to_owned(),
        })?;
        let mut names = Vec::new();
        for name in program.references().variables() {
            match NAMES.iter().find(|known| **known == name) {
                Some(known) => names.push(*known),
                None => return Err(format!("names `{name}`; an event has `{}`", NAMES.join("`, `"))),
            }
        }
        let condition = Condition { program, names };
        let event = sample();
        match condition.value(&View { event: &event, currency: Some("IDR"), method: Some("bank") }) {
            Ok(Value::Bool(_)) => Ok(condition),
            Ok(_) => Err("must be true or false for an event".to_owned()),
            Err(error) => Err(format!("cannot be decided for an event that says everything: {error}")),
        }
    }

    /// Whether it holds. What cannot be decided, because the event does not say it, does not.
    pub fn holds(&self, view: &View<'_>) -> bool {
        matches!(self.value(view), Ok(Value::Bool(true)))
    }

    fn value(&self, view: &View<'_>) -> Result<Value, cel::ExecutionError> {
        let mut context = Context::default();
        for name in &self.names {
            context.add_variable_from_value(*name, view.get(name));
        }
        self.program.execute(&context)
    }
}

impl View<'_> {
    fn get(&self, name: &str) -> Value {
        let event = self.event;
        let text = |text: &str| Value::from(text);
        let number = |number: Option<f64>| number.map_or(Value::Null, Value::Float);
        let hundredths = |n: i16| f64::from(n) / 100.0;
        match name {
            "kind" => text(kind(event.kind)),
            "success" => Value::Bool(event.success),
            "status" => text(status(event.status)),
            "amount" => number(event.amount.map(|amount| amount.as_f64())),
            "fee" => Value::Float(event.fee.as_f64()),
            "balance_before" => number(event.before.map(|before| before.as_f64())),
            "balance_after" => number(event.after.map(|after| after.as_f64())),
            "currency" => self.currency.map_or(Value::Null, text),
            "method" => self.method.map_or(Value::Null, text),
            "bonus" => Value::Bool(event.bonus),
            "country" => event.place.country.map_or(Value::Null, |c| text(&String::from_utf8_lossy(&c))),
            "lat" => number(event.place.point.map(|point| hundredths(point.lat))),
            "lon" => number(event.place.point.map(|point| hundredths(point.lon))),
            "accuracy_km" => number(event.place.accuracy_km.map(f64::from)),
            "asn" if event.place.asn != 0 => Value::Int(i64::from(event.place.asn)),
            "trusted" => Value::Bool(event.trusted),
            "anonymiser" => Value::Bool(event.anonymiser),
            "travelling" => Value::Bool(event.travelling),
            "carrier" => Value::Bool(event.carrier),
            "hour" => Value::Int(event.time_ms.rem_euclid(86_400_000) / 3_600_000),
            _ => Value::Null,
        }
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Login => "login",
        Kind::Deposit => "deposit",
        Kind::Withdrawal => "withdrawal",
        Kind::Bet => "bet",
        Kind::Win => "win",
        Kind::TransferIn => "transfer_in",
        Kind::TransferOut => "transfer_out",
        Kind::Change(Change::Password) => "change_password",
        Kind::Change(Change::Payout) => "change_payout",
        Kind::Change(Change::Contact) => "change_contact",
        Kind::Erase => "erase",
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Done => "done",
        Status::Failed => "failed",
        Status::Reversed => "reversed",
        Status::Pending => "pending",
    }
}

/// An event that says everything.
fn sample() -> Event {
    use super::event::{AccountId, Place, Point};
    use super::money::Money;
    let mut event = Event::new(Kind::Withdrawal, AccountId::default(), 1_800_000_000_000, 1);
    let money = Some(Money(1_000_000));
    (event.amount, event.before, event.after) = (money, money, money);
    event.place = Place { country: Some(*b"ID"), point: Point::new(-6.2, 106.8), accuracy_km: Some(20.0), asn: 7713 };
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, event: &Event) -> bool {
        let condition = Condition::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        condition.holds(&View { event, currency: Some("IDR"), method: None })
    }

    #[test]
    fn a_condition_is_about_what_an_event_says() {
        let event = sample();
        for (text, expected) in [
            ("amount > 0.5", true),
            ("amount >= 2", false),
            ("kind == 'withdrawal' && status == 'done'", true),
            ("country in ['ID', 'SG'] && !(country == 'SG')", true),
            ("asn == 7713 || hour < 0", true),
            ("currency == 'USD'", false),
            ("method != null && method == 'bank'", false),
            ("method == 'bank'", false),
        ] {
            assert_eq!(holds(text, &event), expected, "{text}");
        }
        let silent = Event::new(Kind::Login, super::super::event::AccountId::default(), 0, 1);
        assert!(!holds("amount > 0.5", &silent), "what is not said decides nothing");
        assert!(!holds("!(amount > 0.5)", &silent), "neither way");
        assert!(holds("country == null", &silent));
    }

    #[test]
    fn what_is_no_condition_is_refused_with_its_reason() {
        for (text, says) in [
            ("amount >", "no CEL expression"),
            ("amout > 1", "names `amout`; an event has `kind`"),
            ("amount + 1.0", "must be true or false"),
            ("email == 'x'", "names `email`"),
            ("kind > 1", "cannot be decided"),
        ] {
            let error = Condition::compile(text).expect_err(text);
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
