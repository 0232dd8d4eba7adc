//! A bench for rules: events by hand, and what a rule says of them.
