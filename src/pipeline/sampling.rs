//! Samples for `sluice tap`, taken from the batch that is about to be sent: what is in it, the engine has scrubbed.

use std::sync::Arc;

use crate::admin::{Flow, Sample, Tap};
use crate::config::Settings;
use crate::sink::OutBatch;

/// Takes samples of what one worker sends.
pub struct Sampling {
    tap: Arc<Tap>,
    /// Name of each output topic that is shown, by its number. Quarantines are not: their payloads are nobody's to look at.
    topics: Vec<Option<(Flow, String)>>,
}

impl Sampling {
    /// For outputs as `settings` has them; signals go to topic number `signals`.
    pub fn new(tap: Arc<Tap>, settings: &Settings, signals: usize) -> Sampling {
        let mut topics = vec![None; 2 * settings.inputs.len()];
        for (i, input) in settings.inputs.iter().enumerate() {
            topics[2 * i] = Some((Flow::Records, settings.output.topic_for(&input.name)));
        }
        if let Some(topic) = settings.signals.as_ref().map(|signals| &signals.topic) {
            topics.resize(topics.len().max(signals + 1), None);
            topics[signals] = Some((Flow::Signals, topic.clone()));
        }
        Sampling { tap, topics }
    }

    /// Shows some of what is not yet sent, spread over the batch.
    pub fn take(&self, batch: &OutBatch) {
        let (records, signals) = self.tap.wanted();
        for (flow, wanted) in [(Flow::Records, records), (Flow::Signals, signals)] {
            if wanted == 0 {
                continue;
            }
            let shown = |topic: u32| self.topics.get(topic as usize)?.as_ref().filter(|(of, _)| *of == flow);
            let step = batch.unsent().iter().filter(|r| shown(r.topic).is_some()).count().div_ceil(wanted).max(1);
            let of_flow = batch.unsent().iter().filter_map(|r| Some((r, &shown(r.topic)?.1)));
            for (record, topic) in of_flow.step_by(step) {
                let (partition, timestamp_ms) = (record.partition, record.timestamp_ms);
                let (key, value, headers) = (batch.key(record), batch.value(record), batch.headers(record).collect());
                self.tap.offer(flow, &Sample { topic, partition, timestamp_ms, key, headers, value });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secrets, from_str};

    fn settings() -> Settings {
        let yaml = "kafka: {brokers: [b:1]}\ninput: {topics: [{name: a}, {name: b}]}\noutput: {topic: '{topic}.out'}\n";
        from_str(yaml, "f", Secrets::Skip).expect("valid").settings
    }

    fn push(batch: &mut OutBatch, topic: usize, n: usize) {
        for i in 0..n {
            let mark = batch.mark();
            let value = batch.append(format!("{topic}-{i}").as_bytes());
            batch.push(mark, (topic, 0, 7), None, Some(value));
        }
    }

    #[test]
    fn samples_are_spread_over_what_is_not_sent_and_no_quarantine_is_shown() {
        let tap = Arc::new(Tap::new(4));
        let sampling = Sampling::new(Arc::clone(&tap), &settings(), 4);
        let mut batch = OutBatch::new();
        push(&mut batch, 0, 50);
        push(&mut batch, 1, 100);
        push(&mut batch, 2, 50);
        sampling.take(&batch);
        assert_eq!(tap.ask(0), "", "nobody listened yet");
        for _ in 0..10 {
            batch.advance();
        }
        sampling.take(&batch);
        let lines = tap.ask(0);
        let values: Vec<&str> =
            lines.lines().filter_map(|l| l.split("\"value\":\"").nth(1)?.split('"').next()).collect();
        assert_eq!(values, ["0-10", "0-33", "2-6", "2-29"], "{lines}");
        assert!(lines.contains("\"topic\":\"a.out\"") && lines.contains("\"topic\":\"b.out\""), "{lines}");
    }
}
