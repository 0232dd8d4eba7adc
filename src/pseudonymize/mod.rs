//! pseudonymize
