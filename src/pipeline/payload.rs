//! What a sealed quarantine record holds: the record as it came.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::record::Record;

/// A record as it came, whatever its bytes are.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// How it is written before it is sealed: JSON, its bytes in base64.
#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    key: Option<String>,
    value: Option<String>,
    headers: Vec<(String, Option<String>)>,
}

impl Payload {
    /// The payload of a record.
    pub fn of(record: &Record<'_>) -> Payload {
        let headers = record.headers.iter().map(|(name, value)| (name.to_vec(), value.map(<[u8]>::to_vec)));
        Payload {
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: headers.collect(),
        }
    }

    /// The bytes that are sealed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = |bytes: &Vec<u8>| STANDARD.encode(bytes);
        let written = Written {
            v: 1,
            key: self.key.as_ref().map(text),
            value: self.value.as_ref().map(text),
            headers: self.headers.iter().map(|(name, value)| (text(name), value.as_ref().map(text))).collect(),
        };
        serde_json::to_vec(&written).expect("texts are JSON")
    }

    /// The payload that `bytes` are.
    pub fn parse(bytes: &[u8]) -> Option<Payload> {
        let written: Written = serde_json::from_slice(bytes).ok().filter(|written: &Written| written.v == 1)?;
        let bytes = |text: Option<String>| text.map(|text| STANDARD.decode(text)).transpose().ok();
        let headers =
            written.headers.into_iter().map(|(name, value)| Some((STANDARD.decode(name).ok()?, bytes(value)?)));
        Some(Payload {
            key: bytes(written.key)?,
            value: bytes(written.value)?,
            headers: headers.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_record_is_read_back(key: Option<Vec<u8>>, value: Option<Vec<u8>>, headers: Vec<(Vec<u8>, Option<Vec<u8>>)>, noise: Vec<u8>) {
            let payload = Payload { key, value, headers };
            prop_assert!(Payload::parse(&payload.to_bytes()).is_some_and(|read| read == payload));
            let _ = Payload::parse(&noise);
        }
    }
}
