//! Where a file was looked for that is not there: a relative path counts from the current directory, which whoever wrote
//! it into a config may not have in mind.

use std::io::{Error, ErrorKind};
use std::path::Path;

/// What an error about `path` says behind its reason; nothing where the path says it all.
pub fn looked_in(path: &Path, error: &Error) -> String {
    if error.kind() != ErrorKind::NotFound || path.is_absolute() {
        return String::new();
    }
    let known = std::env::current_dir().map_or_else(|_| String::new(), |dir| format!(", {}", dir.display()));
    format!(" (looked for in the current directory{known}; relative paths count from there)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_of_a_relative_path_that_is_not_there_it_is_told_where_it_was_looked_for() {
        let here = std::env::current_dir().expect("a current directory").display().to_string();
        let told = |path: &str, kind| looked_in(Path::new(path), &Error::from(kind));
        assert!(told("keys", ErrorKind::NotFound).contains(&here));
        assert_eq!(told("/no/keys", ErrorKind::NotFound), "");
        assert_eq!(told("keys", ErrorKind::PermissionDenied), "");
    }
}
