//! Certificates for a broker, made anew for every test by Java's `keytool`, which is there wherever Kafka runs.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Of all key stores; they hold nothing but these keys and are gone with the test.
pub const PASSWORD: &str = "no-secret";

/// The broker's key and certificate chain (PKCS12).
pub fn keystore(dir: &Path) -> PathBuf {
    dir.join("broker.p12")
}

/// The certificate of the broker's authority (PEM).
pub fn authority(dir: &Path) -> PathBuf {
    dir.join("authority.pem")
}

/// Makes an authority and a broker's certificate for `localhost` from it.
pub fn make_broker(dir: &Path) {
    make_authority(dir);
    let (request, certificate) = (dir.join("broker.csr"), dir.join("broker.pem"));
    let text = |path: &Path| path.display().to_string();
    make_key(dir, "broker", "CN=localhost", "san=dns:localhost");
    keytool(dir, "broker", &["-certreq", "-file", &text(&request)]);
    let extension = ["-ext", "san=dns:localhost"];
    let files = ["-infile", &text(&request), "-outfile", &text(&certificate)];
    keytool(dir, "authority", &[&["-gencert", "-rfc", "-validity", "2"], &extension[..], &files[..]].concat());
    // The chain: the authority first, else the answer to the request is not believed.
    keytool_as(dir, "broker", "authority", &["-importcert", "-noprompt", "-file", &text(&authority(dir))]);
    keytool(dir, "broker", &["-importcert", "-noprompt", "-file", &text(&certificate)]);
}

/// Makes an authority; its certificate is [`authority`].
pub fn make_authority(dir: &Path) {
    make_key(dir, "authority", "CN=Test authority", "bc:c");
    keytool(dir, "authority", &["-exportcert", "-rfc", "-file", &authority(dir).display().to_string()]);
}

fn make_key(dir: &Path, store: &str, name: &str, extension: &str) {
    let key = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"];
    keytool(dir, store, &[&["-genkeypair", "-dname", name, "-ext", extension], &key[..]].concat());
}

fn keytool(dir: &Path, store: &str, arguments: &[&str]) {
    keytool_as(dir, store, store, arguments);
}

fn keytool_as(dir: &Path, store: &str, alias: &str, arguments: &[&str]) {
    let mut command = Command::new("keytool");
    command.args(arguments).args(["-alias", alias, "-storetype", "PKCS12", "-storepass", PASSWORD]);
    command.arg("-keystore").arg(dir.join(format!("{store}.p12")));
    let out = command.output().expect("run keytool, which comes with Java");
    assert!(out.status.success(), "keytool {}: {}", arguments[0], String::from_utf8_lossy(&out.stdout));
}
