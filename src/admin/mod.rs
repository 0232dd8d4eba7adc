//! The admin port: `/livez`, `/readyz`, `/metrics`, a status page at `/` and, where allowed, samples at `/tap`, over
//! HTTP, read-only.
//!
//! It runs on a thread and a runtime of its own, so that it answers however busy the workers are, and shares nothing
//! with them but the atomics of [`Health`], the metrics and the samples that [`Tap`] was handed.

mod health;
mod listener;
mod page;
mod tap;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::json;
use tokio::sync::oneshot;

pub use health::{Health, TURN_LIMIT};
pub use tap::{Flow, Sample, Tap};

use crate::telemetry::Exporter;

/// Most connections at a time.
const CONNECTIONS_MAX: usize = 64;

/// A connection is cut after this long, whatever it does: a scrape takes milliseconds.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(10);

/// The admin port could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// The address is taken, not of this host, or not allowed.
    #[error("admin.listen: cannot listen on {address}: {source}")]
    Bind {
        /// The configured address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// No thread or no event queue for it.
    #[error("admin.listen: cannot start the admin thread: {0}")]
    Start(#[source] std::io::Error),
}

/// The open admin port; dropping it closes the port and ends its thread.
#[derive(Debug)]
pub struct AdminHandle {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl AdminHandle {
    /// The bound address: with port 0 in the config, the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for AdminHandle {
    fn drop(&mut self) {
        // Dropping the sender ends the runtime, which cuts open connections: nobody waits for a slow scraper.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Opens the admin port and serves it from a thread of its own. It answers as soon as this returns.
pub fn serve(
    listen: SocketAddr,
    health: Arc<Health>,
    tap: Arc<Tap>,
    exporter: Exporter,
) -> Result<AdminHandle, AdminError> {
    let bind = |source| AdminError::Bind { address: listen, source };
    let socket = TcpListener::bind(listen).map_err(bind)?;
    socket.set_nonblocking(true).map_err(bind)?;
    let address = socket.local_addr().map_err(bind)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AdminError::Start)?;
    let listener = {
        let _context = runtime.enter();
        tokio::net::TcpListener::from_std(socket).map_err(AdminError::Start)?
    };
    let listener = listener::Bounded::new(listener, CONNECTIONS_MAX, CONNECTION_LIFETIME);
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("admin".to_owned())
        .spawn(move || {
            runtime.spawn(async move { axum::serve(listener, router(health, tap, exporter)).await });
            // The sender is only ever dropped: the error is the sign to stop.
            let _ = runtime.block_on(stopped);
        })
        .map_err(AdminError::Start)?;
    Ok(AdminHandle { address, stop: Some(stop), thread: Some(thread) })
}

fn router(health: Arc<Health>, tap: Arc<Tap>, exporter: Exporter) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(health)
        .route("/metrics", get(metrics))
        .with_state(exporter)
        .route("/tap", get(samples))
        .with_state(tap)
        .merge(page::router())
}

async fn livez(State(health): State<Arc<Health>>) -> impl IntoResponse {
    let stuck = health.stuck();
    let workers: Vec<_> =
        stuck.iter().map(|(worker, still)| json!({"worker": worker, "seconds": still.as_secs()})).collect();
    answer(stuck.is_empty(), json!({"live": stuck.is_empty(), "stuck": workers}))
}

async fn readyz(State(health): State<Arc<Health>>) -> impl IntoResponse {
    let missing = health.missing();
    answer(missing.is_empty(), json!({"ready": missing.is_empty(), "missing": missing}))
}

async fn metrics(State(exporter): State<Exporter>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], exporter.render())
}

/// Samples after the number in `?after=`, a JSON object a line.
async fn samples(State(tap): State<Arc<Tap>>, uri: Uri) -> impl IntoResponse {
    let parameters = uri.query().unwrap_or_default().split('&');
    let after = parameters.filter_map(|pair| pair.strip_prefix("after=")).find_map(|number| number.parse().ok());
    let (status, body) = if tap.is_on() {
        (StatusCode::OK, tap.ask(after.unwrap_or(0)))
    } else {
        (
            StatusCode::NOT_FOUND,
            "off: set admin.tap in the config to the samples a second that may be shown\n".to_owned(),
        )
    };
    (status, [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")], body)
}

fn answer(good: bool, body: serde_json::Value) -> impl IntoResponse {
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;
    use crate::telemetry;

    struct Answer {
        status: u16,
        head: String,
        body: String,
    }

    fn request(address: SocketAddr, method: &str, path: &str) -> Answer {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn open(health: Arc<Health>) -> AdminHandle {
        serve(SocketAddr::from(([127, 0, 0, 1], 0)), health, Arc::new(Tap::new(0)), telemetry::install()).unwrap()
    }

    #[test]
    fn livez_fails_when_a_loop_has_not_turned_for_the_limit_and_recovers() {
        let now_ms = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&now_ms);
        let health = Arc::new(Health::with_clock(2, ["keys"], move || Duration::from_millis(clock.load(Relaxed))));
        let admin = open(Arc::clone(&health));
        let answer = request(admin.address(), "GET", "/livez");
        assert_eq!((answer.status, answer.body.trim()), (200, r#"{"live":true,"stuck":[]}"#));
        now_ms.store(31_000, Relaxed);
        health.worker_turned(0);
        let answer = request(admin.address(), "GET", "/livez");
        assert_eq!(answer.status, 503);
        assert_eq!(answer.body.trim(), r#"{"live":false,"stuck":[{"seconds":31,"worker":1}]}"#);
        health.worker_turned(1);
        assert_eq!(request(admin.address(), "GET", "/livez").status, 200);
    }

    #[test]
    fn readyz_lists_what_is_missing() {
        let health = Arc::new(Health::new(1, ["keys", "worker 0"]));
        let admin = open(Arc::clone(&health));
        health.set_ready("worker 0", true);
        let answer = request(admin.address(), "GET", "/readyz");
        assert_eq!((answer.status, answer.body.trim()), (503, r#"{"missing":["keys"],"ready":false}"#));
        assert!(answer.head.contains("content-type: application/json"));
        health.set_ready("keys", true);
        let answer = request(admin.address(), "GET", "/readyz");
        assert_eq!((answer.status, answer.body.trim()), (200, r#"{"missing":[],"ready":true}"#));
    }

    #[test]
    fn metrics_are_prometheus_text() {
        telemetry::TopicMetrics::new("t-admin", &[]).records_in.increment(4);
        let admin = open(Arc::new(Health::new(0, ["keys"])));
        let answer = request(admin.address(), "GET", "/metrics");
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("content-type: text/plain; version=0.0.4"), "{}", answer.head);
        assert!(answer.body.contains("sluice_input_records_total{topic=\"t-admin\"} 4\n"), "{}", answer.body);
    }

    #[test]
    fn the_port_is_read_only_and_knows_no_other_path() {
        let admin = open(Arc::new(Health::new(0, ["keys"])));
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            assert_eq!(request(admin.address(), method, "/metrics").status, 405, "{method}");
        }
        let head = request(admin.address(), "HEAD", "/livez");
        assert_eq!((head.status, head.body.as_str()), (200, ""));
        assert_eq!(request(admin.address(), "GET", "/config").status, 404);
    }

    #[test]
    fn the_status_page_brings_all_of_its_files_and_may_load_nothing_else() {
        let admin = open(Arc::new(Health::new(0, ["keys"])));
        let page = request(admin.address(), "GET", "/");
        assert_eq!(page.status, 200);
        assert!(page.head.contains("content-security-policy: default-src 'none'; script-src 'self'"), "{}", page.head);
        assert!(!page.body.contains("http"), "the page names an address elsewhere");
        for attribute in ["href=\"", "src=\""] {
            for part in page.body.split(attribute).skip(1) {
                let file = part.split('"').next().expect("split gives a part");
                let ours = !file.starts_with(['#', 'd']);
                let status = |file: &str| request(admin.address(), "GET", &format!("/{file}")).status;
                assert!(!ours || matches!(status(file), 200 | 503), "{file}");
            }
        }
        for script in ["page.js", "draw.js", "metrics.js"] {
            let text = request(admin.address(), "GET", &format!("/{script}")).body;
            for part in text.split("from \"./").skip(1) {
                let file = part.split('"').next().expect("split gives a part");
                assert_eq!(request(admin.address(), "GET", &format!("/{file}")).status, 200, "{script} imports {file}");
            }
        }
    }

    #[test]
    fn samples_are_shown_only_where_the_config_allows_it() {
        let health = Arc::new(Health::new(0, ["keys"]));
        let off = open(Arc::clone(&health));
        let answer = request(off.address(), "GET", "/tap");
        assert_eq!(answer.status, 404);
        assert!(answer.body.contains("admin.tap"), "{}", answer.body);
        let tap = Arc::new(Tap::new(2));
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        let on = serve(local, health, Arc::clone(&tap), telemetry::install()).unwrap();
        assert_eq!(request(on.address(), "GET", "/tap").body, "");
        for value in [b"first", b"other"] {
            let (key, headers) = (None, Vec::new());
            let sample = Sample { topic: "t", partition: 0, timestamp_ms: 0, key, headers, value: Some(value) };
            tap.offer(Flow::Records, &sample);
        }
        let answer = request(on.address(), "GET", "/tap?after=0");
        assert!(answer.body.contains("first") && answer.body.contains("other"), "{}", answer.body);
        let number = answer.body.split("\"number\":").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
        let later = request(on.address(), "GET", &format!("/tap?x=1&after={number}")).body;
        assert!(!later.contains("first") && later.contains("other"), "{later}");
    }

    #[test]
    fn a_taken_address_is_named_with_its_config_field() {
        let admin = open(Arc::new(Health::new(0, ["keys"])));
        let health = Arc::new(Health::new(0, ["keys"]));
        let error =
            serve(admin.address(), health, Arc::new(Tap::new(0)), telemetry::install()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("admin.listen: cannot listen on {}", admin.address())), "{error}");
    }

    #[test]
    fn dropping_the_handle_frees_the_port_though_a_client_dawdles() {
        let admin = open(Arc::new(Health::new(0, ["keys"])));
        let address = admin.address();
        let mut dawdler = TcpStream::connect(address).unwrap();
        dawdler.write_all(b"GET /livez HT").unwrap();
        drop(admin);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn a_connection_is_cut_at_its_deadline_and_gives_its_slot_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _context = runtime.enter();
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        socket.set_nonblocking(true).unwrap();
        let socket = tokio::net::TcpListener::from_std(socket).unwrap();
        let listener = listener::Bounded::new(socket, 1, Duration::from_millis(50));
        let health = Arc::new(Health::new(0, ["keys"]));
        runtime.spawn(async move {
            axum::serve(listener, router(health, Arc::new(Tap::new(0)), telemetry::install())).await
        });
        let (send, answers) = oneshot::channel();
        std::thread::spawn(move || {
            let mut dawdler = TcpStream::connect(address).unwrap();
            dawdler.write_all(b"GET /livez HT").unwrap();
            // The only slot is taken: this one is answered when the dawdler is cut.
            let status = request(address, "GET", "/livez").status;
            let mut rest = Vec::new();
            let _ = dawdler.read_to_end(&mut rest);
            send.send((status, rest)).unwrap();
        });
        let (status, rest) = runtime.block_on(answers).unwrap();
        assert_eq!(status, 200);
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    }
}
