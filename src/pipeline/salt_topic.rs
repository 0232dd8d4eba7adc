//! Daily salts in a Kafka topic of one partition, which all processes share.

use std::sync::Arc;

use super::keeper::SaltStore;
use crate::config::Settings;
use crate::kafka::topic;
use crate::pseudonymize::SaltRecord;

/// The salts topic. Clients are made anew for each call: there are two or three calls a day.
pub struct SaltTopic {
    settings: Arc<Settings>,
    topic: String,
}

impl SaltTopic {
    /// The topic of this name.
    pub fn new(settings: Arc<Settings>, topic: String) -> SaltTopic {
        SaltTopic { settings, topic }
    }
}

impl SaltStore for SaltTopic {
    fn place(&self) -> String {
        format!("pseudonyms.salts.topic `{}`", self.topic)
    }

    fn is_open_to_strangers(&self) -> bool {
        true
    }

    fn read(&mut self) -> Result<Vec<SaltRecord>, String> {
        let mut records = Vec::new();
        let mut each = |_, _, record: crate::record::Record<'_>| {
            records.extend(record.value.and_then(SaltRecord::parse));
        };
        topic::read_all(&self.settings, &self.topic, &mut each).map_err(|error| error.to_string())?;
        Ok(records)
    }

    fn append(&mut self, record: &SaltRecord) -> Result<bool, String> {
        let key = record.day().to_string();
        let done = topic::append(&self.settings, &self.topic, &key, &record.to_text());
        done.map(|()| true).map_err(|error| error.to_string())
    }

    /// The topic's retention does.
    fn drop_dead(&mut self, _: i64) -> Result<(), String> {
        Ok(())
    }
}
