//! The one record that `rdkafka` cannot make: with a header whose name is not UTF-8. `OwnedHeaders` takes `&str`, and
//! Kafka takes any bytes, so a producer in another language may well send it.
#![allow(unsafe_code)] // rdkafka offers no safe call for it.

use std::ffi::{CString, c_char, c_void};
use std::time::Duration;

use rdkafka::bindings::{
    RD_KAFKA_MSG_F_COPY, rd_kafka_header_add, rd_kafka_headers_new, rd_kafka_producev, rd_kafka_resp_err_t as Code,
    rd_kafka_vtype_t as Type,
};
use rdkafka::producer::{BaseProducer, Producer};

use super::kafka::Broker;

/// Produces a record with one header of that name and waits until it is delivered.
pub fn produce_with_header_name(broker: &Broker, topic: &str, partition: i32, value: &[u8], name: &[u8]) {
    let producer: BaseProducer = broker.client().create().expect("a producer");
    let topic = CString::new(topic).expect("a topic name without NUL");
    // SAFETY: the client outlives the call, all pointers are valid for it, value and header are copied by librdkafka,
    // the headers are handed over to it with success (asserted), and the list of tagged arguments ends with END.
    unsafe {
        let headers = rd_kafka_headers_new(1);
        let len = |bytes: &[u8]| isize::try_from(bytes.len()).expect("a short slice");
        let header = b"x";
        let added = rd_kafka_header_add(
            headers,
            name.as_ptr().cast::<c_char>(),
            len(name),
            header.as_ptr().cast::<c_void>(),
            len(header),
        );
        assert_eq!(added, Code::RD_KAFKA_RESP_ERR_NO_ERROR);
        let sent = rd_kafka_producev(
            producer.client().native_ptr(),
            Type::RD_KAFKA_VTYPE_TOPIC,
            topic.as_ptr(),
            Type::RD_KAFKA_VTYPE_PARTITION,
            partition,
            Type::RD_KAFKA_VTYPE_MSGFLAGS,
            RD_KAFKA_MSG_F_COPY,
            Type::RD_KAFKA_VTYPE_VALUE,
            value.as_ptr().cast::<c_void>(),
            value.len(),
            Type::RD_KAFKA_VTYPE_HEADERS,
            headers,
            Type::RD_KAFKA_VTYPE_END,
        );
        assert_eq!(sent, Code::RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    producer.flush(Duration::from_secs(30)).expect("deliver a record");
}
