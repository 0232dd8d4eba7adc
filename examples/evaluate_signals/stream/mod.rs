//! A made-up stream of logins and money of a gaming platform, with labelled attacks: the project's own, apart from its
//! detectors. Everything follows from the seed. The format is that of the README of the signals' development data.

mod attacks;
mod life;
mod people;
mod places;
mod world;

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use fastrand::Rng;

use attacks::Kind;
use people::DAY_MS;
use world::{Step, What, World, utc};

/// How much of what.
#[derive(Debug, Clone)]
pub struct Shape {
    pub seed: u64,
    pub accounts: usize,
    pub days: u32,
    /// Share of the accounts that are attacked.
    pub attacked: f64,
    /// Whether kinds that detectors were not built for are among the attacks.
    pub unknown: bool,
}

/// A stream in the order of arrival, with its truth.
pub struct Stream {
    /// Lines with what they say: the JSON object.
    pub events: Vec<String>,
    pub truth: Vec<String>,
    /// Event id, tab, what makes a benign event hard.
    pub tags: Vec<String>,
}

/// Makes a stream.
pub fn make(shape: &Shape) -> Stream {
    let mut rng = Rng::with_seed(shape.seed);
    let start_ms = 1_767_546_000_000 + rng.i64(0..200) * DAY_MS; // January to July 2026, midnight in Jakarta
    let end_ms = start_ms + i64::from(shape.days) * DAY_MS;
    let people = people::draw(shape.accounts, start_ms, shape.days, &mut rng);
    let geo = places::Geo::new(&mut rng);
    let mut world = World::new(people, geo, end_ms, rng);
    life::plan(&mut world, start_ms);
    attack(&mut world, shape, start_ms);
    world.run();
    let truth = truth(&world);
    let tags = world.events.iter().filter(|e| !e.tag.is_empty()).map(|e| format!("{}\t{}", e.id, e.tag)).collect();
    Stream { events: deliver(world), truth, tags }
}

/// Writes `events.ndjson`, `truth.ndjson` and `tags.tsv`.
///
/// # Errors
/// The folder cannot be written.
pub fn write(stream: &Stream, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (name, lines) in
        [("events.ndjson", &stream.events), ("truth.ndjson", &stream.truth), ("tags.tsv", &stream.tags)]
    {
        let mut text = lines.join("\n");
        text.push('\n');
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Chooses who is attacked, how and about when. The mixture is drawn anew for each seed.
fn attack(world: &mut World, shape: &Shape, start_ms: i64) {
    let mut kinds: Vec<(Kind, f64)> = Kind::KNOWN.iter().map(|&k| (k, 0.5 + world.rng.f64())).collect();
    if shape.unknown {
        kinds.extend(Kind::UNKNOWN.iter().map(|&k| (k, 0.4 * world.rng.f64())));
    }
    let total: f64 = kinds.iter().map(|k| k.1).sum();
    let count = (shape.accounts as f64 * shape.attacked).round() as usize;
    let span = world.end_ms - start_ms;
    for number in 0..count + count / 4 {
        let mut at = world.rng.f64() * total;
        let mut kind = kinds
            .iter()
            .find(|k| {
                at -= k.1;
                at <= 0.0
            })
            .map_or(kinds[0].0, |k| k.0);
        if number >= count {
            kind = Kind::FailedStuffing;
        }
        // Somebody who is there often enough to be worth it.
        let who = loop {
            let who = world.rng.usize(..world.people.len());
            if !world.people[who].attacked && world.people[who].rate > 0.3 {
                break who;
            }
        };
        world.people[who].attacked = true;
        let when = start_ms + (span as f64 * (0.35 + 0.5 * world.rng.f64())) as i64;
        world.plan(when, Step { who, incident: None, tag: "", what: What::Attack(kind) });
    }
}

fn truth(world: &World) -> Vec<String> {
    let mut lines = Vec::new();
    for incident in world.incidents.iter().filter(|i| !i.events.is_empty()) {
        let ids: Vec<String> = incident.events.iter().map(|id| format!("\"{id}\"")).collect();
        let scored = incident.kind != Kind::FailedStuffing;
        let mut line = format!(r#"{{"incident_id":"i{:04}","type":"{}","#, lines.len(), incident.kind.label());
        let _ = write!(
            line,
            r#""account":"{}","scored":{scored},"start":"{}","end":"{}","loss_idr":{},"event_ids":[{}]}}"#,
            world.people[incident.who].id,
            utc(incident.start_ms),
            utc(incident.end_ms),
            incident.loss,
            ids.join(",")
        );
        lines.push(line);
    }
    lines
}

/// Puts the events into the order of their arrival: some late, some twice.
fn deliver(mut world: World) -> Vec<String> {
    let mut arrivals: Vec<(i64, usize, String)> = Vec::with_capacity(world.events.len());
    for (n, event) in std::mem::take(&mut world.events).into_iter().enumerate() {
        let rng = &mut world.rng;
        let delay = match rng.f64() {
            x if x < 0.001 => rng.i64(3_700_000..6 * 3_600_000),
            x if x < 0.045 => rng.i64(0..600_000),
            _ => 0,
        };
        let at = event.at_ms + delay;
        if rng.f64() < 0.004 {
            arrivals.push((at + rng.i64(1_000..1_800_000), n, event.line.clone()));
        }
        arrivals.push((at, n, event.line));
    }
    arrivals.sort_by_key(|a| (a.0, a.1));
    arrivals.into_iter().map(|a| a.2).collect()
}
