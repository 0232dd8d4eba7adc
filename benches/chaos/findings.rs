//! What did not hold.

/// Violations, in the order in which they were found.
#[derive(Default)]
pub struct Findings {
    all: Vec<String>,
}

impl Findings {
    /// Notes one, and tells it at once.
    pub fn add(&mut self, what: String) {
        eprintln!("    VIOLATION: {what}");
        self.all.push(what);
    }

    /// Notes one unless `holds`.
    pub fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.add(what());
        }
    }

    /// All of them.
    pub fn all(&self) -> &[String] {
        &self.all
    }
}
