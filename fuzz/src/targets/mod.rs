//! The targets, each a function that takes any bytes.

mod canonical;
mod config;
mod decode;
mod detect;
mod rewrite;
mod scrub;
mod view;

pub use canonical::run as canonical;
pub use config::run as config;
pub use decode::run as decode;
pub use detect::run as detect;
pub use rewrite::run as rewrite;
pub use scrub::run as scrub;
pub use view::run as view;

/// A target.
pub type Target = fn(&[u8]);

/// All of them by name.
pub const ALL: [(&str, Target); 7] = [
    ("canonical", canonical),
    ("config", config),
    ("decode", decode),
    ("detect", detect),
    ("rewrite", rewrite),
    ("scrub", scrub),
    ("view", view),
];

/// Two inputs in one: its first two bytes say where the second begins.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let Some((&[high, low], rest)) = data.split_first_chunk() else { return (&[], data) };
    rest.split_at(usize::from(u16::from_be_bytes([high, low])) % (rest.len() + 1))
}
