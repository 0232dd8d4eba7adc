//! A TCP proxy in front of a broker that breaks what passes it: it cuts connections, lets them hang half open, delays
//! them, and swallows replies. It knows of the protocol what it must: the length of a frame, which call a request is
//! (its first 16 bits) and the number by which a reply answers it.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// No frame of a client or a broker is longer.
const FRAME_MAX: usize = 128 << 20;

/// A call of Kafka's protocol whose reply can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Produce = 0,
    AddOffsetsToTxn = 25,
    EndTxn = 26,
    TxnOffsetCommit = 28,
}

/// A proxy in front of one broker.
pub struct Proxy {
    port: u16,
    rules: Arc<Rules>,
}

/// What happens to what passes.
#[derive(Default)]
struct Rules {
    stalled: Mutex<bool>,
    flows: Condvar,
    delay_ms: AtomicU64,
    /// The call whose replies are to be lost, and how many still.
    lose: Mutex<Option<Call>>,
    left: AtomicU32,
    connections: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens on `port` for what is meant for `target`, both on 127.0.0.1.
    pub fn start(port: u16, target: u16) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("listen for the proxy");
        let rules = Arc::new(Rules::default());
        let shared = Arc::clone(&rules);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A broker that is down refuses: so does the proxy, by closing.
                if let Ok(broker) = TcpStream::connect(("127.0.0.1", target)) {
                    connect(client, broker, &shared);
                }
            }
        });
        Proxy { port, rules }
    }

    /// Where clients reach it.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Closes all connections.
    pub fn cut(&self) {
        for connection in lock(&self.rules.connections).drain(..) {
            // One that is closed already is no matter.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// From now on nothing passes, and nobody is told.
    pub fn stall(&self) {
        *lock(&self.rules.stalled) = true;
    }

    /// What waited goes on.
    pub fn flow(&self) {
        *lock(&self.rules.stalled) = false;
        self.rules.flows.notify_all();
    }

    /// Holds every frame for so long, in both directions.
    pub fn delay(&self, time: Duration) {
        self.rules.delay_ms.store(time.as_millis() as u64, Ordering::Relaxed);
    }

    /// The next `count` replies to `call` never arrive: their connections end instead.
    pub fn lose_replies(&self, call: Call, count: u32) {
        *lock(&self.rules.lose) = Some(call);
        self.rules.left.store(count, Ordering::Relaxed);
    }

    /// Replies still to be lost.
    pub fn to_lose(&self) -> u32 {
        self.rules.left.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One thread per direction, until either side ends.
fn connect(client: TcpStream, broker: TcpStream, rules: &Arc<Rules>) {
    let asked: Arc<Mutex<HashMap<i32, i16>>> = Arc::default();
    for (from, to, is_request) in [(&client, &broker, true), (&broker, &client, false)] {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
        let (rules, asked) = (Arc::clone(rules), Arc::clone(&asked));
        let _ = to.set_nodelay(true);
        if let (Ok(from), true) = (from.try_clone(), is_request) {
            lock(&rules.connections).push(from);
        }
        std::thread::spawn(move || {
            let pass = |frame: &[u8]| if is_request { note(&asked, frame) } else { !swallow(&rules, &asked, frame) };
            // However it ends, both ends hear of it.
            let _ = pump(&from, &to, &rules, pass);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

fn pump(
    mut from: &TcpStream,
    mut to: &TcpStream,
    rules: &Rules,
    mut pass: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    let mut frame = vec![0; 4];
    loop {
        frame.resize(4, 0);
        from.read_exact(&mut frame)?;
        let len = u32::from_be_bytes([frame[0], frame[1], frame[2], frame[3]]) as usize;
        if len > FRAME_MAX {
            return Err(io::Error::other("a frame that is none"));
        }
        frame.resize(4 + len, 0);
        from.read_exact(&mut frame[4..])?;
        let delay_ms = rules.delay_ms.load(Ordering::Relaxed);
        if delay_ms > 0 {
            // The fault itself.
            std::thread::sleep(Duration::from_millis(delay_ms));
        }
        drop(rules.flows.wait_while(lock(&rules.stalled), |stalled| *stalled).unwrap_or_else(PoisonError::into_inner));
        if !pass(&frame[4..]) {
            return Ok(());
        }
        to.write_all(&frame)?;
    }
}

/// Remembers which call a request is, by its number. Always passes.
fn note(asked: &Mutex<HashMap<i32, i16>>, request: &[u8]) -> bool {
    if let [a, b, _, _, number @ ..] = request
        && let Some(number) = number.first_chunk()
    {
        lock(asked).insert(i32::from_be_bytes(*number), i16::from_be_bytes([*a, *b]));
    }
    true
}

/// Whether a reply is one that is to be lost.
fn swallow(rules: &Rules, asked: &Mutex<HashMap<i32, i16>>, reply: &[u8]) -> bool {
    let call = reply.first_chunk().and_then(|number| lock(asked).remove(&i32::from_be_bytes(*number)));
    let Some(lose) = *lock(&rules.lose) else { return false };
    call == Some(lose as i16)
        && rules.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}
