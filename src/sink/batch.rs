//! Records on their way out, in one arena: no allocation per record.

use crate::record::Span;

/// Records that wait to be sent.
#[derive(Default)]
pub struct OutBatch {
    bytes: Vec<u8>,
    headers: Vec<(Span, Option<Span>)>,
    records: Vec<OutRecord>,
    sent: usize,
}

/// One record: spans point into the arena.
#[derive(Clone, Copy)]
pub struct OutRecord {
    /// Number of the output topic.
    pub topic: u32,
    /// Partition of the output, the same as that of the input.
    pub partition: i32,
    /// Kafka timestamp, ms.
    pub timestamp_ms: i64,
    key: Option<Span>,
    value: Option<Span>,
    headers: Span,
}

/// Where a record under construction began: [`OutBatch::undo`] goes back there.
#[derive(Clone, Copy)]
pub struct Mark {
    bytes: usize,
    headers: usize,
    records: usize,
}

impl OutBatch {
    /// An empty batch.
    pub fn new() -> OutBatch {
        OutBatch::default()
    }

    /// Forgets everything; keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.headers.clear();
        self.records.clear();
        self.sent = 0;
    }

    /// Bytes in the arena.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Records in it.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether no record is in it.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The arena, to append the parts of the next record to.
    pub fn arena(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Begins a record.
    pub fn mark(&self) -> Mark {
        Mark { bytes: self.bytes.len(), headers: self.headers.len(), records: self.records.len() }
    }

    /// Drops what was appended since `mark`, whole records too.
    pub fn undo(&mut self, mark: Mark) {
        self.bytes.truncate(mark.bytes);
        self.headers.truncate(mark.headers);
        self.records.truncate(mark.records);
    }

    /// Bytes appended since `mark`.
    pub fn appended(&self, mark: Mark) -> usize {
        self.bytes.len() - mark.bytes
    }

    /// The bytes appended since `mark`.
    pub fn since(&self, mark: Mark) -> &[u8] {
        &self.bytes[mark.bytes..]
    }

    /// The bytes of a span.
    pub fn slice(&self, span: Span) -> &[u8] {
        &self.bytes[span.range()]
    }

    /// The span of what was appended to the arena since byte `from`.
    pub fn span_from(&self, from: usize) -> Span {
        Span::new(from as u32, self.bytes.len() as u32)
    }

    /// Appends bytes and tells their span.
    pub fn append(&mut self, bytes: &[u8]) -> Span {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.span_from(from)
    }

    /// Adds a header to the record under construction.
    pub fn header(&mut self, name: Span, value: Option<Span>) {
        self.headers.push((name, value));
    }

    /// Ends the record that began at `mark`.
    pub fn push(
        &mut self,
        mark: Mark,
        (topic, partition, timestamp_ms): (usize, i32, i64),
        key: Option<Span>,
        value: Option<Span>,
    ) {
        let headers = Span::new(mark.headers as u32, self.headers.len() as u32);
        self.records.push(OutRecord { topic: topic as u32, partition, timestamp_ms, key, value, headers });
    }

    /// The next record that is not sent.
    pub fn next_unsent(&self) -> Option<OutRecord> {
        self.records.get(self.sent).copied()
    }

    /// All records that are not sent.
    pub fn unsent(&self) -> &[OutRecord] {
        &self.records[self.sent..]
    }

    /// The record of [`OutBatch::next_unsent`] is sent.
    pub fn advance(&mut self) {
        self.sent += 1;
    }

    /// The key of a record.
    pub fn key(&self, record: &OutRecord) -> Option<&[u8]> {
        record.key.map(|span| &self.bytes[span.range()])
    }

    /// The value of a record.
    pub fn value(&self, record: &OutRecord) -> Option<&[u8]> {
        record.value.map(|span| &self.bytes[span.range()])
    }

    /// The headers of a record.
    pub fn headers(&self, record: &OutRecord) -> impl ExactSizeIterator<Item = (&[u8], Option<&[u8]>)> {
        self.headers[record.headers.range()]
            .iter()
            .map(|(name, value)| (&self.bytes[name.range()], value.map(|span| &self.bytes[span.range()])))
    }
}
