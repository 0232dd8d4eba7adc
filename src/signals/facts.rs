//! What is true of an event against the memory of its account: computed once, before any rule asks.

use super::account::{Account, Movement, Play, Spot, Thing, login, movement, today};
use super::event::{Event, Kind, Point, Print, Status};
use super::money::Money;
use super::pending::Outflow;
use super::population::{FEATURES, Feature};

/// One hour and one day in seconds.
const HOUR_S: u32 = 3600;
const DAY_S: u32 = 86_400;
/// Within which outflows to one payee are pieces of one.
const PIECES_S: u32 = 4 * HOUR_S;

/// How far off a location may be when its source does not tell: fixed line, and mobile carrier.
const RADIUS_KM: f64 = 50.0;
const CARRIER_RADIUS_KM: f64 = 200.0;

/// What the facts need to know of the settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gates {
    /// Days after which an account is learnt.
    pub learnt_days: f64,
    /// Successful logins after which it is.
    pub learnt_logins: f64,
}

/// A journey between two places.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Journey {
    /// Great-circle distance in km.
    pub distance_km: f64,
    /// Speed that it takes at least, in km/h.
    pub speed_kmh: f64,
    /// Hours between the two.
    pub hours: f64,
}

/// What is true of a login.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoginFacts {
    /// The device was never seen.
    pub new_device: bool,
    /// The device was seen on at most three days' time before: whoever uses it has not settled yet.
    pub young_device: bool,
    /// The ASN was never seen.
    pub new_asn: bool,
    /// The ASN is known for days, and from several logins.
    pub settled_asn: bool,
    /// The country was never seen.
    pub new_country: bool,
    /// The network (/24) was never seen.
    pub new_network: bool,
    /// The user agent was never seen.
    pub new_agent: bool,
    /// Distance to the nearest known place, less nothing. `None`: no place is known, or none is given.
    pub nearest_km: Option<f64>,
    /// The fastest journey from any place of the last day.
    pub journey: Option<Journey>,
    /// The other country within the last minutes, and how many minutes ago.
    pub flip_minutes: Option<f64>,
    /// Failures among the last attempts before this one.
    pub failures: u32,
    /// Of these: from this device.
    pub failures_here: u32,
    /// Logarithm of the risk-based score.
    pub unlike: f64,
    /// From a mobile carrier, by its ASN or its error radius.
    pub carrier: bool,
}

/// What is true of a movement of money that leaves the account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowFacts {
    /// How much leaves, without the fee.
    pub amount: f64,
    /// Balance before. `None`: not given.
    pub balance: Option<f64>,
    /// Share of the balance that leaves.
    pub ratio: f64,
    /// Share of the peak balance of the last hour that left in it.
    pub ratio_1h: f64,
    /// Share of the peak balance of the last day that left in it.
    pub ratio_1d: f64,
    /// The payee was never seen.
    pub new_payee: bool,
    /// Days since the payee was seen first.
    pub payee_days: u32,
    /// How often the payee was paid before.
    pub payee_count: u32,
    /// What came in from outside within the hour before, bonuses aside.
    pub came: f64,
    /// Whether what came is unlike the holder's own deposits: from others, or far larger.
    pub came_unlike: bool,
    /// Days that the account had lived when it first paid this payee: in its first week every payee is new.
    pub payee_since_days: u32,
    /// Outflows within hours to payees that were new within them, this one included; 1 if its own is an old one.
    pub chunks: u32,
    /// Their sum as a share of the day's peak balance; above 1: money came in between, so they are no pieces of one.
    pub chunk_ratio: f64,
    /// Days on which money went to this payee, today included, of the movements that are remembered.
    pub payee_pay_days: u32,
    /// What went to this payee, this outflow included, as a share of what would be there without it; 0 where it took all
    /// at once, or money came in between, so that the outflows are no pieces of one.
    pub payee_share: f64,
    /// Standard deviations above the account's usual amounts of this kind.
    pub z: Option<f64>,
    /// Flags of the login that it belongs to, and of what that login's device did.
    pub login: u16,
    /// Minutes since that login. `None`: there is none within a day.
    pub login_minutes: Option<f64>,
    /// Minutes since a payout destination was changed, if to this payee or by this session.
    pub payout_change_minutes: Option<f64>,
    /// Minutes since the password was changed.
    pub password_change_minutes: Option<f64>,
    /// Minutes since a way to reach the holder was changed.
    pub contact_change_minutes: Option<f64>,
    /// Whether stakes were laid since that login.
    pub played: bool,
    /// Stakes, and what they were paid with, up to now.
    pub play: Play,
    /// Outflows to others than the payee.
    pub others: f64,
    /// Number and sum of outflows by horizon (see [`super::models::Decays`]), this one included. Only of one that has waited.
    pub rates: [(f64, f64); 4],
    /// Share of outflows that took nearly all of the balance.
    pub cash_out_habit: f64,
    /// How unusual the time of day is for the account, as a logarithm; 0: not known.
    pub unlike_hour: f64,
}

/// What is true of any event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Event time in seconds since 1970.
    pub now_s: u32,
    /// The account is learnt: what is new means something.
    pub learnt: bool,
    /// A few logins are known: not enough for what is new, but for several things at once.
    pub acquainted: bool,
    /// Days since the account's first event.
    pub age_days: f64,
    /// The event is not the newest of its account.
    pub late: bool,
    /// Seconds since the account's newest event before this one.
    pub idle_s: u32,
    /// Of a login.
    pub login: LoginFacts,
    /// Of an outflow.
    pub flow: FlowFacts,
    /// How far `after` is from `before` and the amount. `None`: not all of them are given.
    pub balance_error: Option<Money>,
}

/// What the risk-based score compares of a login.
pub fn features(event: &Event) -> [(Feature, u32); FEATURES] {
    let country = u32::from(u16::from_be_bytes(event.place.country.unwrap_or_default()));
    [
        (Feature::Network, event.network.0),
        (Feature::Asn, event.place.asn),
        (Feature::Country, country),
        (Feature::Agent, event.agent.0),
    ]
}

/// Facts of an event. `shares`: how common each of its [`features`] is among all logins.
pub fn gather(event: &Event, account: &Account, shares: [f64; FEATURES], gates: &Gates) -> Facts {
    let now_s = (event.time_ms / 1000) as u32;
    let mut facts = Facts {
        now_s,
        learnt: account.is_learnt(now_s, gates.learnt_days, gates.learnt_logins),
        acquainted: account.logins >= 4,
        age_days: match account.first_s {
            0 => 0.0,
            first_s => f64::from(now_s.saturating_sub(first_s)) / 86_400.0,
        },
        late: event.time_ms < account.last_ms,
        idle_s: if account.last_ms == 0 { 0 } else { now_s.saturating_sub((account.last_ms / 1000) as u32) },
        ..Facts::default()
    };
    match event.kind {
        Kind::Login => facts.login = login_facts(event, account, shares, now_s),
        Kind::Withdrawal | Kind::TransferOut if event.status == Status::Done => {
            facts.flow = flow_facts(event, account, now_s);
        }
        _ => {}
    }
    if let (Some(before), Some(after), Some(effect)) = (event.before, event.after, event.effect()) {
        facts.balance_error = after.minus(before).and_then(|delta| delta.minus(effect));
    }
    facts
}

/// On which side of a movement a session stands.
pub fn half(session: Print) -> u16 {
    match session.0 {
        0 => 0,
        print => (print as u16).max(1),
    }
}

fn login_facts(event: &Event, account: &Account, shares: [f64; FEATURES], now_s: u32) -> LoginFacts {
    let place = &event.place;
    let known = |things: &[Thing], key: u32| {
        let wanted = Thing::new(key, now_s);
        things.iter().find(|thing| thing.key == wanted.key).copied()
    };
    let asn = known(account.lists().asns.as_slice(), place.asn).filter(|_| place.asn != 0);
    let device = known(account.lists().devices.as_slice(), event.device.0);
    let day = today(now_s);
    let carrier = is_carrier(event);
    let spots = account.lists().places.as_slice();
    let mut facts = LoginFacts {
        new_device: event.device.is_some() && device.is_none(),
        young_device: device.is_some_and(|d| day.saturating_sub(d.first_day) <= 3 && d.count < 5),
        new_asn: place.asn != 0 && asn.is_none(),
        settled_asn: asn.is_some_and(|a| day.saturating_sub(a.first_day) > 3 && a.count >= 3),
        new_country: place.country.is_some_and(|c| !spots.iter().any(|spot| spot.country == c)),
        new_network: event.network.is_some() && known(account.lists().networks.as_slice(), event.network.0).is_none(),
        new_agent: event.agent.is_some() && known(account.lists().agents.as_slice(), event.agent.0).is_none(),
        carrier,
        ..LoginFacts::default()
    };
    if let Some(point) = place.point {
        let radius = radius_km(event, carrier);
        let distances = spots.iter().filter(|spot| spot.point != Point::default());
        facts.nearest_km = distances.clone().map(|spot| spot.point.distance_km(point)).reduce(f64::min);
        let recent = distances.filter(|spot| now_s.abs_diff(spot.last_s) <= DAY_S && spot.asn != place.asn);
        facts.journey = recent.map(|spot| journey(spot, point, radius, now_s)).reduce(faster);
    }
    let flipped =
        spots.iter().filter(|spot| place.country.is_some_and(|c| spot.country != c && spot.country != [0; 2]));
    facts.flip_minutes = flipped.map(|spot| f64::from(now_s.abs_diff(spot.last_s)) / 60.0).reduce(f64::min);
    for attempt in account.lists().attempts.between(now_s.saturating_sub(DAY_S), now_s).rev() {
        let failed = attempt.flags & login::SUCCESS == 0;
        facts.failures += u32::from(failed);
        facts.failures_here += u32::from(failed && attempt.device == event.device);
    }
    facts.unlike = unlike(event, account, shares);
    facts
}

fn is_carrier(event: &Event) -> bool {
    let wide = event.place.accuracy_km.is_some_and(|km| f64::from(km) >= 100.0);
    wide || event.carrier
}

fn radius_km(event: &Event, carrier: bool) -> f64 {
    let unknown = if carrier { CARRIER_RADIUS_KM } else { RADIUS_KM };
    event.place.accuracy_km.map_or(unknown, f64::from)
}

/// Radius as it is kept in a [`Spot`].
pub fn radius_units(event: &Event) -> u8 {
    (radius_km(event, is_carrier(event)) / 4.0).round().clamp(0.0, 255.0) as u8
}

fn journey(spot: &Spot, point: Point, radius_km: f64, now_s: u32) -> Journey {
    let distance_km = spot.point.distance_km(point);
    let certain = (distance_km - radius_km - f64::from(spot.radius) * 4.0).max(0.0);
    // A minute at least: two logins of one moment would give no speed at all.
    let hours = f64::from(now_s.abs_diff(spot.last_s)).max(60.0) / 3600.0;
    Journey { distance_km, speed_kmh: certain / hours, hours }
}

fn faster(a: Journey, b: Journey) -> Journey {
    if b.speed_kmh > a.speed_kmh { b } else { a }
}

/// Logarithm of Π p(x) / p(x | user) over the features of a login (Freeman et al. 2016, "Who are you? A statistical
/// approach to measuring user authenticity", equation 7, with its weights): p(x | user) is smoothed with p(x), so what
/// the user never did counts for as much as it is rare among all.
fn unlike(event: &Event, account: &Account, shares: [f64; FEATURES]) -> f64 {
    /// Of the address .6, .3 and .1, of the user agent all: browser, system and type are parts of one fingerprint here.
    const WEIGHTS: [f64; FEATURES] = [0.6, 0.3, 0.1, 1.0];
    if account.logins == 0 {
        return 0.0;
    }
    let seen = |things: &[Thing], key: u32| {
        let wanted = Thing::new(key, 0);
        things.iter().find(|thing| thing.key == wanted.key).map_or(0.0, |thing| f64::from(thing.count))
    };
    let country = event.place.country.unwrap_or_default();
    let in_country = account.lists().places.as_slice().iter().filter(|spot| spot.country == country);
    let counts = [
        seen(account.lists().networks.as_slice(), event.network.0),
        seen(account.lists().asns.as_slice(), event.place.asn),
        in_country.map(|spot| f64::from(spot.count)).sum(),
        seen(account.lists().agents.as_slice(), event.agent.0),
    ];
    let logins = f64::from(account.logins).min(250.0);
    let known = features(event).map(|(_, value)| value != 0);
    (0..FEATURES)
        .filter(|&i| known[i])
        .map(|i| {
            let own = (counts[i] + shares[i]) / (logins.max(counts[i]) + 1.0);
            WEIGHTS[i] * (shares[i] / own).ln()
        })
        .sum()
}

fn flow_facts(event: &Event, account: &Account, now_s: u32) -> FlowFacts {
    let amount = event.amount.map_or(0.0, Money::as_f64);
    let balance = event.before.map(Money::as_f64).filter(|balance| *balance > 0.0);
    let session = half(event.session);
    let payee = Thing::new(event.payee.0, now_s);
    let known = account.lists().payees.as_slice().iter().find(|thing| thing.key == payee.key);
    let total = amount + event.fee.as_f64();
    let ratio = balance.map_or(0.0, |balance| (total / balance).min(1.0));
    let [ratio_1h, ratio_1d] = drained(account, now_s, balance.unwrap_or(0.0), amount);
    let day_peak = account.peaks[1].read(now_s, DAY_S).max(balance.unwrap_or(0.0)).max(1.0);
    // Pieces of one drain: outflows to one payee within hours, from the first that it ever got.
    let pieces = || account.lists().movements.between(now_s.saturating_sub(PIECES_S), now_s).filter(|m| is_out(m));
    let is_new =
        |payee: Print| payee.is_some() && pieces().any(|m| m.payee == payee && m.flags & movement::NEW_PAYEE != 0);
    // Banks are strangers to each other: pieces may go to several. Friends get several gifts, so transfers are of one.
    let external = event.kind == Kind::Withdrawal;
    let alike = |m: &&Movement| m.payee == event.payee || external && m.flags & movement::EXTERNAL != 0;
    let same = || pieces().filter(alike).filter(|m| is_new(m.payee));
    let to_new = event.payee.is_some() && known.is_none() || is_new(event.payee);
    let (pay_days, paid, refilled) = paid_before(event, account, now_s);
    let last = account.login_of(session, now_s, DAY_S);
    let (came, came_unlike) = came_before(account, now_s);
    let [play, _] = account.play_at(now_s);
    let since = |changed_s: u32, related: bool| {
        let recent = changed_s != 0 && changed_s <= now_s && now_s - changed_s <= DAY_S && related;
        recent.then(|| f64::from(now_s - changed_s) / 60.0)
    };
    let changes = &account.changes;
    let own = changes.payee == event.payee || session != 0 && changes.session == session;
    FlowFacts {
        amount,
        balance,
        ratio,
        ratio_1h,
        ratio_1d,
        new_payee: event.payee.is_some() && known.is_none(),
        payee_days: known.map_or(0, |k| u32::from(payee.first_day.saturating_sub(k.first_day))),
        payee_count: known.map_or(0, |k| u32::from(k.count)),
        came,
        came_unlike,
        payee_since_days: {
            let first_day = known.map_or(payee.first_day, |k| k.first_day);
            u32::from(first_day.saturating_sub(today(account.first_s.max(1))))
        },
        chunks: if to_new { same().count() as u32 + 1 } else { 1 },
        chunk_ratio: (same().map(|m| f64::from(m.amount)).sum::<f64>() + amount) / day_peak,
        payee_pay_days: pay_days,
        payee_share: match balance {
            Some(balance) if ratio < 0.9 && refilled < 0.5 * (paid + total) => {
                ((paid + total) / (paid + balance)).min(1.0)
            }
            _ => 0.0,
        },
        z: account.amounts[model_of(event.kind)].z(amount, 5),
        login: last.map_or(0, |login| login.flags),
        login_minutes: last.map(|login| f64::from(now_s.saturating_sub(login.time_s)) / 60.0),
        payout_change_minutes: since(changes.payout_s, own),
        password_change_minutes: since(changes.password_s, true),
        contact_change_minutes: since(changes.contact_s, true),
        played: last.is_some_and(|login| play.deposit_s >= login.time_s && play.wagered > 0.0),
        play,
        rates: Default::default(),
        others: f64::from(account.habits.outflows) - known.map_or(0.0, |k| f64::from(k.count)),
        unlike_hour: account.habits.unlike_hour(now_s, 7).unwrap_or(0.0),
        cash_out_habit: f64::from(account.habits.cash_outs) / f64::from(account.habits.outflows.max(3)),
    }
}

/// What is true of an outflow that has waited: of its payee what was known when it came, of the rest what is known by now.
pub(super) fn waited(outflow: &Outflow, account: &Account, now_s: u32) -> FlowFacts {
    // It is among the movements itself, and in the rates.
    let later = || {
        account.lists().movements.between(now_s.saturating_add(1), u32::MAX).filter(|m| m.flags & movement::OUT != 0)
    };
    let rate = |at| account.decays.read_back(at, now_s, later().map(|m| (m.time_s, f64::from(m.amount))));
    let [ratio_1h, ratio_1d] = drained(account, now_s, outflow.balance.into(), 0.0);
    let (came, came_unlike) = came_before(account, now_s);
    let [play, _] = account.play_at(now_s);
    FlowFacts {
        amount: outflow.amount.as_f64(),
        ratio: outflow.ratio.into(),
        ratio_1h,
        ratio_1d,
        payee_days: outflow.payee_days.into(),
        payee_count: outflow.payee_count.into(),
        payee_since_days: outflow.payee_since_days.into(),
        chunks: outflow.chunks.into(),
        others: outflow.others.into(),
        cash_out_habit: outflow.cash_out_habit.into(),
        came,
        came_unlike,
        play,
        rates: std::array::from_fn(rate),
        ..FlowFacts::default()
    }
}

fn is_out(m: &Movement) -> bool {
    m.flags & movement::OUT != 0 && m.flags & movement::UNDONE == 0
}

/// Shares of the peak balance of the last hour and of the last day that left within them. `balance` counts among the
/// peaks, `more` among what left.
fn drained(account: &Account, now_s: u32, balance: f64, more: f64) -> [f64; 2] {
    [(HOUR_S, &account.peaks[0]), (DAY_S, &account.peaks[1])].map(|(window_s, peak)| {
        let left = account.lists().movements.between(now_s.saturating_sub(window_s), now_s).filter(|m| is_out(m));
        let left = left.map(|m| f64::from(m.amount)).sum::<f64>() + more;
        let peak = peak.read(now_s, window_s).max(balance);
        if peak > 0.0 { (left / peak).min(1.0) } else { 0.0 }
    })
}

/// What came in from outside within the hour before, bonuses aside, and whether it is unlike the holder's own deposits:
/// most of it outside of any session, so somebody else sent it, or a part of it far larger than they are.
fn came_before(account: &Account, now_s: u32) -> (f64, bool) {
    let not_ours = movement::OUT | movement::UNDONE | movement::BONUS;
    let came =
        || account.lists().movements.between(now_s.saturating_sub(HOUR_S), now_s).filter(|m| m.flags & not_ours == 0);
    let sum: f64 = came().map(|m| f64::from(m.amount)).sum();
    let from_others: f64 = came().filter(|m| m.session == 0).map(|m| f64::from(m.amount)).sum();
    let large = came().any(|m| account.amounts[0].z(f64::from(m.amount), 5).is_some_and(|z| z > 1.5));
    (sum, from_others > 0.5 * sum || large)
}

/// What went to the payee of an outflow before: days on which it did (with today's), sum, and what came in meanwhile.
fn paid_before(event: &Event, account: &Account, now_s: u32) -> (u32, f64, f64) {
    let is_piece = |m: &Movement| {
        let whole = movement::UNDONE | movement::CASH_OUT;
        m.payee == event.payee && m.flags & movement::OUT != 0 && m.flags & whole == 0
    };
    let (mut days, mut paid, mut came, mut between, mut last_day) = (1, 0.0, 0.0, 0.0, today(now_s));
    if event.payee.is_some() {
        for m in account.lists().movements.as_slice().iter().rev().filter(|m| m.time_s <= now_s) {
            if is_piece(m) {
                days += u32::from(today(m.time_s) != last_day);
                last_day = today(m.time_s);
                paid += f64::from(m.amount);
                between = came;
            } else if m.flags & (movement::OUT | movement::UNDONE) == 0 {
                came += f64::from(m.amount);
            }
        }
    }
    (days, paid, between)
}

/// The model of amounts that a movement of money belongs to, games aside.
pub fn model_of(kind: Kind) -> usize {
    match kind {
        Kind::Deposit => 0,
        Kind::Withdrawal => 1,
        Kind::TransferIn => 2,
        _ => 3,
    }
}
