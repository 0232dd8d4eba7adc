//! The status page at `/`: five files in the binary, nothing from elsewhere.
//!
//! The page reads `/metrics` and `/readyz` and draws them, so there is no second source of numbers that could differ,
//! and nothing on it that `/metrics` would not show: labels and numbers, never a value.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;

/// Nothing but our own files and our own port; no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Path, type and text of each file.
const FILES: [(&str, &str, &str); 5] = [
    ("/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/page.css", "text/css; charset=utf-8", include_str!("page/page.css")),
    ("/page.js", "text/javascript; charset=utf-8", include_str!("page/page.js")),
    ("/draw.js", "text/javascript; charset=utf-8", include_str!("page/draw.js")),
    ("/metrics.js", "text/javascript; charset=utf-8", include_str!("page/metrics.js")),
];

/// Routes of the page.
pub(super) fn router() -> Router {
    let files = FILES.into_iter();
    files.fold(Router::new(), |router, (path, kind, text)| router.route(path, get(move || page(kind, text))))
}

async fn page(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
