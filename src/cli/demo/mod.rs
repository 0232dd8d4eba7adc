//! `sluice demo`.

pub mod generate;
mod people;
