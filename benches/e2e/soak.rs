//! `make soak`: exactly_once with signals for half an hour at four fifths of what it can do here; memory must stay flat, and
//! the lag too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::contestant::ALL;
use crate::latency::Paced;
use crate::support::kafka::Broker;
use crate::support::kafka_client::Ends;
use crate::support::wait::wait_until;
use crate::{PARTITIONS, memory_mb};

/// Share of the capacity that is fed.
const SHARE: f64 = 0.8;
/// How long the capacity is measured.
const MEASURED: Duration = Duration::from_secs(30);
/// Memory may grow by so much between the second fifth of the time and the last: caches, and noise of an allocator.
const GROWTH_MAX: f64 = 1.10;
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Properties of the broker: of all topics (compacted ones aside) what was read long ago goes, and soon, or half an hour at
/// this rate would take more memory than a machine has.
pub fn bounds() -> Vec<(&'static str, String)> {
    let bounds = [
        ("log.retention.bytes", 100_000_000),
        ("log.segment.bytes", 20_000_000),
        ("log.retention.check.interval.ms", 5_000),
        ("log.cleaner.backoff.ms", 5_000),
    ];
    bounds.map(|(name, value)| (name, value.to_string())).into()
}

/// Runs it; whether memory stayed flat and the stream kept up.
pub fn run(broker: &Broker, time: Duration) -> bool {
    let contestant = ALL.iter().find(|contestant| contestant.name == "exactly_once_everything").expect("one of all");
    broker.create_topic("soak", PARTITIONS, &[]);
    broker.create_topic("soak-out", PARTITIONS, &[]);
    let ends = Ends::of(broker, "soak-out");
    let mut process = contestant.start(broker, "soak", "soak-out", false);
    let (rate, stop) = (Arc::new(AtomicU64::new(u64::MAX)), Arc::new(AtomicBool::new(false)));
    std::thread::scope(|scope| {
        let (feeder_rate, feeder_stop) = (Arc::clone(&rate), Arc::clone(&stop));
        scope.spawn(move || {
            let mut paced = Paced::new(broker, "soak");
            while !feeder_stop.load(Ordering::Relaxed) {
                paced.feed(feeder_rate.load(Ordering::Relaxed).min(500_000), Duration::from_millis(500));
            }
            paced.flush();
        });
        let written = || ends.high().map_or(0, |ends| ends.iter().sum::<i64>());
        wait_until(Duration::from_secs(120), "the first records", || written() > 100_000);
        let before = written();
        std::thread::sleep(MEASURED);
        let capacity = (written() - before) as f64 / MEASURED.as_secs_f64();
        rate.store((capacity * SHARE) as u64, Ordering::Relaxed);
        println!("capacity {capacity:.0} events/s beside its feeder and broker; fed {:.0}", capacity * SHARE);
        let (start, mut samples) = (Instant::now(), Vec::new());
        while start.elapsed() < time {
            std::thread::sleep(LOOK_EVERY);
            process.assert_running();
            let (resident, lag) = (memory_mb(process.id(), "VmRSS"), process.lag_seconds());
            samples.push((resident, lag));
            if samples.len() % 12 == 0 {
                println!("{:>5.0} s: {resident:.1} MB, lag {lag:.1} s", start.elapsed().as_secs_f64());
            }
        }
        stop.store(true, Ordering::Relaxed);
        verdict(&samples)
    })
}

fn verdict(samples: &[(f64, f64)]) -> bool {
    let fifth = samples.len() / 5;
    let most = |part: &[(f64, f64)]| part.iter().map(|sample| sample.0).fold(0.0, f64::max);
    let (early, late) = (most(&samples[fifth..fifth * 2]), most(&samples[fifth * 4..]));
    let lag = samples[fifth..].iter().map(|sample| sample.1).fold(0.0, f64::max);
    let flat = late <= early * GROWTH_MAX;
    println!("memory: at most {early:.1} MB in the second fifth, {late:.1} MB in the last; largest lag {lag:.1} s");
    println!("{}", if flat { "memory is flat" } else { "MEMORY GROWS" });
    flat && lag < 10.0
}
