//! The rules of this house, read from its sources: who may import whom, how a file looks, and that what the documents
//! say is so. `make house` runs them.

/// Text of documents: code blocks, words in back quotes.
mod documents;
/// Import rules; ARCHITECTURE.md tells why they are.
mod imports;
/// What code is left of a source file without comments, literals and tests.
mod source;
/// Files, functions and dependencies.
mod style;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder of the package.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A text file of the package.
fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file below `folder` with its text, by its path from the package's root, in order.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                files.push((name.clone(), text_of(&name)));
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no source in {folder}");
    files
}
