//! What tells a version of four numbers from an address: a product before it, a release or a file's ending behind it.

use std::sync::LazyLock;

use crate::detect::anchored::words::{Words, is_in};
use crate::detect::groups::Group;

/// Products and things that have versions: behind one of these a number is a version unless it looks like an address.
static PRODUCTS: LazyLock<Words> = LazyLock::new(|| PRODUCT_WORDS.split_ascii_whitespace().collect());

const PRODUCT_WORDS: &str = "\
    nginx apache httpd openssl openssh chrome chromium firefox safari edge edg opera webkit applewebkit mozilla \
    gecko android ios ipados macos windows win linux ubuntu debian kernel java jdk python php node nodejs ruby rust \
    mysql mariadb postgres postgresql redis kafka mongodb elasticsearch tomcat jetty sdk api app apk aplikasi image \
    lib plugin module package paket pakke docker k8s kubernetes okhttp curl wget dart flutter miui hyperos coloros \
    oxygenos emui harmonyos nuget unity unreal oracle office teams skype zoom whatsapp telegram photoshop acrobat \
    adobe arenaplay envoy istio grafana terraform ansible helm containerd runc celery hibernate tomee wildfly log4j \
    logback jackson keycloak jenkins gitlab sonarqube dotnetcore blazor electron cordova ionic react angular vue \
    svelte django flask fastapi laravel symfony composer npm yarn pip maven gradle cmake bazel golang kotlin swift \
    webview vscode xcode powershell busybox alpine centos rhel fedora virtualbox qemu hyperv";

/// What no address ever stands behind: its numbers are versions, of whatever size.
const RUNTIMES: &[&[u8]] = &[
    b"dotnet",
    b"net",
    b"aspnetcore",
    b"netcore",
    b"jdk",
    b"jre",
    b"gcc",
    b"glibc",
    b"libc",
    b"openssl",
    b"libssl",
    b"v",
    b"ver",
    b"firmware",
    b"fw",
];

/// What stands with a dash before a version: `build-10.4.2.1`.
const BUILDS: &[&[u8]] = &[b"build", b"release", b"rel", b"rev"];

/// Words before a `/` that speak of addresses.
const ADDRESSES: &[&[u8]] = &[b"ip", b"ips", b"ipv4", b"host", b"hosts", b"addr", b"from", b"client", b"src", b"to"];

/// First parts of addresses are larger, mostly.
const FIRST_OF_VERSION_MAX: u32 = 30;

/// `Chrome/126.0.0.0`, `nginx 1.25.3.1`, `app:1.0.0.1`: a product and its version. What has a part of three digits, or is
/// private, is an address all the same, except behind the `/` of a product's name. `worker-3/36.72.214.9:5701` and
/// `DESKTOP-BN/87.49.12.201` are hosts with their addresses.
pub(super) fn is_product(bytes: &[u8], quad: &[Group]) -> bool {
    let start = quad[0].start as usize;
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+');
    if let Some(name_end) = start.checked_sub(1).filter(|&i| bytes[i] == b'/') {
        let name_start = bytes[..name_end].iter().rposition(|b| !part(b)).map_or(0, |i| i + 1);
        let name = &bytes[name_start..name_end];
        let in_path = name_start > 0 && matches!(bytes[name_start - 1], b'/' | b':' | b'@' | b'%');
        let of_address = ADDRESSES.iter().any(|word| name.eq_ignore_ascii_case(word));
        let named = name.iter().any(u8::is_ascii_alphabetic) && !in_path && !of_address && !name.contains(&b'.');
        return named && !has_port(bytes, quad) && is_version_of(name, bytes, quad, name_start);
    }
    let signs = bytes[..start].iter().rev().take(3).take_while(|b| b" :=-_@(\"'".contains(b)).count();
    let head = &bytes[..start - signs];
    let name = &head[head.len() - head.iter().rev().take(16).take_while(|b| b.is_ascii_alphanumeric()).count()..];
    let built = || {
        let dashed = signs == 1 && matches!(bytes[start - 1], b'-' | b'_');
        let named = bytes.get(quad[3].end as usize) == Some(&b'.');
        dashed && !named && BUILDS.iter().any(|word| name.eq_ignore_ascii_case(word))
    };
    let shared = || head.ends_with(b".so.") && signs == 0;
    let pinned = || is_pinned(&bytes[..start], name, signs) || is_tag(&bytes[..start]);
    if is_small(bytes, quad) && (built() || shared() || pinned()) {
        return true;
    }
    // `ssh build@83.92.14.7`
    let signs = if bytes[..start].ends_with(b"@") && !is_of_products(name) { 0 } else { signs };
    if signs > 0 && RUNTIMES.iter().any(|word| name.eq_ignore_ascii_case(word)) && quad[0].len() < 3 {
        return true;
    }
    // `nginx: 8.8.8.8 - - [10/Oct…`: a line of its log.
    let logged = bytes[quad[3].end as usize..].starts_with(b" - ");
    let known = signs > 0 && !logged && is_of_products(name);
    let small = || is_first_small(bytes, quad) && !has_port(bytes, quad) && is_like_version(bytes, quad);
    known && (small() || is_rounded(bytes, quad)) || is_listed(bytes, quad)
}

/// `boto3-1.34.52.1 psycopg-3.1.18`, as packages are listed: the word beside it is a name, a dash and a version, too.
fn is_listed(bytes: &[u8], quad: &[Group]) -> bool {
    const WORD_BYTES_MAX: usize = 48;
    let sign = |b: &&u8| b.is_ascii_alphanumeric() || b"._-".contains(b);
    let (start, end) = (quad[0].start as usize, quad[3].end as usize);
    if start < 2 || bytes[start - 1] != b'-' || !is_first_small(bytes, quad) || !is_like_version(bytes, quad) {
        return false;
    }
    let left = bytes[..start].iter().rev().take(WORD_BYTES_MAX).take_while(sign).count();
    let before = bytes[..start - left].trim_ascii_end();
    let before = before.strip_suffix(b",").unwrap_or(before);
    let before = &before[before.len() - before.iter().rev().take(WORD_BYTES_MAX).take_while(sign).count()..];
    let behind = bytes[end..].strip_prefix(b",").unwrap_or(&bytes[end..]).trim_ascii_start();
    let behind = &behind[..behind.iter().take(WORD_BYTES_MAX).take_while(sign).count()];
    is_package(before) || is_package(behind)
}

/// `psycopg-3.1.18`: a name, a dash, and a version of two or three numbers.
fn is_package(word: &[u8]) -> bool {
    let Some(dash) = word.iter().rposition(|&b| b == b'-') else { return false };
    let (name, version) = (&word[..dash], &word[dash + 1..]);
    let mut parts = version.split(|&b| b == b'.');
    let numbers =
        parts.by_ref().take(3).filter(|part| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit));
    numbers.count() >= 2 && parts.next().is_none() && name.first().is_some_and(u8::is_ascii_alphabetic)
}

fn is_of_products(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(|name| is_in(&PRODUCTS, name))
}

/// `image registry/app:10.4.2.1`: the tag of an image.
fn is_tag(head: &[u8]) -> bool {
    let Some(head) = head.strip_suffix(b":") else { return false };
    let part = |b: &&u8| b.is_ascii_alphanumeric() || b"._-/".contains(b);
    let (before, name) = head.split_at(head.len() - head.iter().rev().take(96).take_while(part).count());
    let before = before.trim_ascii_end();
    let before = before.strip_suffix(b":").or(before.strip_suffix(b"=")).unwrap_or(before);
    let word = before.len().checked_sub(b"image".len()).map_or(&b""[..], |at| &before[at..]);
    name.contains(&b'/') && word.eq_ignore_ascii_case(b"image")
}

/// `requests==2.31.0.1`: a version that is asked for. Filters compare addresses so, too: `ip.src==10.0.0.5`.
fn is_pinned(head: &[u8], name: &[u8], signs: usize) -> bool {
    const PACKAGES: [&[u8]; 5] = [b"package", b"pkg", b"lib", b"module", b"plugin"];
    signs == 2 && head.ends_with(b"==") && PACKAGES.iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// Whether what stands behind `name/` is its version: of a known product always.
fn is_version_of(name: &[u8], bytes: &[u8], quad: &[Group], name_start: usize) -> bool {
    let head = name.split(|b| matches!(b, b'-' | b'_' | b'+')).next().unwrap_or(name);
    let known = |list: &[&[u8]]| list.iter().any(|word| head.eq_ignore_ascii_case(word));
    is_of_products(head)
        || known(RUNTIMES)
        || is_rounded(bytes, quad)
        || is_in_user_agent(bytes, name_start, quad[3].end as usize)
        || is_first_small(bytes, quad) && is_like_version(bytes, quad)
}

/// Whether the word before or behind is a product with a version, too, or what it runs on follows: `Mozilla/5.0 … YaBrowser/24.6.1.766 Safari/537.36`.
fn is_in_user_agent(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_product = |word: &[u8]| {
        let slash = word.iter().position(|&b| b == b'/').filter(|&at| word[..at].iter().all(u8::is_ascii_alphabetic));
        slash.is_some_and(|at| at > 1 && word.get(at + 1).is_some_and(u8::is_ascii_digit))
    };
    let behind = bytes[end..].strip_prefix(b" ").and_then(|rest| rest.split(|&b| b == b' ').next());
    let before = bytes[..start].strip_suffix(b" ").and_then(|head| head.rsplit(|&b| b == b' ').next());
    bytes[end..].starts_with(b" (")
        || behind.is_some_and(is_product)
        || before.is_some_and(|word| is_product(word) || word.ends_with(b")"))
}

/// Whether a port follows: versions have none.
fn has_port(bytes: &[u8], quad: &[Group]) -> bool {
    matches!(bytes[quad[3].end as usize..], [b':', digit, ..] if digit.is_ascii_digit())
}

/// Endings of packages, in whose names stand versions alone, and of archives, in whose names may stand a host.
const PACKAGES: [&[u8]; 14] =
    [b"jar", b"war", b"ear", b"deb", b"rpm", b"apk", b"aab", b"ipa", b"whl", b"gem", b"nupkg", b"dll", b"so", b"msi"];
const ARCHIVES: [&[u8]; 12] =
    [b"zip", b"gz", b"tgz", b"xz", b"bz2", b"zst", b"7z", b"tar", b"exe", b"dmg", b"pkg", b"js"];

/// `1.2.3.4rc1`, `1.2.3.4-beta`, `1.2.3.4-SNAPSHOT`, `foo-1.2.3.4.jar`, `foo_1.2.3.4_amd64.deb`: a version.
pub(super) fn is_release(bytes: &[u8], quad: &[Group]) -> bool {
    const WORDS: [&[u8]; 12] =
        [b"a", b"alpha", b"b", b"beta", b"dev", b"final", b"ga", b"post", b"pre", b"rc", b"release", b"snapshot"];
    let rest = &bytes[quad[3].end as usize..];
    let word = rest.strip_prefix(b"-").or(rest.strip_prefix(b"+")).unwrap_or(rest);
    let len = word.iter().take(9).take_while(|b| b.is_ascii_alphabetic()).count();
    if WORDS.iter().any(|known| word[..len].eq_ignore_ascii_case(known)) {
        return true;
    }
    let name = rest.iter().take(48).take_while(|b| b.is_ascii_alphanumeric() || b"._+-".contains(b)).count();
    let name = rest[..name].strip_suffix(b".").unwrap_or(&rest[..name]);
    let ending = name.iter().rposition(|&b| b == b'.').map_or(&b""[..], |dot| &name[dot + 1..]);
    let ends = |list: &[&[u8]]| list.iter().any(|known| ending.eq_ignore_ascii_case(known));
    let joined = matches!(bytes[..quad[0].start as usize], [.., b'-' | b'_']);
    let built = || {
        let head = &bytes[..(quad[0].start as usize).saturating_sub(1)];
        let word = &head[head.len() - head.iter().rev().take(8).take_while(|b| b.is_ascii_alphabetic()).count()..];
        BUILDS.iter().any(|known| word.eq_ignore_ascii_case(known))
    };
    joined && is_small(bytes, quad) && (ends(&PACKAGES) || ends(&ARCHIVES) && built())
        || is_like_version(bytes, quad) && (ends(&PACKAGES) || ends(&ARCHIVES))
}

/// No part of three digits, and the first as of a version: `10.4.2.1` may be one where all else speaks for it.
fn is_small(bytes: &[u8], quad: &[Group]) -> bool {
    is_first_small(bytes, quad) && quad.iter().all(|g| g.len() < 3)
}

fn is_first_small(bytes: &[u8], quad: &[Group]) -> bool {
    let first = &bytes[quad[0].start as usize..quad[0].end as usize];
    first.iter().fold(0, |n, b| 10 * n + u32::from(b - b'0')) < FIRST_OF_VERSION_MAX
}

/// No part of three digits, and none of the private networks: `10.0.0.5` behind `nginx` is an address.
fn is_like_version(bytes: &[u8], quad: &[Group]) -> bool {
    let value = |g: &Group| &bytes[g.start as usize..g.end as usize];
    let private = match (value(&quad[0]), value(&quad[1])) {
        (b"10" | b"127", _) => true,
        (b"172", second) => (&b"16"[..]..=b"31").contains(&second),
        (b"192", second) => second == b"168",
        _ => false,
    };
    !private && quad.iter().all(|g| g.len() < 3)
}

/// `126.0.0.0`: nobody's address, and what browsers say of their version.
fn is_rounded(bytes: &[u8], quad: &[Group]) -> bool {
    quad[1..].iter().all(|g| &bytes[g.start as usize..g.end as usize] == b"0")
}
