//! Log lines without personal data and mails with some, made by seed: the same on every machine.

use fastrand::Rng;

/// Any number will do; numbers before and after a change of it do not compare.
const SEED: u64 = 4711;

const LEVELS: [&str; 4] = ["INFO", "WARN", "DEBUG", "ERROR"];
const CLASSES: [&str; 6] =
    ["http.Router", "db.Pool", "cache.Store", "jobs.Scheduler", "wallet.Ledger", "games.SlotEngine"];
const ROUTES: [&str; 6] =
    ["/v1/games/list", "/v1/wallet/balance", "/healthz", "/v2/bets", "/assets/app.js", "/v1/sessions"];
const MESSAGES: [&str; 8] = [
    "connection pool exhausted, waiting for a free slot",
    "retrying after transient failure",
    "flushed segment to disk and rotated the index",
    "scheduled job finished without changes",
    "slow query, consider an index on (status, created)",
    "config reloaded, 14 rules active",
    "garbage collection pause within bounds",
    "upstream closed the stream before the response was complete",
];

/// `lines` lines as services write them, with times, ids, versions, counts and hashes, and nobody's data.
pub fn log_lines(lines: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(SEED);
    (0..lines).map(|line| log_line(&mut rng, line)).collect()
}

fn log_line(rng: &mut Rng, line: usize) -> String {
    let time =
        format!("2026-01-05T{:02}:{:02}:{:02}.{:03}Z", line / 3600 % 24, line / 60 % 60, line % 60, rng.u32(0..1000));
    let (level, class, route) = (pick(rng, &LEVELS), pick(rng, &CLASSES), pick(rng, &ROUTES));
    let message = pick(rng, &MESSAGES);
    let (took, bytes, worker) = (rng.u32(1..900), rng.u32(100..90_000), rng.u32(0..16));
    let trace = rng.u64(..);
    match rng.u8(0..6) {
        0 => format!(
            "{time} {level} http request done method=GET route={route} status=200 took={took}ms bytes={bytes} \
             trace={trace:016x} worker={worker}"
        ),
        1 => format!("{time} {level} [{class}] [thread-{worker}] {message}"),
        2 => format!(
            "{{\"ts\":\"{time}\",\"level\":\"{level}\",\"logger\":\"{class}\",\"msg\":\"{message}\",\"took_ms\":{took},\
             \"span\":\"{trace:016x}\"}}"
        ),
        3 => format!("\tat com.arena.{class}.run({class}.java:{took}) ~[arena-{worker}.{took}.1.jar:?]"),
        4 => format!(
            "{level} {time} pod/arena-{worker} version=5.{worker}.{took} uptime={bytes}s heap={took}M/{bytes}K \
             message=\"{message}\""
        ),
        _ => format!(
            "{time} {level} {class} - {message} (attempt {}/5, job {:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}, {took} ms)",
            rng.u32(1..6),
            rng.u32(..),
            rng.u16(..),
            rng.u16(0..0xfff),
            rng.u16(0..0xfff),
            rng.u64(..) >> 16,
        ),
    }
}

const OPENINGS: [[&str; 3]; 3] = [
    ["Hej support,", "Kære alle,", "Goddag,"],
    ["Hi team,", "Dear support,", "Hello,"],
    ["Halo tim,", "Yth. layanan pelanggan,", "Selamat siang,"],
];
const SENTENCES: [[&str; 6]; 3] = [
    [
        "Jeg kan ikke logge ind på min konto, siden I opdaterede appen i tirsdags.",
        "Når jeg trykker på knappen, kommer der bare en hvid skærm, og så sker der ikke mere.",
        "Jeg har prøvet både på telefonen og på computeren, og det er det samme begge steder.",
        "Kan I ikke se på det, for jeg skal bruge pengene før weekenden?",
        "Det er tredje gang jeg skriver om det, og jeg har endnu ikke fået et svar.",
        "På forhånd tak for hjælpen, jeg håber at høre fra jer snart.",
    ],
    [
        "I have not been able to sign in since the update of the app on Tuesday.",
        "Whenever I press the button I get a blank page, and after a minute it says that something went wrong.",
        "I tried it on the phone and on the computer, with the same result on both.",
        "Could you please have a look, as I need the money before the weekend?",
        "This is the third time that I am writing about it, and nobody has answered yet.",
        "Thank you in advance, I hope to hear from you soon.",
    ],
    [
        "Saya tidak bisa masuk ke akun sejak aplikasi diperbarui hari Selasa.",
        "Setiap kali saya tekan tombolnya, layar menjadi putih dan tidak terjadi apa-apa.",
        "Saya sudah coba di ponsel dan di komputer, hasilnya sama saja.",
        "Mohon segera diperiksa karena saya perlu dananya sebelum akhir pekan.",
        "Ini sudah ketiga kalinya saya menulis tentang hal ini dan belum ada jawaban.",
        "Terima kasih sebelumnya, saya tunggu kabar baiknya.",
    ],
];
const CLOSINGS: [&str; 3] = ["Med venlig hilsen", "Kind regards", "Hormat kami"];
const NAMES: [[&str; 3]; 3] = [
    ["Anne Larsen", "Søren Kjær", "Mette Østergaard"],
    ["John Baker", "Emily Stone", "Peter Hill"],
    ["Siti Rahma", "Budi Santoso", "Dewi Puspita"],
];

/// `mails` mail bodies in Danish, English and Indonesian: prose, and in every mail an address and a phone number. All
/// people are invented.
pub fn mails(mails: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(SEED);
    (0..mails).map(|mail| mail_body(&mut rng, mail % 3)).collect()
}

fn mail_body(rng: &mut Rng, language: usize) -> String {
    let mut body = format!("{}\n\n", pick(rng, &OPENINGS[language]));
    for paragraph in 0..rng.usize(2..5) {
        for _ in 0..rng.usize(2..6) {
            body.push_str(pick(rng, &SENTENCES[language]));
            body.push(' ');
        }
        if paragraph == 0 {
            let address = format!("user{}@example.org", rng.u32(100..100_000));
            let phone = match language {
                0 => format!("+45 {} {} {} {}", rng.u32(20..99), rng.u32(10..99), rng.u32(10..99), rng.u32(10..99)),
                1 => format!("+44 20 7946 {:04}", rng.u32(0..9999)),
                _ => format!("0812-{:04}-{:04}", rng.u32(0..9999), rng.u32(0..9999)),
            };
            body.push_str(&format!("({address}, {phone}; case {}) ", rng.u32(10_000..99_999)));
        }
        body.push_str("\n\n");
    }
    body.push_str(&format!("{}\n{}\n", CLOSINGS[language], pick(rng, &NAMES[language])));
    body
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(0..from.len())]
}

/// What a search may begin at, again and again, with an end that never comes: each line once made the search look to its end for
/// every few bytes of it.
const MOTIFS: [&str; 24] = [
    "name=",
    "_key=",
    "key:",
    "=eyJlbWFpbCI1",
    ".eyJzdWIiOiI",
    "_session=eyJpdiI",
    "GITHUB_TOKEN=",
    "password=***",
    "password=required,",
    "pass-",
    "Cookie: ",
    "Set-Cookie:",
    ", address=Jl",
    "alamat : Jl",
    ": \" pw",
    ":\"otp",
    "-Signature=",
    "{\"a\":\"b@example.com\"} ",
    "From: a ",
    "\u{2079} \u{2070} \u{2070} \u{2070} ",
    "github_pat_",
    "VALUES (1,",
    "<name>Ann",
    "4111 **** ",
];

/// Lines of so many bytes that are nothing but one thing a search begins at.
pub fn hostile(bytes: usize) -> Vec<String> {
    MOTIFS.iter().map(|motif| motif.repeat(bytes / motif.len())).collect()
}
