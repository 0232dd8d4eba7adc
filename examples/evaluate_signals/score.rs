//! Scores signals against labelled incidents. An incident is found when an alert (a signal of at least the severity
//! asked for) on its account falls between its start and 24 h after its end; strictly found, when the alert's event is
//! one of the incident's own. Every other alert is false, but for those on incidents in which nobody got in: neutral.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::ValueEnum;
use fastrand::Rng;
use serde::Deserialize;

const DAY_S: f64 = 86_400.0;

/// Severity of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Deserialize)]
struct Event {
    event_id: String,
    #[serde(rename = "type")]
    kind: String,
    ts: String,
    user_id: String,
    session_id: Option<String>,
}

#[derive(Deserialize)]
struct Incident {
    #[serde(rename = "type")]
    kind: String,
    account: String,
    #[serde(default = "yes")]
    scored: bool,
    start: String,
    end: String,
    event_ids: Vec<String>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Signal {
    rule: String,
    severity: Severity,
    score: f64,
    account: String,
    time: String,
    event: Trigger,
}

#[derive(Deserialize)]
struct Trigger {
    id: Option<String>,
}

/// What is known of an account. Counts are of alerts.
#[derive(Default, Clone)]
struct Account {
    right: u32,
    false_: u32,
    incidents: u32,
    found: u32,
    strict: u32,
}

/// What a rule, or the events of a tag, contributed.
#[derive(Default, Debug, Clone, Copy)]
pub struct Tally {
    pub right: u32,
    pub false_: u32,
    pub neutral: u32,
}

/// What became of the incidents of a type.
#[derive(Default, Debug, Clone)]
pub struct Found {
    pub incidents: u32,
    pub window: u32,
    pub strict: u32,
    /// Minutes from the start of each incident that was found to its first alert.
    pub delays: Vec<f64>,
}

/// One or several streams with their signals.
pub struct Report {
    min: Severity,
    accounts: Vec<Account>,
    by_type: BTreeMap<String, Found>,
    by_rule: BTreeMap<String, Tally>,
    false_by_tag: BTreeMap<String, u32>,
    signals: u64,
    logins: u64,
    /// Alerts that name no event or account of the stream: false.
    unmapped: u32,
    /// Signals that break the contract: a score outside of 0 to 1, or a raw account.
    broken: u32,
}

/// The truth of one stream, and where its signals fall.
struct Folder {
    events: HashMap<String, (String, f64)>,
    logins: u64,
    incidents: BTreeMap<String, Vec<Window>>,
    noise: Vec<(String, f64, f64)>,
    noise_events: BTreeSet<String>,
    tags: HashMap<String, String>,
}

struct Window {
    kind: String,
    start: f64,
    end: f64,
    ids: BTreeSet<String>,
    first_alert: Option<f64>,
    strict: bool,
}

impl Report {
    /// Nothing yet. Signals of `min` and above are alerts.
    pub fn new(min: Severity) -> Report {
        Report {
            min,
            accounts: Vec::new(),
            by_type: BTreeMap::new(),
            by_rule: BTreeMap::new(),
            false_by_tag: BTreeMap::new(),
            signals: 0,
            logins: 0,
            unmapped: 0,
            broken: 0,
        }
    }

    /// Adds a stream.
    ///
    /// # Errors
    /// A file is missing or a line of it is not what it must be.
    pub fn add(&mut self, folder: &Path, signals: &Path) -> Result<(), String> {
        let mut folder = Folder::read(folder)?;
        self.logins += folder.logins;
        let mut accounts: HashMap<&str, Account> = HashMap::new();
        for (user, _) in folder.events.values() {
            accounts.entry(user).or_default();
        }
        let signals: Vec<Signal> = read(signals)?;
        self.signals += signals.len() as u64;
        let mut known: HashMap<&str, &str> = HashMap::new();
        for signal in &signals {
            let raw = accounts.contains_key(signal.account.as_str());
            self.broken += u32::from(raw || !(0.0..=1.0).contains(&signal.score));
            if let Some((user, _)) = signal.event.id.as_ref().and_then(|id| folder.events.get(id)) {
                known.entry(&signal.account).or_insert(user);
            }
        }
        for signal in signals.iter().filter(|s| s.severity >= self.min) {
            let event = signal.event.id.as_ref().and_then(|id| folder.events.get(id));
            let at = match event {
                Some((user, t)) => Some((user.as_str(), *t)),
                None => known.get(signal.account.as_str()).copied().zip(seconds(&signal.time).ok()),
            };
            let tally = self.by_rule.entry(signal.rule.clone()).or_default();
            let Some((user, t)) = at else {
                (self.unmapped, tally.false_) = (self.unmapped + 1, tally.false_ + 1);
                continue;
            };
            let id = signal.event.id.as_deref().unwrap_or_default();
            let account = accounts.get_mut(user).expect("every user of an event has an account");
            let mut hit = false;
            for window in folder.incidents.get_mut(user).into_iter().flatten() {
                if window.start - 0.001 <= t && t <= window.end + DAY_S {
                    hit = true;
                    window.first_alert = Some(window.first_alert.map_or(t, |first| first.min(t)));
                    window.strict |= window.ids.contains(id);
                }
            }
            let neutral = folder.noise_events.contains(id)
                || folder.noise.iter().any(|(u, from, to)| u == user && (*from..=*to + 3_600.0).contains(&t));
            match (hit, neutral) {
                (true, _) => (account.right, tally.right) = (account.right + 1, tally.right + 1),
                (false, true) => tally.neutral += 1,
                (false, false) => {
                    (account.false_, tally.false_) = (account.false_ + 1, tally.false_ + 1);
                    let tag = folder.tags.get(id).map_or("-", String::as_str);
                    *self.false_by_tag.entry(tag.to_owned()).or_default() += 1;
                }
            }
        }
        for (user, windows) in &folder.incidents {
            let account = accounts.get_mut(user.as_str());
            let mut none = Account::default();
            let account = account.unwrap_or(&mut none);
            for window in windows {
                let found = self.by_type.entry(window.kind.clone()).or_default();
                found.add(window);
                account.incidents += 1;
                account.found += u32::from(window.first_alert.is_some());
                account.strict += u32::from(window.strict);
            }
        }
        // In an order that does not depend on a hash.
        let mut accounts: Vec<(&str, Account)> = accounts.into_iter().collect();
        accounts.sort_by_key(|a| a.0);
        self.accounts.extend(accounts.into_iter().map(|a| a.1));
        Ok(())
    }

    /// The numbers, with intervals from `boot` draws of the accounts.
    pub fn summary(&self, boot: usize) -> Summary {
        let clean = self.accounts.iter().filter(|a| a.incidents == 0).count();
        let live: Vec<&Account> = self.accounts.iter().filter(|a| a.incidents + a.right + a.false_ > 0).collect();
        let at = ratios(live.iter().map(|&a| (a, 1)), clean);
        let mut rng = Rng::with_seed(1);
        let mut draws: Vec<[f64; 4]> = (0..boot)
            .map(|_| {
                let weights: Vec<u32> = live.iter().map(|_| poisson(&mut rng)).collect();
                ratios(live.iter().copied().zip(weights), clean)
            })
            .collect();
        let mut measure = |n: usize| {
            draws.sort_by(|a, b| a[n].total_cmp(&b[n]));
            let bound = |p: f64| draws.get(rank(draws.len(), p)).map_or(at[n], |d| d[n]);
            Measure { value: at[n], low: bound(0.025), high: bound(0.975) }
        };
        let mut delays: Vec<f64> = self.by_type.values().flat_map(|f| f.delays.iter().copied()).collect();
        delays.sort_by(f64::total_cmp);
        let tallies = || self.by_rule.values();
        let (right, false_) = (tallies().map(|t| t.right).sum(), tallies().map(|t| t.false_).sum::<u32>());
        let alerts = tallies().map(|t| t.right + t.false_ + t.neutral).sum();
        Summary {
            min: self.min,
            accounts: self.accounts.len(),
            logins: self.logins,
            signals: self.signals,
            alerts,
            right,
            false_,
            recall: measure(0),
            recall_strict: measure(1),
            precision: measure(2),
            accounts_wrong: measure(3),
            alerts_per_1000_logins: 1_000.0 * f64::from(alerts) / self.logins.max(1) as f64,
            delay_minutes_p50: delays.get(rank(delays.len(), 0.5)).copied(),
            delay_minutes_p90: delays.get(rank(delays.len(), 0.9)).copied(),
            by_type: self.by_type.clone(),
            by_rule: self.by_rule.clone(),
            false_by_tag: self.false_by_tag.clone(),
            unmapped: self.unmapped,
            broken: self.broken,
        }
    }
}

impl Found {
    fn add(&mut self, window: &Window) {
        self.incidents += 1;
        self.strict += u32::from(window.strict);
        if let Some(first) = window.first_alert {
            self.window += 1;
            self.delays.push(((first - window.start) / 60.0).max(0.0));
        }
    }
}

/// Recall, strict recall, precision, share of clean accounts that were flagged.
fn ratios<'a>(accounts: impl Iterator<Item = (&'a Account, u32)>, clean: usize) -> [f64; 4] {
    let [mut incidents, mut found, mut strict, mut right, mut wrong, mut flagged] = [0u32; 6];
    for (a, weight) in accounts {
        incidents += a.incidents * weight;
        found += a.found * weight;
        strict += a.strict * weight;
        right += a.right * weight;
        wrong += a.false_ * weight;
        flagged += if a.incidents == 0 && a.false_ > 0 { weight } else { 0 };
    }
    let of = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
    let flagged = f64::from(flagged) / clean.max(1) as f64;
    [of(found, incidents), of(strict, incidents), of(right, right + wrong), flagged]
}

/// A draw of mean 1 (Knuth).
fn poisson(rng: &mut Rng) -> u32 {
    let (mut k, mut p) = (0, rng.f64());
    while p > (-1.0f64).exp() {
        p *= rng.f64();
        k += 1;
    }
    k
}

fn rank(len: usize, p: f64) -> usize {
    ((p * len as f64) as usize).min(len.saturating_sub(1))
}

impl Folder {
    fn read(folder: &Path) -> Result<Folder, String> {
        let mut events = HashMap::new();
        let (mut logins, mut sessions) = (0, HashMap::new());
        for event in read::<Event>(&folder.join("events.ndjson"))? {
            let t = seconds(&event.ts)?;
            if events.contains_key(&event.event_id) {
                continue; // delivered again
            }
            logins += u64::from(event.kind == "login");
            if let Some(session) = event.session_id {
                sessions.insert(event.event_id.clone(), session);
            }
            events.insert(event.event_id, (event.user_id, t));
        }
        let mut out = Folder {
            events,
            logins,
            incidents: BTreeMap::new(),
            noise: Vec::new(),
            noise_events: BTreeSet::new(),
            tags: tags(&folder.join("tags.tsv"), &sessions),
        };
        for incident in read::<Incident>(&folder.join("truth.ndjson"))? {
            let (start, end) = (seconds(&incident.start)?, seconds(&incident.end)?);
            if !incident.scored {
                out.noise.push((incident.account, start, end));
                out.noise_events.extend(incident.event_ids);
                continue;
            }
            let ids = incident.event_ids.into_iter().collect();
            let window = Window { kind: incident.kind, start, end, ids, first_alert: None, strict: false };
            out.incidents.entry(incident.account).or_default().push(window);
        }
        Ok(out)
    }
}

/// Tags of events; an event without one takes `s:` and the tag of its session. Optional: no file, no tags.
fn tags(path: &Path, sessions: &HashMap<String, String>) -> HashMap<String, String> {
    let Ok(text) = std::fs::read_to_string(path) else { return HashMap::new() };
    let own: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let of_session: HashMap<&String, &str> =
        own.iter().filter_map(|(id, tag)| Some((sessions.get(*id)?, *tag))).collect();
    let inherited = sessions.iter().filter_map(|(id, s)| Some((id.clone(), format!("s:{}", of_session.get(s)?))));
    inherited.chain(own.iter().map(|(id, tag)| ((*id).to_owned(), (*tag).to_owned()))).collect()
}

/// Reads lines of JSON; also from `<path>.gz`, by gzip.
fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>, String> {
    let zipped = PathBuf::from(format!("{}.gz", path.display()));
    let lines: Box<dyn BufRead> = if path.exists() || !zipped.exists() {
        let file = std::fs::File::open(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Box::new(BufReader::new(file))
    } else {
        let gzip = Command::new("gzip").arg("-dc").arg(&zipped).stdout(Stdio::piped()).spawn();
        let gzip = gzip.map_err(|e| format!("gzip -dc {}: {e}", zipped.display()))?;
        Box::new(BufReader::new(gzip.stdout.expect("it is piped")))
    };
    let mut out = Vec::new();
    for (n, line) in lines.lines().enumerate() {
        let line = line.map_err(|e| format!("{}: {e}", path.display()))?;
        if !line.trim().is_empty() {
            let parsed = serde_json::from_str(&line);
            out.push(parsed.map_err(|e| format!("{}:{}: {e}", path.display(), n + 1))?);
        }
    }
    Ok(out)
}

fn seconds(time: &str) -> Result<f64, String> {
    let at: jiff::Timestamp = time.parse().map_err(|e| format!("{time}: {e}"))?;
    Ok(at.as_millisecond() as f64 / 1e3)
}

/// A number with its 95 % interval.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.value, self.low, self.high)
    }
}

/// The numbers.
#[derive(Debug, Clone)]
pub struct Summary {
    pub min: Severity,
    pub accounts: usize,
    pub logins: u64,
    pub signals: u64,
    pub alerts: u32,
    pub right: u32,
    pub false_: u32,
    pub recall: Measure,
    pub recall_strict: Measure,
    pub precision: Measure,
    /// Share of the accounts without an incident that have a false alert.
    pub accounts_wrong: Measure,
    pub alerts_per_1000_logins: f64,
    pub delay_minutes_p50: Option<f64>,
    pub delay_minutes_p90: Option<f64>,
    pub by_type: BTreeMap<String, Found>,
    pub by_rule: BTreeMap<String, Tally>,
    pub false_by_tag: BTreeMap<String, u32>,
    pub unmapped: u32,
    pub broken: u32,
}

impl Summary {
    /// One JSON object.
    pub fn json(&self) -> String {
        let measure = |m: Measure| serde_json::json!({"value": m.value, "low": m.low, "high": m.high});
        let types: serde_json::Map<_, _> = self.by_type.iter().map(|(kind, f)| (kind.clone(), serde_json::json!(
            {"incidents": f.incidents, "window": f.window, "strict": f.strict, "delay_minutes_p50": median(&f.delays)}
        ))).collect();
        let rules: serde_json::Map<_, _> = self
            .by_rule
            .iter()
            .map(|(rule, t)| {
                (
                    rule.clone(),
                    serde_json::json!(
                        {"right": t.right, "false": t.false_, "neutral": t.neutral}
                    ),
                )
            })
            .collect();
        serde_json::json!({
            "accounts": self.accounts, "logins": self.logins, "signals": self.signals, "alerts": self.alerts,
            "right": self.right, "false": self.false_, "recall": measure(self.recall),
            "recall_strict": measure(self.recall_strict), "precision": measure(self.precision),
            "accounts_wrong": measure(self.accounts_wrong), "alerts_per_1000_logins": self.alerts_per_1000_logins,
            "delay_minutes_p50": self.delay_minutes_p50, "delay_minutes_p90": self.delay_minutes_p90,
            "by_type": types, "by_rule": rules, "false_by_tag": self.false_by_tag, "unmapped": self.unmapped,
            "broken": self.broken,
        })
        .to_string()
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(rank(values.len(), 0.5)).copied()
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let incidents: u32 = self.by_type.values().map(|t| t.incidents).sum();
        writeln!(
            f,
            "accounts {}, logins {}, incidents {incidents}, signals {}",
            self.accounts, self.logins, self.signals
        )?;
        writeln!(f, "alerts ({:?} and above) {}: right {}, false {}", self.min, self.alerts, self.right, self.false_)?;
        writeln!(f, "incident recall           {}", self.recall)?;
        writeln!(f, "  by their own events     {}", self.recall_strict)?;
        writeln!(f, "precision of alerts       {}", self.precision)?;
        writeln!(f, "accounts wrongly flagged  {}", self.accounts_wrong)?;
        writeln!(f, "alerts per 1,000 logins   {:.3}", self.alerts_per_1000_logins)?;
        let minutes = |d: Option<f64>| d.map_or("-".to_owned(), |d| format!("{d:.1}"));
        let (p50, p90) = (minutes(self.delay_minutes_p50), minutes(self.delay_minutes_p90));
        writeln!(f, "delay, minutes            p50 {p50}, p90 {p90}")?;
        writeln!(f, "\n{:24} {:>4} {:>7} {:>7} {:>10}", "incident", "n", "window", "strict", "delay min")?;
        for (kind, t) in &self.by_type {
            let of = |n: u32| f64::from(n) / f64::from(t.incidents.max(1));
            let delay = minutes(median(&t.delays));
            writeln!(f, "{kind:24} {:4} {:7.2} {:7.2} {delay:>10}", t.incidents, of(t.window), of(t.strict))?;
        }
        writeln!(f, "\n{:24} {:>6} {:>6} {:>8}", "rule", "right", "false", "neutral")?;
        for (rule, t) in &self.by_rule {
            writeln!(f, "{rule:24} {:6} {:6} {:8}", t.right, t.false_, t.neutral)?;
        }
        let mut tags: Vec<_> = self.false_by_tag.iter().collect();
        tags.sort_by_key(|t| std::cmp::Reverse(t.1));
        writeln!(f, "\nfalse alerts by what the event was: {:?}", &tags[..tags.len().min(12)])?;
        if self.unmapped + self.broken > 0 {
            writeln!(
                f,
                "NOT BY CONTRACT: {} alerts name no event, {} signals have a bad score or a raw account",
                self.unmapped, self.broken
            )?;
        }
        Ok(())
    }
}
