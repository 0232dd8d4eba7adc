//! Changed rules while the service runs: the config and the files of its pattern directories are polled by content,
//! checked whole, and taken over or refused; what is refused changes nothing.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::plan::Plan;
use crate::config::{self, Loaded, Secrets};
use crate::detect::Catalog;

/// What may change while the service runs; the rest is wired into clients, threads and tokens.
pub const CHANGEABLE: [&str; 2] = ["patterns", "fields"];

/// Watches the files that the rules came from.
pub struct Reload {
    /// The config whose rules run.
    loaded: Loaded,
    /// Content that the rules which run were made of.
    running: u64,
    /// Content that was taken over or refused last.
    handled: u64,
    /// Other content that was seen at the last look: a file may be half written, so it must be the same twice.
    candidate: Option<u64>,
}

impl Reload {
    /// Watches the files of `loaded`. Call it before the rules are compiled: a change in between is seen then.
    pub fn new(loaded: &Loaded) -> Reload {
        let mut reload = Reload { loaded: loaded.clone(), running: 0, handled: 0, candidate: None };
        reload.running = reload.fingerprint(Some(loaded.yaml()));
        reload.handled = reload.running;
        reload
    }

    /// Looks once. `None`: nothing to do; otherwise the new plan, or why the changed files are refused.
    pub fn poll(&mut self, running: &Plan) -> Option<Result<Plan, String>> {
        let now = self.fingerprint(None);
        if now == self.handled {
            self.candidate = None;
            return None;
        }
        if self.candidate != Some(now) {
            self.candidate = Some(now);
            return None;
        }
        self.candidate = None;
        let result = self.load(running);
        // Changed again while it was read: what was read may be a mixture, and the next look decides.
        if self.fingerprint(None) != now {
            return None;
        }
        self.handled = now;
        Some(result.map(|(loaded, plan)| {
            (self.loaded, self.running) = (loaded, now);
            plan
        }))
    }

    /// A name for the config and patterns that run: the same in every process of this version that has the same files.
    pub fn digest(&self) -> String {
        format!("{:016x}", self.running)
    }

    fn load(&self, running: &Plan) -> Result<(Loaded, Plan), String> {
        // No secret is read again: nothing that needs one may change.
        let loaded = config::load(Path::new(self.loaded.origin()), Secrets::Skip).map_err(|error| error.to_string())?;
        let fixed = changed_fields(&self.loaded, &loaded);
        if !fixed.is_empty() {
            let can = CHANGEABLE.join("` and `");
            return Err(format!(
                "{}: `{}` cannot change while the service runs: restart it; only `{can}` can",
                loaded.origin(),
                fixed.join("`, `")
            ));
        }
        let plan = running.renewed(&loaded).map_err(|error| error.to_string())?;
        Ok((loaded, plan))
    }

    /// A hash of all that the rules are made of; of what cannot be read, its error. `yaml`: the config's text, where it
    /// is known.
    fn fingerprint(&self, yaml: Option<&str>) -> u64 {
        let mut hasher = DefaultHasher::new();
        let mut add = |content: io::Result<Vec<u8>>| match content {
            Ok(bytes) => {
                hasher.write_usize(bytes.len());
                hasher.write(&bytes);
            }
            Err(error) => hasher.write(format!("unreadable: {:?}", error.kind()).as_bytes()),
        };
        let origin = self.loaded.origin();
        if !origin.starts_with("profile:") {
            add(yaml.map_or_else(|| fs::read(origin), |yaml| Ok(yaml.as_bytes().to_vec())));
        }
        for directory in &self.loaded.spec.patterns.directories {
            let files = Catalog::files(directory).unwrap_or_else(|error| {
                add(Err(error));
                Vec::<PathBuf>::new()
            });
            for file in files {
                add(Ok(file.as_os_str().as_encoded_bytes().to_vec()));
                add(fs::read(&file));
            }
        }
        for list in &self.loaded.spec.patterns.lists {
            add(fs::read(&list.file));
        }
        hasher.finish()
    }
}

/// The fields, to the second level, that differ and must not.
fn changed_fields(old: &Loaded, new: &Loaded) -> Vec<String> {
    let value = |loaded: &Loaded| serde_json::to_value(&loaded.spec).unwrap_or(Value::Null);
    let (old, new) = (value(old), value(new));
    let mut changed = Vec::new();
    for (name, old) in old.as_object().into_iter().flatten().filter(|(name, _)| !CHANGEABLE.contains(&name.as_str())) {
        let new = &new[name];
        match (old.as_object(), new.as_object()) {
            _ if old == new => {}
            (Some(members), Some(_)) => {
                let differ = members.keys().filter(|member| old[*member] != new[*member]);
                changed.extend(differ.map(|member| format!("{name}.{member}")));
            }
            _ => changed.push(name.clone()),
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::sync::Arc;

    use super::*;
    use crate::pseudonymize::{KeyRing, SharedRing};

    struct Bed {
        folder: tempfile::TempDir,
        reload: Reload,
        plan: Plan,
    }

    impl Bed {
        /// A mounted ConfigMap: `sluice.yaml` is a link through `..data` to the folder of a version.
        fn new(yaml: &str) -> Bed {
            let folder = tempfile::tempdir().expect("a folder");
            symlink("..data/sluice.yaml", folder.path().join("sluice.yaml")).expect("a link");
            fs::create_dir(folder.path().join("patterns")).expect("a folder");
            swap(folder.path(), yaml);
            let loaded = config::load(&folder.path().join("sluice.yaml"), Secrets::Skip).expect("valid");
            let ring = Arc::new(SharedRing::fixed(KeyRing::throwaway().expect("a ring")));
            let reload = Reload::new(&loaded);
            Bed { reload, plan: Plan::compile(&loaded, ring).expect("compiles"), folder }
        }

        /// What comes of looking until something does, or of looking in vain.
        fn look(&mut self) -> Option<Result<Plan, String>> {
            (0..3).find_map(|_| self.reload.poll(&self.plan))
        }
    }

    /// Swaps the version as the kubelet does: another folder, and the link renamed over the old one.
    fn swap(folder: &Path, yaml: &str) {
        let version = (0..).map(|n| format!("..version{n}")).find(|n| !folder.join(n).exists()).expect("a free name");
        fs::create_dir(folder.join(&version)).expect("a folder");
        fs::write(folder.join(&version).join("sluice.yaml"), yaml).expect("a file");
        symlink(&version, folder.join("..data_tmp")).expect("a link");
        fs::rename(folder.join("..data_tmp"), folder.join("..data")).expect("a link");
    }

    #[test]
    fn a_swapped_config_is_taken_over_once_and_only_when_it_was_the_same_twice() {
        let mut bed = Bed::new("fields: []\n");
        assert!(bed.look().is_none());
        swap(bed.folder.path(), "fields: [{name: nick, action: redact}]\n");
        let before = bed.reload.digest();
        assert!(bed.reload.poll(&bed.plan).is_none(), "it may be half written");
        assert!(bed.reload.poll(&bed.plan).expect("a change").is_ok());
        assert_ne!(bed.reload.digest(), before);
        assert!(bed.look().is_none());
        // The same content again is no change, however the link moves.
        swap(bed.folder.path(), "fields: [{name: nick, action: redact}]\n");
        assert!(bed.look().is_none());
    }

    #[test]
    fn what_is_bad_is_refused_once_with_its_line_and_a_better_one_is_taken() {
        let mut bed = Bed::new("fields: []\n");
        let running = bed.reload.digest();
        for (yaml, says) in [
            ("fields:\n- {name: nick, entity: emial}\n", "sluice.yaml:2:"),
            ("fields: [\n", "sluice.yaml:"),
            ("kafka: {group: other}\nworkers: 3\n", "`kafka.group`, `workers` cannot change"),
            ("patterns: {disable: [nothing]}\n", "unknown entity `nothing`"),
        ] {
            swap(bed.folder.path(), yaml);
            let error = bed.look().expect("a change").err().expect("refused");
            assert!(error.contains(says), "{yaml}: {error}");
            assert!(bed.look().is_none(), "told once: {yaml}");
            assert_eq!(bed.reload.digest(), running, "the old one runs: {yaml}");
        }
        fs::remove_file(bed.folder.path().join("..data")).expect("gone");
        assert!(bed.look().expect("a change").err().expect("refused").contains("cannot read"));
        swap(bed.folder.path(), "patterns: {states: {email: off}}\n");
        assert!(bed.look().expect("a change").is_ok());
    }

    #[test]
    fn keys_salts_and_the_suppression_list_outlive_a_change() {
        let mut bed = Bed::new("fields: []\n");
        swap(bed.folder.path(), "fields: [{name: nick, action: redact}]\n");
        let plan = bed.look().expect("a change").expect("taken");
        assert!(Arc::ptr_eq(&plan.ring, &bed.plan.ring));
        assert!(Arc::ptr_eq(&plan.salts, &bed.plan.salts));
        assert!(Arc::ptr_eq(&plan.suppression, &bed.plan.suppression));
    }

    #[test]
    fn files_of_pattern_directories_are_watched_by_content() {
        let mut bed = Bed::new("fields: []\n");
        let directory = bed.folder.path().join("patterns");
        let other = "entity: other_no\ntoken: oth\nform: text\nfields: [other_no]\n";
        fs::write(directory.join("other_no.yaml"), other).expect("a file");
        swap(bed.folder.path(), &format!("patterns: {{directories: [{directory:?}]}}\n"));
        assert!(bed.look().expect("a change").is_ok());
        let entity =
            "entity: customer_no\ntoken: cus\nform: text\npatterns: [{regex: 'C-\\d{7}'}]\nexamples: [C-1234567]\n";
        fs::write(directory.join("customer_no.yaml"), entity).expect("a file");
        let plan = bed.look().expect("a change").expect("taken");
        assert!(plan.find_entity("customer_no").is_some());
        fs::write(directory.join("customer_no.yaml"), entity.replace("C-1234567", "X-1234567")).expect("a file");
        let error = bed.look().expect("a change").err().expect("refused");
        assert!(error.contains("customer_no.yaml:5"), "{error}");
        fs::remove_file(directory.join("customer_no.yaml")).expect("gone");
        assert!(bed.look().expect("a change").expect("taken").find_entity("customer_no").is_none());
    }
}
