//! Lists the entity files under `patterns/entities`, so that the binary carries them and a new file needs no code; and
//! tells which commit is built.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let entities = root.join("patterns").join("entities");
    let mut files = Vec::new();
    collect(&entities, &mut files)?;
    files.sort();

    let mut code = String::from("pub(super) static BUILTIN: &[(&str, &str)] = &[\n");
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        writeln!(code, "    ({name:?}, include_str!({:?})),", file.display().to_string()).expect("a String grows");
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("entities.rs"), code)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=SLUICE_COMMIT={}", commit(&root));
    Ok(())
}

/// The commit that is built, for `sluice_build_info`; `unknown` outside of a checkout.
fn commit(root: &Path) -> String {
    println!("cargo::rerun-if-env-changed=SLUICE_COMMIT");
    if let Ok(given) = env::var("SLUICE_COMMIT") {
        return given;
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("rev-parse").args(arguments).current_dir(root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    // Asked for, since in a worktree it is elsewhere; and a file that is not there would mean a build every time.
    if let Some(head) = git(&["--git-path", "HEAD"]) {
        println!("cargo::rerun-if-changed={head}");
    }
    git(&["--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
}

/// Collects `*.yaml` below `dir`, and asks to be run again when a folder changes.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", dir.display());
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "yaml") {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}
