//! What a record says of an account, for people who set up shapes of events: numbers, words of the config, pseudonyms.

use std::sync::Arc;

use super::binding::Purpose;
use super::scrub::Scrubber;
use super::signal_plan::SignalPlan;
use crate::signals::event::{Change, Kind, Status};
use crate::signals::mapping::{Mapper, Sighting, Unmapped};

/// What a record was taken for. Holds no raw identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// `login`, `transfer in`, `change of password` …
    pub kind: &'static str,
    /// Pseudonym of the account.
    pub account: String,
    /// Event time, ms since 1970.
    pub time_ms: i64,
    /// What else it says, by the names of `signals.fields`.
    pub says: Vec<(&'static str, String)>,
}

/// Reads records as the watcher does.
pub struct Viewer {
    mapper: Mapper,
}

impl Viewer {
    /// By the shapes of `plan`.
    pub fn new(plan: &SignalPlan) -> Viewer {
        Viewer { mapper: Mapper::new(Arc::clone(&plan.mapping)) }
    }

    /// What the JSON record says that `scrubber` has just read from `raw`.
    ///
    /// # Errors
    /// Why it tells nothing.
    pub fn see(&mut self, raw: &[u8], scrubber: &mut Scrubber) -> Result<Mapped, Unmapped> {
        let text = std::str::from_utf8(raw).map_err(|_| Unmapped::Shape)?;
        let purpose = scrubber.purpose();
        let (paths, tape) = scrubber.tape();
        let (kind, sighting) = match purpose {
            Purpose::Event => self.mapper.read(text, paths, tape)?,
            Purpose::Erase => (Kind::Erase, self.mapper.subject(text, paths, tape)?),
        };
        let account = scrubber.pseudonym("account", &sighting.account);
        let says = says(kind, &sighting, scrubber);
        Ok(Mapped { kind: name(kind), account, time_ms: sighting.time_ms, says })
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Login => "login",
        Kind::Deposit => "deposit",
        Kind::Withdrawal => "withdrawal",
        Kind::Bet => "bet",
        Kind::Win => "win",
        Kind::TransferIn => "transfer in",
        Kind::TransferOut => "transfer out",
        Kind::Change(Change::Password) => "change of password",
        Kind::Change(Change::Payout) => "change of payout",
        Kind::Change(Change::Contact) => "change of contact",
        Kind::Erase => "erase",
    }
}

fn says(kind: Kind, sighting: &Sighting<'_>, scrubber: &mut Scrubber) -> Vec<(&'static str, String)> {
    let mut says = Vec::new();
    if kind == Kind::Login {
        says.push(("outcome", if sighting.success { "success" } else { "failure" }.to_owned()));
    }
    if let Some(country) = sighting.place.country {
        says.push(("country", String::from_utf8_lossy(&country).into_owned()));
    }
    if sighting.place.asn != 0 {
        says.push(("asn", sighting.place.asn.to_string()));
    }
    if sighting.place.point.is_some() {
        says.push(("place", "known".to_owned()));
    }
    for (name, entity, value) in [
        ("ip", "ip", &sighting.ip),
        ("device", "device", &sighting.device),
        ("destination", "payee", &sighting.destination),
        ("source", "payee", &sighting.source),
    ] {
        if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
            says.push((name, scrubber.pseudonym(entity, value)));
        }
    }
    let moneys = [
        ("amount", sighting.amount),
        ("fee", sighting.fee),
        ("balance_before", sighting.before),
        ("balance_after", sighting.after),
    ];
    says.extend(moneys.into_iter().filter_map(|(name, money)| Some((name, money?.to_string()))));
    if sighting.amount.is_some() && sighting.status != Status::Done {
        says.push(("status", format!("{:?}", sighting.status).to_lowercase()));
    }
    says
}
