//! The clock and the books: steps happen in the order of time, balances add up, every step writes its event.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;

use fastrand::Rng;

use super::people::{Device, Payout, Person};
use super::places::{Geo, Spot};
use super::{attacks, life};

/// Something that happens to an account.
#[derive(Debug, Clone)]
pub struct Step {
    pub who: usize,
    /// Number of the incident that it belongs to.
    pub incident: Option<usize>,
    /// What makes a benign event hard to tell from an attack; empty: nothing does.
    pub tag: &'static str,
    pub what: What,
}

/// What happens. Amounts of money in IDR.
#[derive(Debug, Clone)]
pub enum What {
    /// The owner uses the account.
    Visit,
    /// An attack of this kind begins, when the account is worth it.
    Attack(attacks::Kind),
    Login {
        spot: Spot,
        device: Device,
        ok: bool,
        session: String,
    },
    Deposit {
        amount: i64,
        method: &'static str,
    },
    /// A game round: a bet, and perhaps what it wins.
    Round {
        stake: i64,
        luck: f64,
    },
    /// What a round wins, times 100: stakes have decimals only here.
    Win {
        cents: i64,
    },
    Withdraw {
        ask: Ask,
        to: Payout,
    },
    Send {
        ask: Ask,
        to: usize,
    },
    Receive {
        amount: i64,
        from: usize,
    },
    Change {
        change: &'static str,
        to: Option<Payout>,
    },
    /// The last withdrawal or deposit of the account is undone.
    Undo,
    /// The balance moves and no event says so.
    Move {
        amount: i64,
    },
    /// A bet or deposit whose balance after is too high by `amount`.
    Tamper {
        amount: i64,
    },
}

/// How much.
#[derive(Debug, Clone, Copy)]
pub enum Ask {
    Amount(i64),
    /// A share of the balance.
    Share(f64),
}

/// An event that happened.
#[derive(Debug)]
pub struct Event {
    pub at_ms: i64,
    pub id: String,
    pub line: String,
    pub tag: &'static str,
}

/// A labelled incident.
#[derive(Debug)]
pub struct Incident {
    pub kind: attacks::Kind,
    pub who: usize,
    pub start_ms: i64,
    pub end_ms: i64,
    pub loss: i64,
    pub events: Vec<String>,
}

/// Everything that is.
pub struct World {
    pub rng: Rng,
    pub geo: Geo,
    pub people: Vec<Person>,
    pub events: Vec<Event>,
    pub incidents: Vec<Incident>,
    pub end_ms: i64,
    heap: BinaryHeap<Reverse<(i64, u64)>>,
    steps: Vec<Option<Step>>,
    /// Per account: the last money event that can be undone.
    undoable: Vec<Option<Undoable>>,
}

#[derive(Debug, Clone)]
struct Undoable {
    id: String,
    kind: &'static str,
    amount: i64,
    fee: i64,
    extra: String,
}

/// What a money event says besides the balances.
struct Money<'a> {
    kind: &'static str,
    /// Times 100.
    cents: i64,
    fee: i64,
    status: &'static str,
    extra: &'a str,
    before: i64,
    after: i64,
}

impl World {
    /// An empty world with these people.
    pub fn new(people: Vec<Person>, geo: Geo, end_ms: i64, rng: Rng) -> World {
        let undoable = vec![None; people.len()];
        World {
            rng,
            geo,
            people,
            events: Vec::new(),
            incidents: Vec::new(),
            end_ms,
            heap: BinaryHeap::new(),
            steps: Vec::new(),
            undoable,
        }
    }

    /// `step` will happen at `at_ms`, unless the stream ends before.
    pub fn plan(&mut self, at_ms: i64, step: Step) {
        if at_ms < self.end_ms {
            self.heap.push(Reverse((at_ms, self.steps.len() as u64)));
            self.steps.push(Some(step));
        }
    }

    /// Lets everything happen.
    pub fn run(&mut self) {
        while let Some(Reverse((at_ms, number))) = self.heap.pop() {
            let step = self.steps[number as usize].take().expect("a step happens once");
            self.happen(at_ms, step);
        }
    }

    fn happen(&mut self, at_ms: i64, step: Step) {
        let who = step.who;
        let before = self.people[who].balance;
        match step.what.clone() {
            What::Visit => life::visit(self, at_ms, who),
            What::Attack(kind) => attacks::begin(self, at_ms, who, kind),
            What::Login { spot, device, ok, session } => self.login(at_ms, &step, spot, device, ok, session),
            What::Deposit { amount, method } => {
                let extra = format!(r#","method":"{method}""#);
                let id = self.money(
                    at_ms,
                    &step,
                    &Money::approved("deposit", amount * 100, before, before + amount, &extra),
                );
                self.undoable[who] = Some(Undoable { id, kind: "deposit", amount, fee: 0, extra });
            }
            What::Round { stake, luck } => self.round(at_ms, &step, stake, luck),
            What::Win { cents } => {
                let after = before + (cents as f64 / 100.0).round() as i64;
                let extra = game(&mut self.rng);
                self.money(at_ms, &step, &Money::approved("win", cents, before, after, &extra));
            }
            What::Withdraw { ask, ref to } => self.withdraw(at_ms, &step, ask, to),
            What::Send { ask, to } => self.send(at_ms, &step, ask, to),
            What::Receive { amount, from } => {
                let extra =
                    format!(r#","direction":"in","method":"wallet","source_account":"{}""#, self.people[from].id);
                self.money(at_ms, &step, &Money::approved("transfer", amount * 100, before, before + amount, &extra));
            }
            What::Change { change, ref to } => {
                let mut line = self.open("account_change", at_ms, who);
                let _ = write!(line.1, r#","change":"{change}""#);
                if let Some(to) = to {
                    line.1 += &payout_fields(to);
                }
                self.write(at_ms, &step, line);
            }
            What::Undo => self.undo(at_ms, &step),
            What::Move { amount } => self.people[who].balance += amount,
            What::Tamper { amount } => {
                let stake = 20_000.min(before);
                let extra = game(&mut self.rng);
                self.money(at_ms, &step, &Money::approved("bet", stake * 100, before, before - stake + amount, &extra));
            }
        }
    }

    fn login(&mut self, at_ms: i64, step: &Step, spot: Spot, device: Device, ok: bool, session: String) {
        let id = event_id(&mut self.rng);
        let person = &self.people[step.who];
        let time = utc(at_ms);
        let mut line = format!(
            r#"{{"event_id":"{id}","type":"login","ts":"{time}","user_id":"{}","email":"{}","ip":"{}","device_id":"{}","device_type":"{}","user_agent":"{}","success":{ok}"#,
            person.id, person.email, spot.ip, device.id, device.kind, device.agent
        );
        if ok {
            let _ = write!(line, r#","session_id":"{session}""#);
        } else {
            line += r#","reason":"bad_password""#;
        }
        let c = spot.city;
        match self.rng.u32(..1000) {
            0..2 => line += r#","geo":null"#,
            2..5 => {
                let _ = write!(
                    line,
                    r#","geo":{{"country":"{}","city":null,"lat":null,"lon":null,"accuracy_km":null}}"#,
                    c.country
                );
            }
            _ => {
                let _ = write!(
                    line,
                    r#","geo":{{"country":"{}","city":"{}","lat":{},"lon":{},"accuracy_km":{}}}"#,
                    c.country, c.name, c.lat, c.lon, spot.accuracy_km
                );
            }
        }
        let _ = write!(line, r#","asn":{}"#, spot.carrier.asn);
        if ok {
            let person = &mut self.people[step.who];
            person.logins += 1;
            person.last_login_ms = at_ms;
            person.session = Some((session, spot, device));
        }
        self.write(at_ms, step, (id, line));
    }

    fn round(&mut self, at_ms: i64, step: &Step, stake: i64, luck: f64) {
        let before = self.people[step.who].balance;
        let stake = stake.min(before / 50 * 50);
        if stake < 50 {
            return;
        }
        let extra = game(&mut self.rng);
        let id = self.money(at_ms, step, &Money::approved("bet", stake * 100, before, before - stake, &extra));
        let soon = at_ms + self.rng.i64(900..8_000);
        if self.rng.f64() < 0.008 {
            self.undoable[step.who] = Some(Undoable { id, kind: "bet", amount: stake, fee: 0, extra });
            self.plan(soon, Step { tag: "void", what: What::Undo, ..step.clone() });
        } else if self.rng.f64() < luck {
            let times = [1.2, 1.2, 1.5, 2.0, 2.0, 3.5, 8.0][self.rng.usize(..7)];
            let odd = if self.rng.f64() < 0.03 { 75 } else { 0 };
            let jackpot = self.rng.f64() < 0.0005;
            let cents = (stake as f64 * if jackpot { 120.0 } else { times }) as i64 * 100 + odd;
            let tag = if jackpot { "jackpot" } else { step.tag };
            self.plan(soon, Step { tag, what: What::Win { cents }, ..step.clone() });
        }
    }

    fn withdraw(&mut self, at_ms: i64, step: &Step, ask: Ask, to: &Payout) {
        let before = self.people[step.who].balance;
        let fee = if to.method == "dana" { 0 } else { [2_500, 6_500][self.rng.usize(..2)] };
        let amount = ask.of(before - fee, 10_000);
        if amount < 10_000 || amount + fee > before {
            return;
        }
        let extra = payout_fields(to);
        let extra = format!(r#","method":"{}"{extra}"#, to.method);
        let failed = step.incident.is_none() && self.rng.f64() < 0.012;
        let after = if failed { before } else { before - amount - fee };
        let status = if failed { "failed" } else { "approved" };
        let money = Money { kind: "withdrawal", cents: amount * 100, fee, status, extra: &extra, before, after };
        let id = self.money(at_ms, step, &money);
        if failed {
            return;
        }
        self.lose(step, amount);
        self.undoable[step.who] = Some(Undoable { id, kind: "withdrawal", amount, fee, extra });
        if step.incident.is_none() && self.rng.f64() < 0.006 {
            let later = at_ms + self.rng.i64(60_000..3_600_000);
            self.plan(later, Step { tag: "wd_reversed", what: What::Undo, ..step.clone() });
        }
    }

    fn send(&mut self, at_ms: i64, step: &Step, ask: Ask, to: usize) {
        let before = self.people[step.who].balance;
        let amount = ask.of(before, if step.incident.is_some() { 1 } else { 1_000 });
        if amount < 1_000 || amount > before {
            return;
        }
        let extra = format!(r#","direction":"out","method":"wallet","destination_account":"{}""#, self.people[to].id);
        self.money(at_ms, step, &Money::approved("transfer", amount * 100, before, before - amount, &extra));
        self.lose(step, amount);
        let tag = if step.incident.is_some() { "from_victim" } else { "" };
        let what = What::Receive { amount, from: step.who };
        let soon = at_ms + self.rng.i64(150..900);
        self.plan(soon, Step { who: to, incident: None, tag, what });
    }

    /// What leaves the account in an incident is its loss.
    fn lose(&mut self, step: &Step, amount: i64) {
        if let Some(incident) = step.incident {
            self.incidents[incident].loss += amount;
        }
    }

    fn undo(&mut self, at_ms: i64, step: &Step) {
        let Some(undone) = self.undoable[step.who].take() else { return };
        let before = self.people[step.who].balance;
        let after = if undone.kind == "deposit" { before - undone.amount } else { before + undone.amount + undone.fee };
        if after < 0 {
            return;
        }
        let extra = format!(r#","ref_event_id":"{}"{}"#, undone.id, undone.extra);
        let money = Money {
            kind: undone.kind,
            cents: undone.amount * 100,
            fee: undone.fee,
            status: "reversed",
            extra: &extra,
            before,
            after,
        };
        self.money(at_ms, step, &money);
    }

    fn money(&mut self, at_ms: i64, step: &Step, money: &Money<'_>) -> String {
        let (id, mut line) = self.open(money.kind, at_ms, step.who);
        if money.extra.contains(r#""direction":"in""#) {
            // Nobody's session: somebody else sent it.
            let from = line.find(r#","session_id":"#).expect("every money event has one");
            line.truncate(from);
            line += r#","session_id":null"#;
        }
        let amount = if money.cents % 100 == 0 {
            (money.cents / 100).to_string()
        } else {
            format!("{:.2}", money.cents as f64 / 100.0)
        };
        let _ = write!(
            line,
            r#","amount":{amount},"currency":"IDR","balance_before":{},"balance_after":{},"status":"{}""#,
            money.before, money.after, money.status
        );
        if money.fee > 0 {
            let _ = write!(line, r#","fee":{}"#, money.fee);
        }
        line += money.extra;
        self.people[step.who].balance = money.after;
        self.write(at_ms, step, (id.clone(), line));
        id
    }

    fn open(&mut self, kind: &str, at_ms: i64, who: usize) -> (String, String) {
        let id = event_id(&mut self.rng);
        let person = &self.people[who];
        let session = person.session.as_ref().map_or("null".to_owned(), |s| format!("\"{}\"", s.0));
        let time = utc(at_ms + 7 * 3_600_000).replace('Z', "+07:00");
        let line = format!(
            r#"{{"event_id":"{id}","type":"{kind}","ts":"{time}","user_id":"{}","session_id":{session}"#,
            person.id
        );
        (id, line)
    }

    fn write(&mut self, at_ms: i64, step: &Step, (id, mut line): (String, String)) {
        line.push('}');
        if let Some(incident) = step.incident {
            let incident = &mut self.incidents[incident];
            incident.events.push(id.clone());
            incident.start_ms = incident.start_ms.min(at_ms);
            incident.end_ms = incident.end_ms.max(at_ms);
        }
        self.events.push(Event { at_ms, id, line, tag: step.tag });
    }

    /// A fresh session id.
    pub fn session_id(&mut self) -> String {
        format!("s{:010x}", self.rng.u64(..1 << 40))
    }
}

impl Ask {
    /// The amount asked for, rounded down as people do.
    fn of(self, available: i64, step: i64) -> i64 {
        match self {
            Ask::Amount(amount) => amount,
            Ask::Share(share) => (available as f64 * share) as i64 / step * step,
        }
    }
}

impl<'a> Money<'a> {
    fn approved(kind: &'static str, cents: i64, before: i64, after: i64, extra: &'a str) -> Money<'a> {
        Money { kind, cents, fee: 0, status: "approved", extra, before, after }
    }
}

fn payout_fields(to: &Payout) -> String {
    let bank = to.bank.map_or(String::new(), |b| format!(r#","destination_bank":"{b}""#));
    format!(r#"{bank},"destination_account":"{}""#, to.account)
}

fn game(rng: &mut Rng) -> String {
    format!(r#","game":"{}""#, ["slot-garuda", "domino-qiu", "ludo", "crash", "fishing", "baccarat"][rng.usize(..6)])
}

fn event_id(rng: &mut Rng) -> String {
    format!("e{:014x}", rng.u64(..1 << 56))
}

/// RFC 3339 with milliseconds.
pub fn utc(at_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(at_ms).expect("a time of this century");
    format!("{at:.3}")
}
