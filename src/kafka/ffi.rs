//! The one module with `unsafe`: librdkafka's C calls, wrapped so that the rest of the crate is safe.
//!
//! Why not `rdkafka`'s own consumer and producer (0.39): they hand out one event per message, panic on a header name that
//! is not UTF-8, and allocate per message. Here a consumer fetches a batch per call (`rd_kafka_consume_batch_queue`),
//! headers are read as bytes, and a message is produced with timestamp and headers without a future or box of its own.
//!
//! What keeps it sound:
//! - a [`Handle`] owns its `rd_kafka_t` and everything that points into it is dropped before it ([`Batch`] and
//!   [`TopicHandle`] hold an `Arc<Handle>`); librdkafka itself is thread safe;
//! - the opaque pointer given to callbacks is a heap allocation that outlives the client (destroyed after it);
//! - C memory is copied or borrowed for no longer than the message that owns it.
#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::bindings as rd;
use rdkafka::bindings::rd_kafka_resp_err_t as Code;
use rdkafka::{ClientConfig, TopicPartitionList};

use super::consumer::Rebalance;
use super::error::{Error, ErrorKind};

/// What a client is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Consumer,
    Producer,
}

/// Number of batches whose deliveries can be counted at the same time.
pub(super) const DELIVERY_SLOTS: usize = 64;

/// What callbacks write and the owner reads.
pub(super) struct Shared {
    rebalances: Mutex<VecDeque<Rebalance>>,
    /// While closing, revocations are answered at once: nobody polls any more.
    closing: AtomicBool,
    /// Outstanding messages per slot (the message's opaque is slot + 1; 0: not counted).
    outstanding: [AtomicI64; DELIVERY_SLOTS],
    failed: AtomicU64,
    failure: Mutex<Option<Error>>,
}

impl Shared {
    fn new() -> Shared {
        Shared {
            rebalances: Mutex::new(VecDeque::new()),
            closing: AtomicBool::new(false),
            outstanding: [const { AtomicI64::new(0) }; DELIVERY_SLOTS],
            failed: AtomicU64::new(0),
            failure: Mutex::new(None),
        }
    }
}

/// Owns a client of librdkafka. Thread safe, as librdkafka is.
pub(super) struct Handle {
    rk: *mut rd::rd_kafka_t,
    role: Role,
    shared: Arc<Shared>,
}

// SAFETY: librdkafka's clients may be used from any thread at the same time; `Shared` is atomics and mutexes.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    pub(super) fn new(role: Role, config: &ClientConfig) -> Result<Arc<Handle>, Error> {
        let shared = Arc::new(Shared::new());
        let native = config.create_native_config().map_err(|e| Error::config(&e))?;
        let mut text = [0 as c_char; 512];
        // SAFETY: `native` is a valid configuration; `rd_kafka_new` takes ownership of the duplicate on success, and on
        // failure we destroy it. What the opaque points to is freed after the client (see `Drop`).
        let rk = unsafe {
            let conf = rd::rd_kafka_conf_dup(native.ptr());
            rd::rd_kafka_conf_set_opaque(conf, ptr::from_ref::<Shared>(&shared) as *mut c_void);
            rd::rd_kafka_conf_set_log_cb(conf, Some(on_log));
            rd::rd_kafka_conf_set_error_cb(conf, Some(on_error));
            let kind = match role {
                Role::Consumer => {
                    rd::rd_kafka_conf_set_rebalance_cb(conf, Some(on_rebalance));
                    rd::rd_kafka_type_t::RD_KAFKA_CONSUMER
                }
                Role::Producer => {
                    rd::rd_kafka_conf_set_dr_msg_cb(conf, Some(on_delivery));
                    rd::rd_kafka_type_t::RD_KAFKA_PRODUCER
                }
            };
            let rk = rd::rd_kafka_new(kind, conf, text.as_mut_ptr(), text.len());
            if rk.is_null() {
                rd::rd_kafka_conf_destroy(conf);
            }
            rk
        };
        if rk.is_null() {
            // SAFETY: librdkafka wrote a NUL-terminated text.
            let reason = unsafe { text_of(text.as_ptr()) };
            return Err(Error::new(ErrorKind::Config, "CLIENT_CREATION", reason));
        }
        Ok(Arc::new(Handle { rk, role, shared }))
    }

    fn check(&self, code: Code, what: &str) -> Result<(), Error> {
        match code {
            Code::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
            code => Err(self.error_of(code, what)),
        }
    }

    fn error_of(&self, code: Code, what: &str) -> Error {
        let kind = if code == Code::RD_KAFKA_RESP_ERR__FATAL { ErrorKind::Fatal } else { kind_of(code) };
        // SAFETY: both return static texts.
        let (name, text) = unsafe { (text_of(rd::rd_kafka_err2name(code)), text_of(rd::rd_kafka_err2str(code))) };
        Error::new(kind, &name, format!("{what}: {text}"))
    }

    /// Takes ownership of a C error object.
    fn take(&self, error: *mut rd::rd_kafka_error_t, what: &str) -> Result<(), Error> {
        if error.is_null() {
            return Ok(());
        }
        // SAFETY: `error` is a live error object that we own and destroy at the end.
        unsafe {
            let code = rd::rd_kafka_error_code(error);
            let kind = if rd::rd_kafka_error_is_fatal(error) != 0 {
                if is_fenced(code) || is_fenced(self.fatal_code()) { ErrorKind::Fenced } else { ErrorKind::Fatal }
            } else if kind_of(code) == ErrorKind::Authorization {
                // An abort would be possible, and the next transaction would fail the same way.
                ErrorKind::Authorization
            } else if rd::rd_kafka_error_txn_requires_abort(error) != 0 {
                ErrorKind::Abortable
            } else if rd::rd_kafka_error_is_retriable(error) != 0 {
                ErrorKind::Retriable
            } else {
                kind_of(code)
            };
            let name = text_of(rd::rd_kafka_error_name(error));
            let text = text_of(rd::rd_kafka_error_string(error));
            rd::rd_kafka_error_destroy(error);
            Err(Error::new(kind, &name, format!("{what}: {text}")))
        }
    }

    fn fatal_code(&self) -> Code {
        // SAFETY: a null buffer of size 0 is allowed: only the code is asked for.
        unsafe { rd::rd_kafka_fatal_error(self.rk, ptr::null_mut(), 0) }
    }

    /// Why the client is of no use any more, if so.
    pub(super) fn fatal_error(&self) -> Option<Error> {
        let mut text = [0 as c_char; 512];
        // SAFETY: the buffer outlives the call, which ends it with NUL.
        let (code, text) = unsafe {
            let code = rd::rd_kafka_fatal_error(self.rk, text.as_mut_ptr(), text.len());
            (code, text_of(text.as_ptr()))
        };
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        let kind = if is_fenced(code) { ErrorKind::Fenced } else { ErrorKind::Fatal };
        // SAFETY: a static text.
        let name = unsafe { text_of(rd::rd_kafka_err2name(code)) };
        Some(Error::new(kind, &name, text))
    }

    /// Serves callbacks; returns the number of events.
    pub(super) fn poll(&self, timeout: Duration) -> i32 {
        // SAFETY: the client is alive.
        unsafe { rd::rd_kafka_poll(self.rk, millis(timeout)) }
    }
}

impl Drop for Handle {
    /// Destroying waits for the client's threads, one of which may never end (seen after a broker died): not the caller.
    fn drop(&mut self) {
        // RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE: closing is done on purpose by `close`, never by accident in a drop.
        let flags = if self.role == Role::Consumer { 0x8 } else { 0 };
        let (client, shared) = (AtomicPtr::new(self.rk), Arc::clone(&self.shared));
        let (done, ended) = std::sync::mpsc::channel::<()>();
        let destroy = move || {
            // SAFETY: whoever points to the client holds an `Arc` of this handle. `shared` is freed after.
            unsafe { rd::rd_kafka_destroy_flags(client.into_inner(), flags) };
            give_memory_back();
            drop((shared, done));
        };
        let spawned = std::thread::Builder::new().name("kafka-end".to_owned()).spawn(destroy);
        if spawned.is_err() || ended.recv_timeout(END_PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("a client of librdkafka does not end: it is left behind");
        }
    }
}

/// Gives free memory back to the system. A client's threads have heaps of their own, which glibc keeps for other threads,
/// full of holes: a process that restored the state of its accounts again and again kept 5 MB each time.
fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: the call may come at any time, from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// How long the end of a client is waited for: usually it takes milliseconds.
const END_PATIENCE: Duration = Duration::from_secs(3);

// ---------------------------------------------------------------- consumer

/// Consumer calls.
impl Handle {
    /// Routes all events to the consumer queue, so that one call serves everything.
    pub(super) fn consumer_queue(self: &Arc<Self>) -> Result<Queue, Error> {
        // SAFETY: the client is a consumer and alive; the queue is destroyed before it.
        unsafe {
            self.check(rd::rd_kafka_poll_set_consumer(self.rk), "poll_set_consumer")?;
            let queue = rd::rd_kafka_queue_get_consumer(self.rk);
            assert!(!queue.is_null(), "a consumer with a group has a consumer queue");
            Ok(Queue { queue, owner: Arc::clone(self) })
        }
    }

    pub(super) fn subscribe(&self, topics: &TopicPartitionList) -> Result<(), Error> {
        // SAFETY: both are alive.
        let code = unsafe { rd::rd_kafka_subscribe(self.rk, topics.ptr()) };
        self.check(code, "subscribe")
    }

    pub(super) fn next_rebalance(&self) -> Option<Rebalance> {
        lock(&self.shared.rebalances).pop_front()
    }

    fn cooperative(&self) -> bool {
        // SAFETY: returns a static text or null.
        unsafe {
            let protocol = rd::rd_kafka_rebalance_protocol(self.rk);
            !protocol.is_null() && CStr::from_ptr(protocol).to_bytes() == b"COOPERATIVE"
        }
    }

    pub(super) fn assign(&self, partitions: &TopicPartitionList) -> Result<(), Error> {
        // SAFETY: both are alive.
        unsafe {
            if self.cooperative() {
                return self.take(rd::rd_kafka_incremental_assign(self.rk, partitions.ptr()), "assign");
            }
            self.check(rd::rd_kafka_assign(self.rk, partitions.ptr()), "assign")
        }
    }

    pub(super) fn unassign(&self, partitions: &TopicPartitionList) -> Result<(), Error> {
        // SAFETY: both are alive.
        unsafe {
            if self.cooperative() {
                return self.take(rd::rd_kafka_incremental_unassign(self.rk, partitions.ptr()), "unassign");
            }
            self.check(rd::rd_kafka_assign(self.rk, ptr::null()), "unassign")
        }
    }

    pub(super) fn assignment_lost(&self) -> bool {
        // SAFETY: the client is alive.
        unsafe { rd::rd_kafka_assignment_lost(self.rk) != 0 }
    }

    pub(super) fn seek(&self, partitions: &TopicPartitionList, timeout: Duration) -> Result<(), Error> {
        // SAFETY: both are alive.
        self.take(unsafe { rd::rd_kafka_seek_partitions(self.rk, partitions.ptr(), millis(timeout)) }, "seek")?;
        partitions.elements().iter().try_for_each(|e| {
            e.error().map_err(|cause| Error::new(ErrorKind::Retriable, "SEEK", format!("seek {}: {cause}", e.topic())))
        })
    }

    pub(super) fn pause(&self, partitions: &TopicPartitionList) -> Result<(), Error> {
        // SAFETY: both are alive.
        let code = unsafe { rd::rd_kafka_pause_partitions(self.rk, partitions.ptr()) };
        self.check(code, "pause")
    }

    pub(super) fn resume(&self, partitions: &TopicPartitionList) -> Result<(), Error> {
        // SAFETY: both are alive.
        let code = unsafe { rd::rd_kafka_resume_partitions(self.rk, partitions.ptr()) };
        self.check(code, "resume")
    }

    /// The low watermark and the end of what may be read, asked of the broker.
    pub(super) fn query_watermarks(
        &self,
        topic: &CStr,
        partition: i32,
        timeout: Duration,
    ) -> Result<(i64, i64), Error> {
        let (mut low, mut high) = (-1i64, -1i64);
        // SAFETY: the texts and integers outlive the call.
        let code = unsafe {
            let timeout = millis(timeout);
            rd::rd_kafka_query_watermark_offsets(
                self.rk,
                topic.as_ptr(),
                partition,
                &raw mut low,
                &raw mut high,
                timeout,
            )
        };
        self.check(code, "ask for the ends of a partition").map(|()| (low, high))
    }

    /// Fills in the committed offsets.
    pub(super) fn committed(&self, partitions: &TopicPartitionList, timeout: Duration) -> Result<(), Error> {
        // SAFETY: both are alive; the call writes the offsets into the list.
        let code = unsafe { rd::rd_kafka_committed(self.rk, partitions.ptr(), millis(timeout)) };
        self.check(code, "read committed offsets")?;
        partitions.elements().iter().try_for_each(|e| {
            e.error().map_err(|cause| {
                Error::new(
                    ErrorKind::Retriable,
                    "COMMITTED",
                    format!("read committed offset of {}: {cause}", e.topic()),
                )
            })
        })
    }

    pub(super) fn commit(&self, partitions: &TopicPartitionList) -> Result<(), Error> {
        // SAFETY: both are alive.
        let code = unsafe { rd::rd_kafka_commit(self.rk, partitions.ptr(), 0) };
        self.check(code, "commit offsets")
    }

    /// Fills in the positions: the next offset to hand out.
    pub(super) fn position(&self, partitions: &TopicPartitionList) -> Result<(), Error> {
        // SAFETY: both are alive; the call writes the offsets into the list.
        let code = unsafe { rd::rd_kafka_position(self.rk, partitions.ptr()) };
        self.check(code, "read positions")
    }

    /// The low and the high watermark that the last fetch told, if any.
    pub(super) fn watermarks(&self, topic: &CStr, partition: i32) -> Option<(i64, i64)> {
        let (mut low, mut high) = (-1i64, -1i64);
        // SAFETY: the texts and integers outlive the call.
        let code = unsafe {
            rd::rd_kafka_get_watermark_offsets(self.rk, topic.as_ptr(), partition, &raw mut low, &raw mut high)
        };
        (code == Code::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0).then_some((low.max(0), high))
    }

    pub(super) fn group_metadata(&self) -> GroupMetadata {
        // SAFETY: returns a fresh object that the wrapper destroys.
        GroupMetadata(unsafe { rd::rd_kafka_consumer_group_metadata(self.rk) })
    }

    /// Leaves the group. Pending revocations are answered by giving everything up.
    pub(super) fn close(&self) -> Result<(), Error> {
        self.shared.closing.store(true, Ordering::SeqCst);
        // SAFETY: the client is alive; callbacks run on this thread.
        unsafe {
            if self.cooperative() {
                // Answer a revocation that we were told of and have not acted on.
                let mut assigned = ptr::null_mut();
                if rd::rd_kafka_assignment(self.rk, &raw mut assigned) == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                    let error = rd::rd_kafka_incremental_unassign(self.rk, assigned);
                    if !error.is_null() {
                        rd::rd_kafka_error_destroy(error);
                    }
                    rd::rd_kafka_topic_partition_list_destroy(assigned);
                }
            } else {
                rd::rd_kafka_assign(self.rk, ptr::null());
            }
            self.check(rd::rd_kafka_consumer_close(self.rk), "close the consumer")
        }
    }
}

/// The consumer's queue.
pub(super) struct Queue {
    queue: *mut rd::rd_kafka_queue_t,
    owner: Arc<Handle>,
}

// SAFETY: queues are thread safe; the owner is kept alive.
unsafe impl Send for Queue {}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: we own one reference of the queue.
        unsafe { rd::rd_kafka_queue_destroy(self.queue) }
    }
}

impl Queue {
    /// Waits until `batch` is full, `timeout` is over or the group rebalances; callbacks are served meanwhile.
    pub(super) fn fetch(&self, timeout: Duration, batch: &mut Batch) {
        batch.clear();
        // SAFETY: the array has room for `capacity` pointers; the first `n` are then messages that we own.
        unsafe {
            let n = rd::rd_kafka_consume_batch_queue(
                self.queue,
                millis(timeout),
                batch.messages.as_mut_ptr(),
                batch.messages.capacity(),
            );
            batch.messages.set_len(usize::try_from(n).unwrap_or(0));
        }
        batch.owner = Some(Arc::clone(&self.owner));
    }
}

/// Messages of one fetch; their memory lives until the next fetch or the drop.
pub(super) struct Batch {
    messages: Vec<*mut rd::rd_kafka_message_t>,
    owner: Option<Arc<Handle>>,
}

// SAFETY: the messages are owned by this batch alone.
unsafe impl Send for Batch {}

impl Batch {
    pub(super) fn with_capacity(messages: usize) -> Batch {
        Batch { messages: Vec::with_capacity(messages), owner: None }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = RawMessage<'_>> {
        // SAFETY: each pointer is a live message until `clear`.
        self.messages.iter().map(|&m| RawMessage(unsafe { &*m }))
    }

    pub(super) fn clear(&mut self) {
        for message in self.messages.drain(..) {
            // SAFETY: we own the message and destroy it once.
            unsafe { rd::rd_kafka_message_destroy(message) }
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A message as it came, borrowed from its batch.
#[derive(Clone, Copy)]
pub(super) struct RawMessage<'a>(&'a rd::rd_kafka_message_t);

impl<'a> RawMessage<'a> {
    /// Errors come as messages too (for example: not allowed to read the topic).
    pub(super) fn error(&self) -> Option<Error> {
        let code = self.0.err;
        if code == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        // SAFETY: static texts; an error message carries its text as payload, which names no values.
        let (name, text) =
            unsafe { (text_of(rd::rd_kafka_err2name(code)), text_of(rd::rd_kafka_message_errstr(self.0))) };
        Some(Error::new(kind_of(code), &name, text))
    }

    /// Identity of the topic: equal for all messages of a topic partition while it is assigned.
    pub(super) fn topic_id(&self) -> usize {
        self.0.rkt as usize
    }

    pub(super) fn topic_name(&self) -> &'a str {
        if self.0.rkt.is_null() {
            return "";
        }
        // SAFETY: the topic object outlives the message; Kafka's topic names are ASCII.
        unsafe { CStr::from_ptr(rd::rd_kafka_topic_name(self.0.rkt)).to_str().unwrap_or("") }
    }

    pub(super) fn partition(&self) -> i32 {
        self.0.partition
    }

    pub(super) fn offset(&self) -> i64 {
        self.0.offset
    }

    pub(super) fn key(&self) -> Option<&'a [u8]> {
        // SAFETY: pointer and length describe memory of the message.
        unsafe { slice_of(self.0.key, self.0.key_len) }
    }

    pub(super) fn value(&self) -> Option<&'a [u8]> {
        // SAFETY: as above.
        unsafe { slice_of(self.0.payload, self.0.len) }
    }

    /// Milliseconds since 1970; −1 when the message carries none.
    pub(super) fn timestamp_ms(&self) -> i64 {
        let mut kind = rd::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: `kind` outlives the call.
        unsafe { rd::rd_kafka_message_timestamp(self.0, &raw mut kind) }
    }

    /// Appends the headers in order; false when they cannot be parsed.
    pub(super) fn headers(&self, out: &mut Vec<(&'a [u8], Option<&'a [u8]>)>) -> bool {
        let mut list = ptr::null_mut();
        // SAFETY: the parsed list belongs to the message and lives as long.
        unsafe {
            match rd::rd_kafka_message_headers(self.0, &raw mut list) {
                Code::RD_KAFKA_RESP_ERR_NO_ERROR => {}
                Code::RD_KAFKA_RESP_ERR__NOENT => return true,
                _ => return false,
            }
            let (mut index, mut name, mut value, mut size) = (0, ptr::null(), ptr::null(), 0usize);
            while rd::rd_kafka_header_get_all(list, index, &raw mut name, &raw mut value, &raw mut size)
                == Code::RD_KAFKA_RESP_ERR_NO_ERROR
            {
                out.push((CStr::from_ptr(name).to_bytes(), slice_of(value, size)));
                index += 1;
            }
        }
        true
    }
}

/// Fresh group metadata: fences members that are gone.
pub(super) struct GroupMetadata(*mut rd::rd_kafka_consumer_group_metadata_t);

// SAFETY: a plain value without ties to the client.
unsafe impl Send for GroupMetadata {}

impl Drop for GroupMetadata {
    fn drop(&mut self) {
        // SAFETY: ours alone.
        unsafe { rd::rd_kafka_consumer_group_metadata_destroy(self.0) }
    }
}

// ---------------------------------------------------------------- producer

/// A topic to produce to.
pub(super) struct TopicHandle {
    topic: *mut rd::rd_kafka_topic_t,
    _owner: Arc<Handle>,
}

// SAFETY: topic objects are thread safe; the owner is kept alive.
unsafe impl Send for TopicHandle {}
// SAFETY: as above.
unsafe impl Sync for TopicHandle {}

impl Drop for TopicHandle {
    fn drop(&mut self) {
        // SAFETY: we own one reference.
        unsafe { rd::rd_kafka_topic_destroy(self.topic) }
    }
}

/// A message to produce; all bytes are copied by the call.
pub(super) struct Produce<'a> {
    pub(super) partition: i32,
    pub(super) key: Option<&'a [u8]>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) timestamp_ms: i64,
    /// Slot whose outstanding count includes this message, if deliveries are counted.
    pub(super) slot: Option<usize>,
}

/// Producer calls.
impl Handle {
    pub(super) fn topic(self: &Arc<Self>, name: &str) -> Result<TopicHandle, Error> {
        let name = CString::new(name).map_err(|_| Error::new(ErrorKind::Config, "TOPIC", "a topic name holds NUL"))?;
        // SAFETY: the client and the name are alive; a null configuration means defaults.
        let topic = unsafe { rd::rd_kafka_topic_new(self.rk, name.as_ptr(), ptr::null_mut()) };
        if topic.is_null() {
            // SAFETY: reads a thread local.
            let code = unsafe { rd::rd_kafka_last_error() };
            return Err(self.error_of(code, "open topic"));
        }
        Ok(TopicHandle { topic, _owner: Arc::clone(self) })
    }

    /// Puts a message into the producer's queue. `Ok(false)`: the queue is full, poll and try again.
    pub(super) fn produce<'h>(
        &self,
        topic: &TopicHandle,
        message: &Produce<'_>,
        headers: impl ExactSizeIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
    ) -> Result<bool, Error> {
        let list = self.header_list(headers)?;
        if let Some(slot) = message.slot {
            self.shared.outstanding[slot].fetch_add(1, Ordering::AcqRel);
        }
        // SAFETY: all pointers outlive the call, which copies (F_COPY) key and value; the header list is taken over on
        // success and destroyed by us otherwise.
        let error = unsafe {
            let vus = [
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_RKT, |u| u.rkt = topic.topic),
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_PARTITION, |u| u.i32_ = message.partition),
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_MSGFLAGS, |u| u.i = rd::RD_KAFKA_MSG_F_COPY),
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_VALUE, |u| u.mem = memory(message.value)),
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_KEY, |u| u.mem = memory(message.key)),
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_TIMESTAMP, |u| u.i64_ = message.timestamp_ms.max(0)),
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_OPAQUE, |u| {
                    u.ptr = ptr::without_provenance_mut(message.slot.map_or(0, |slot| slot + 1));
                }),
                vu(rd::rd_kafka_vtype_t::RD_KAFKA_VTYPE_HEADERS, |u| u.headers = list),
            ];
            let count = if list.is_null() { vus.len() - 1 } else { vus.len() };
            rd::rd_kafka_produceva(self.rk, vus.as_ptr(), count)
        };
        if error.is_null() {
            return Ok(true);
        }
        if let Some(slot) = message.slot {
            self.shared.outstanding[slot].fetch_sub(1, Ordering::AcqRel);
        }
        // SAFETY: on failure the list is still ours; the error is live.
        unsafe {
            if !list.is_null() {
                rd::rd_kafka_headers_destroy(list);
            }
            if rd::rd_kafka_error_code(error) == Code::RD_KAFKA_RESP_ERR__QUEUE_FULL {
                rd::rd_kafka_error_destroy(error);
                return Ok(false);
            }
        }
        self.take(error, "produce").map(|()| true)
    }

    fn header_list<'h>(
        &self,
        headers: impl ExactSizeIterator<Item = (&'h [u8], Option<&'h [u8]>)>,
    ) -> Result<*mut rd::rd_kafka_headers_t, Error> {
        if headers.len() == 0 {
            return Ok(ptr::null_mut());
        }
        // SAFETY: names and values are copied by `rd_kafka_header_add`; a null value is a null header.
        unsafe {
            let list = rd::rd_kafka_headers_new(headers.len());
            for (name, value) in headers {
                let (data, size) = value.map_or((ptr::null(), 0), |v| (v.as_ptr().cast::<c_void>(), v.len() as isize));
                let code = rd::rd_kafka_header_add(list, name.as_ptr().cast(), name.len() as isize, data, size);
                if code != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                    rd::rd_kafka_headers_destroy(list);
                    return Err(self.error_of(code, "add header"));
                }
            }
            Ok(list)
        }
    }

    /// Messages of a slot that the broker has not answered for.
    pub(super) fn outstanding(&self, slot: usize) -> i64 {
        self.shared.outstanding[slot].load(Ordering::Acquire)
    }

    /// The first delivery that failed, if any did.
    pub(super) fn delivery_failure(&self) -> Option<Error> {
        if self.shared.failed.load(Ordering::Acquire) == 0 {
            return None;
        }
        lock(&self.shared.failure).clone()
    }

    pub(super) fn flush(&self, timeout: Duration) -> Result<(), Error> {
        // SAFETY: the client is alive.
        let code = unsafe { rd::rd_kafka_flush(self.rk, millis(timeout)) };
        self.check(code, "flush")
    }

    pub(super) fn init_transactions(&self, timeout: Duration) -> Result<(), Error> {
        // SAFETY: the client is alive.
        self.take(unsafe { rd::rd_kafka_init_transactions(self.rk, millis(timeout)) }, "init transactions")
    }

    pub(super) fn begin_transaction(&self) -> Result<(), Error> {
        // SAFETY: the client is alive.
        self.take(unsafe { rd::rd_kafka_begin_transaction(self.rk) }, "begin transaction")
    }

    pub(super) fn send_offsets(
        &self,
        offsets: &TopicPartitionList,
        group: &GroupMetadata,
        timeout: Duration,
    ) -> Result<(), Error> {
        // SAFETY: all are alive.
        let error =
            unsafe { rd::rd_kafka_send_offsets_to_transaction(self.rk, offsets.ptr(), group.0, millis(timeout)) };
        self.take(error, "send offsets to the transaction")
    }

    pub(super) fn commit_transaction(&self, timeout: Duration) -> Result<(), Error> {
        // SAFETY: the client is alive.
        self.take(unsafe { rd::rd_kafka_commit_transaction(self.rk, millis(timeout)) }, "commit transaction")
    }

    pub(super) fn abort_transaction(&self, timeout: Duration) -> Result<(), Error> {
        // SAFETY: the client is alive.
        self.take(unsafe { rd::rd_kafka_abort_transaction(self.rk, millis(timeout)) }, "abort transaction")
    }

    /// Forgets failed deliveries: those of an aborted transaction.
    pub(super) fn forget_failures(&self) {
        *lock(&self.shared.failure) = None;
        self.shared.failed.store(0, Ordering::Release);
    }

    /// Drops what waits in the queues and what is in flight (its outcome is then unknown).
    pub(super) fn purge(&self) {
        // RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT. SAFETY: the client is alive.
        unsafe {
            rd::rd_kafka_purge(self.rk, 0x1 | 0x2);
        }
    }
}

// ---------------------------------------------------------------- callbacks and small helpers

unsafe extern "C" fn on_rebalance(
    rk: *mut rd::rd_kafka_t,
    code: Code,
    partitions: *mut rd::rd_kafka_topic_partition_list_t,
    opaque: *mut c_void,
) {
    // SAFETY: the opaque is the `Shared` of the client's handle; the list is alive during the callback.
    unsafe {
        let shared = &*opaque.cast::<Shared>();
        let revoked = code != Code::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if shared.closing.load(Ordering::SeqCst) {
            answer_while_closing(rk, revoked, partitions);
            return;
        }
        let list = partitions_of(partitions);
        let rebalance = match (revoked, rd::rd_kafka_assignment_lost(rk) != 0) {
            (false, _) => Rebalance::Assigned(list),
            (true, false) => Rebalance::Revoked(list),
            (true, true) => Rebalance::Lost(list),
        };
        lock(&shared.rebalances).push_back(rebalance);
        // Let the fetch return at once: the owner must answer.
        rd::rd_kafka_yield(rk);
    }
}

unsafe fn answer_while_closing(
    rk: *mut rd::rd_kafka_t,
    revoked: bool,
    partitions: *mut rd::rd_kafka_topic_partition_list_t,
) {
    // SAFETY: called from the rebalance callback with live arguments.
    unsafe {
        let protocol = rd::rd_kafka_rebalance_protocol(rk);
        let cooperative = !protocol.is_null() && CStr::from_ptr(protocol).to_bytes() == b"COOPERATIVE";
        if cooperative && revoked {
            let error = rd::rd_kafka_incremental_unassign(rk, partitions);
            if !error.is_null() {
                rd::rd_kafka_error_destroy(error);
            }
        } else {
            rd::rd_kafka_assign(rk, ptr::null());
        }
    }
}

unsafe fn partitions_of(list: *mut rd::rd_kafka_topic_partition_list_t) -> Vec<(String, i32)> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: `elems` points to `cnt` elements with NUL-terminated names.
    unsafe {
        let list = &*list;
        (0..usize::try_from(list.cnt).unwrap_or(0))
            .map(|i| {
                let element = &*list.elems.add(i);
                (text_of(element.topic), element.partition)
            })
            .collect()
    }
}

unsafe extern "C" fn on_delivery(
    _rk: *mut rd::rd_kafka_t,
    message: *const rd::rd_kafka_message_t,
    opaque: *mut c_void,
) {
    // SAFETY: the opaque is the `Shared` of the client's handle; the message is alive during the callback.
    unsafe {
        let shared = &*opaque.cast::<Shared>();
        let message = &*message;
        if message.err != Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            let mut first = lock(&shared.failure);
            // When one message fails the rest of the transaction is purged: that is no cause.
            let purged =
                matches!(message.err, Code::RD_KAFKA_RESP_ERR__PURGE_QUEUE | Code::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT);
            if first.is_none() || (!purged && first.as_ref().is_some_and(|e| e.name().starts_with("_PURGE"))) {
                let name = text_of(rd::rd_kafka_err2name(message.err));
                let topic =
                    if message.rkt.is_null() { String::new() } else { text_of(rd::rd_kafka_topic_name(message.rkt)) };
                let text = text_of(rd::rd_kafka_err2str(message.err));
                let place = format!("deliver to {topic} [{}]: {text}", message.partition);
                *first = Some(Error::new(kind_of(message.err), &name, place));
            }
            shared.failed.fetch_add(1, Ordering::AcqRel);
        }
        // A failed message stays in the count of its slot: the slot never looks complete.
        let slot = message._private as usize;
        if slot > 0 && message.err == Code::RD_KAFKA_RESP_ERR_NO_ERROR {
            shared.outstanding[slot - 1].fetch_sub(1, Ordering::AcqRel);
        }
    }
}

unsafe extern "C" fn on_log(_rk: *const rd::rd_kafka_t, level: c_int, facility: *const c_char, text: *const c_char) {
    // SAFETY: both are NUL-terminated texts. librdkafka logs protocol state, never payloads.
    let (facility, text) = unsafe { (text_of(facility), text_of(text)) };
    match level {
        0..=3 => tracing::error!(target: "librdkafka", facility, "{text}"),
        4 => tracing::warn!(target: "librdkafka", facility, "{text}"),
        5 | 6 => tracing::info!(target: "librdkafka", facility, "{text}"),
        _ => tracing::debug!(target: "librdkafka", facility, "{text}"),
    }
}

unsafe extern "C" fn on_error(_rk: *mut rd::rd_kafka_t, code: c_int, reason: *const c_char, _opaque: *mut c_void) {
    // SAFETY: a NUL-terminated text. Errors that matter come back from calls; these inform.
    let reason = unsafe { text_of(reason) };
    tracing::warn!(target: "librdkafka", code, "{reason}");
}

fn kind_of(code: Code) -> ErrorKind {
    match code {
        Code::RD_KAFKA_RESP_ERR__TIMED_OUT
        | Code::RD_KAFKA_RESP_ERR__TRANSPORT
        | Code::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN
        | Code::RD_KAFKA_RESP_ERR__RESOLVE => ErrorKind::Unreachable,
        Code::RD_KAFKA_RESP_ERR__AUTHENTICATION | Code::RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED => {
            ErrorKind::Authentication
        }
        Code::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
        | Code::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
        | Code::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED
        | Code::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED => ErrorKind::Authorization,
        Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART | Code::RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC => {
            ErrorKind::UnknownTopic
        }
        Code::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE => ErrorKind::TooLarge,
        code if is_fenced(code) => ErrorKind::Fenced,
        Code::RD_KAFKA_RESP_ERR__FATAL => ErrorKind::Fatal,
        _ => ErrorKind::Retriable,
    }
}

fn is_fenced(code: Code) -> bool {
    matches!(
        code,
        Code::RD_KAFKA_RESP_ERR__FENCED
            | Code::RD_KAFKA_RESP_ERR_PRODUCER_FENCED
            | Code::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH
            | Code::RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
    )
}

fn vu(kind: rd::rd_kafka_vtype_t, set: impl FnOnce(&mut rd::rd_kafka_vu_s__bindgen_ty_1)) -> rd::rd_kafka_vu_t {
    let mut value = rd::rd_kafka_vu_s__bindgen_ty_1 { ptr: ptr::null_mut() };
    set(&mut value);
    rd::rd_kafka_vu_s { vtype: kind, u: value }
}

fn memory(bytes: Option<&[u8]>) -> rd::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 {
    // An empty slice has a non-null pointer: an empty value stays empty, and null stays null.
    let (data, size) = bytes.map_or((ptr::null_mut(), 0), |b| (b.as_ptr() as *mut c_void, b.len()));
    rd::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr: data, size }
}

/// # Safety
/// `data` is null or points to `size` bytes that live for `'a`.
unsafe fn slice_of<'a>(data: *const c_void, size: usize) -> Option<&'a [u8]> {
    // SAFETY: by the contract above.
    (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) })
}

/// # Safety
/// `text` is null or NUL-terminated.
unsafe fn text_of(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: by the contract above.
    unsafe { CStr::from_ptr(text).to_string_lossy().into_owned() }
}

fn millis(timeout: Duration) -> c_int {
    c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The data is whole even if a holder panicked: it is only pushed to or replaced.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
