//! Sentences, log lines, mails and records with slots, in three languages and in none (`-`).
//!
//! A slot is `{{kind}}`; the first one of a template is what it is about. Other slots are personal data too.

use sluice::config::Format;

/// A template, read.
pub struct Template {
    /// What it is about.
    pub label: &'static str,
    /// Its language.
    pub language: &'static str,
    /// What it is: `text`, `mail`, `log`, `fields`.
    pub form: &'static str,
    /// What the event is.
    pub format: Format,
    /// Text and slots.
    pub parts: Vec<Part>,
}

/// A part of a template.
pub enum Part {
    /// As it stands.
    Text(&'static str),
    /// A value of this kind.
    Slot(&'static str),
}

/// All templates.
pub fn all() -> Vec<Template> {
    let text = TEXTS.iter().map(|&(language, form, text)| read(language, form, Format::Text, text));
    text.chain(RECORDS.iter().map(|&(language, text)| read(language, "fields", Format::Json, text))).collect()
}

fn read(language: &'static str, form: &'static str, format: Format, text: &'static str) -> Template {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        // A closing brace of JSON may stand right behind the slot: the first `}}` ends it.
        let (slot, tail) = after.split_once("}}").unwrap_or_else(|| panic!("a slot does not end: {text}"));
        parts.extend([Part::Text(before), Part::Slot(slot)]);
        rest = tail;
    }
    parts.push(Part::Text(rest));
    let first = parts.iter().find_map(|part| match part {
        Part::Slot(kind) => Some(super::values::label_of(kind)),
        Part::Text(_) => None,
    });
    Template { label: first.expect("a template has a slot"), language, form, format, parts }
}

/// Language, form, text.
const TEXTS: &[(&str, &str, &str)] = &[
    // E-mail
    ("id", "text", "Tolong balas ke {{email}} ya kak, terima kasih"),
    ("id", "text", "Email saya {{email}}, sudah saya ganti kemarin."),
    ("da", "text", "Skriv til {{email}}, hvis I har spørgsmål."),
    ("da", "text", "Min e-mail er {{email}} og jeg har ikke fået svar"),
    ("en", "text", "please contact {{email}} about the refund"),
    ("en", "text", "my address is {{email:words}}, write any time"),
    ("-", "log", "2026-11-22T10:15:32Z INFO mailer queued to=<{{email}}> status=250"),
    ("-", "log", "PUT /v1/users/{{email}}/limits 200 12ms"),
    // IP
    ("id", "text", "Ada login dari {{ip}} yang bukan saya"),
    ("da", "text", "Der blev logget ind fra {{ip}} i nat"),
    ("en", "text", "blocked after 5 failures from {{ip}} this morning"),
    (
        "-",
        "log",
        "{{ip:v4}} - - [22/Nov/2026:10:15:32 +0000] \"GET /index.html HTTP/1.1\" 200 2326 \"-\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0.6478.127 Safari/537.36\"",
    ),
    ("-", "log", "reverse lookup {{ip:host}}.static.example.net took 12 ms"),
    ("-", "log", "src={{ip}} action=deny rule=42"),
    // Phone
    ("id", "text", "No HP saya {{phone}} mohon dihubungi"),
    ("id", "text", "hubungi {{phone}} sebelum jam 17.00"),
    ("id", "text", "chat admin di https://wa.me/{{phone:number}} ya"),
    ("da", "text", "Ring til mig på tlf. {{phone}} efter kl. 16"),
    ("da", "text", "Mit telefonnummer er {{phone}}."),
    ("en", "text", "call me at {{phone}} tomorrow"),
    ("en", "text", "Our office line is {{phone:clear}}, weekdays only"),
    ("-", "log", "sms sent to {{phone:clear}} provider=a segments=1"),
    // Cards
    ("id", "text", "kartu saya {{payment_card}} ditolak terus"),
    ("da", "text", "Mit kort {{payment_card}} virker ikke længere"),
    ("en", "text", "card {{payment_card}} exp 12/29 was declined"),
    ("en", "text", "my maestro card {{payment_card:maestro12}} is refused"),
    ("-", "log", "pos read ;{{payment_card:track2}}? ok"),
    ("-", "log", "swipe %{{payment_card:track1}}? accepted"),
    // IBAN
    ("id", "text", "transfer internasional ke IBAN {{iban}} sudah dua hari"),
    ("da", "text", "Overfør venligst til {{iban}} inden fredag"),
    ("en", "text", "please wire it to {{iban}} by Friday"),
    // NIK, NPWP
    ("id", "text", "NIK: {{nik}}"),
    ("id", "text", "KTP {{nik}} sudah saya unggah"),
    ("id", "text", "nomor induk kependudukan {{nik}} milik saya"),
    ("en", "text", "the customer's NIK is {{nik}}, please verify"),
    ("id", "text", "NPWP {{npwp}} atas nama perusahaan"),
    ("id", "text", "nomor pokok wajib pajak: {{npwp}}"),
    ("en", "text", "tax id NPWP {{npwp}} was rejected"),
    // Virtual accounts and bank accounts
    ("id", "text", "transfer ke VA {{virtual_account}} belum masuk"),
    ("id", "text", "nomor virtual account saya {{virtual_account}}"),
    ("en", "text", "paid to virtual account {{virtual_account}} yesterday"),
    ("id", "text", "rek BCA {{bank_account:id}} a.n. {{person_name}}"),
    ("id", "text", "No. rekening Mandiri saya {{bank_account:id}}"),
    ("id", "text", "tolong kirim ke rekening BRI {{bank_account:id}}"),
    ("da", "text", "reg. 9940 konto {{bank_account:dk}}"),
    ("da", "text", "Reg.nr. 3409 kontonr. {{bank_account:dk}}, tak"),
    ("en", "text", "refund it to account number {{bank_account:id}} please"),
    // CPR, SSN, passport
    ("da", "text", "cpr {{cpr}}"),
    ("da", "text", "Mit CPR-nummer er {{cpr}}, og jeg mangler adgang"),
    ("da", "text", "mit cpr er {{cpr:bare}}"),
    ("en", "text", "Danish CPR number {{cpr}} on file"),
    ("en", "text", "SSN {{us_ssn}} was entered"),
    ("en", "text", "my social security number is {{us_ssn}}"),
    ("id", "text", "nomor paspor {{passport}} berlaku sampai 2031"),
    ("da", "text", "pasnummer {{passport}}"),
    ("en", "text", "passport number {{passport}} expires 2031"),
    // One-time codes
    ("id", "text", "Kode OTP Anda {{otp}}. Jangan berikan kepada siapa pun."),
    ("id", "text", "kode verifikasi: {{otp}}"),
    ("da", "text", "Din engangskode er {{otp}}"),
    ("da", "text", "Bekræftelseskode: {{otp}}"),
    ("en", "text", "Your verification code is {{otp}}"),
    ("en", "text", "{{otp}} is your one-time password"),
    // Birth
    ("id", "text", "tanggal lahir {{date_of_birth}}"),
    ("id", "text", "Saya lahir {{date_of_birth}} di Surabaya"),
    ("da", "text", "fødselsdato: {{date_of_birth}}"),
    ("da", "text", "Jeg er født {{date_of_birth}}"),
    ("en", "text", "date of birth: {{date_of_birth}}"),
    ("en", "text", "DOB {{date_of_birth}}, please confirm"),
    // Names and addresses, where a header, a signature or a word says so
    (
        "id",
        "mail",
        "Halo tim,\nsaldo saya belum masuk sejak kemarin.\n\nHormat kami,\n{{person_name}}\n{{address:street}}",
    ),
    ("id", "mail", "Dari: {{person_name}} <{{email}}>\nPerihal: saldo\n\nMohon dicek."),
    ("id", "text", "atas nama {{person_name}}"),
    ("id", "mail", "Yth. Ibu {{person_name}},\nterima kasih atas laporannya."),
    ("da", "mail", "Hej\nJeg kan ikke logge ind.\n\nMvh\n{{person_name}}\n{{address:street}}"),
    ("da", "mail", "Fra: {{person_name}} <{{email}}>\nEmne: faktura\n\nJeg mangler en faktura."),
    ("da", "mail", "Kære {{person_name}},\ntak for din henvendelse.\n\nMed venlig hilsen\n{{person_name}}"),
    ("en", "mail", "Hi team,\nmy withdrawal is stuck.\n\nBest regards,\n{{person_name}}\n{{address:street}}"),
    ("en", "mail", "From: {{person_name}} <{{email}}>\nSubject: withdrawal\n\nPlease look at it."),
    ("en", "mail", "Dear {{person_name}},\nthank you for your patience.\n\nKind regards\n{{person_name}}"),
    ("en", "text", "yesterday {{person_name_in_prose}} told me that the match was moved"),
    ("da", "text", "i går sagde {{person_name_in_prose}}, at kampen er flyttet"),
    ("id", "text", "kemarin {{person_name_in_prose}} bilang pertandingannya ditunda"),
    ("id", "text", "Alamat: {{address}}"),
    ("da", "text", "Adresse: {{address}}"),
    ("en", "text", "Shipping address: {{address}}"),
    // Secrets
    ("id", "text", "kata sandi: {{password}}"),
    ("da", "text", "adgangskode: {{password}}"),
    ("en", "text", "password: {{password}}"),
    ("-", "log", "connecting to https://svc:{{password:url}}@api.example.net/x"),
    ("-", "log", "Authorization: Bearer {{secret:jwt}}"),
    ("-", "log", "GET /v1/orders?api_key={{secret}}&page=2 200"),
    ("en", "text", "the api key is {{secret}}"),
    ("en", "text", "CVV {{cvv}}"),
    ("id", "text", "kode CVV {{cvv}} di belakang kartu"),
    ("da", "text", "kontrolcifre (CVC) {{cvv}}"),
    // Devices and places
    ("-", "log", "dhcp lease {{mac}} renewed for 3600 s"),
    ("en", "text", "the router's MAC is {{mac}}"),
    ("da", "text", "Position: {{geo}}"),
    ("en", "text", "last seen at {{geo}}"),
    ("en", "text", "send it to {{crypto_address}} please"),
    ("id", "text", "kirim USDT ke {{crypto_address}} ya"),
];

/// Language, JSON record.
const RECORDS: &[(&str, &str)] = &[
    ("-", r#"{"event":"login","ts":1700000000123,"user":{"email":"{{email}}","ip":"{{ip}}"},"ok":true}"#),
    ("-", r#"{"type":"deposit","amount":150000.50,"currency":"IDR","msisdn":"{{phone:clear}}","status":"settled"}"#),
    ("-", r#"{"client_ip_int":{{ip:int}},"path":"/bets","status":200}"#),
    ("-", r#"{"pan":{{payment_card:plain}},"cvv":"{{cvv}}","amount":25000}"#),
    ("-", r#"{"hp":{{phone:number}},"odds":1.85}"#),
    ("-", r#"{"sessions":{"{{email}}":{"n":3}}}"#),
    ("-", r#"{"device_id":"{{device_id}}","imei":"{{imei}}","os":"android 14"}"#),
    ("-", r#"{"wifi":{"bssid":"{{mac}}"},"signal":-67}"#),
    ("-", r#"{"latitude":{{geo:lat}},"longitude":{{geo:lon}},"accuracy":12}"#),
    ("-", r#"{"withdrawal":{"wallet_address":"{{crypto_address}}","network":"btc"},"amount":0.25}"#),
    ("-", r#"{"headers":{"authorization":"Bearer {{secret:jwt}}"},"method":"GET"}"#),
    ("-", r#"{"client_secret":"{{secret}}","scope":"read"}"#),
    ("en", r#"{"full_name":"{{person_name}}","dateOfBirth":"{{date_of_birth:iso}}","homeAddress":"{{address}}"}"#),
    ("en", r#"{"customerFirstName":"{{person_name:given}}","customer_email_address":"{{email}}","plan":"gold"}"#),
    ("en", r#"{"dob":"{{date_of_birth}}","ssn":"{{us_ssn}}"}"#),
    ("en", r#"{"shipping":{"street":"{{address:street}}"},"billing_address":"{{address}}"}"#),
    ("en", r#"{"passport_number":"{{passport}}","passportPhoto":"{{id_photo}}"}"#),
    ("en", r#"{"selfie_url":"{{id_photo}}","kyc":"pending"}"#),
    ("en", r#"{"login":{"password":"{{password}}","otp":"{{otp}}"}}"#),
    ("en", r#"{"bankAccountNumber":"{{bank_account:id}}","beneficiary_name":"{{person_name}}"}"#),
    ("en", r#"{"note":"customer says card {{payment_card}} and mail {{email}}","channel":"chat"}"#),
    (
        "id",
        r#"{"nama_lengkap":"{{person_name}}","nik":"{{nik}}","no_hp":"{{phone}}","tanggal_lahir":"{{date_of_birth:iso}}"}"#,
    ),
    ("id", r#"{"alamat":"{{address}}","kota":"Bandung"}"#),
    ("id", r#"{"alamatRumah":"{{address}}","nama_ibu_kandung":"{{person_name:given}}"}"#),
    ("id", r#"{"nomor_rekening":"{{bank_account:id}}","bank":"BCA","nama_pemilik":"{{person_name}}"}"#),
    ("id", r#"{"npwp":"{{npwp}}","jenis":"badan"}"#),
    ("id", r#"{"virtual_account":"{{virtual_account}}","bank":"BCA","jumlah":50000}"#),
    ("id", r#"{"kata_sandi":"{{password}}","kode_otp":"{{otp}}"}"#),
    ("id", r#"{"foto_ktp":"{{id_photo}}","nomor_ktp":"{{nik}}"}"#),
    ("id", r#"{"nomor_paspor":"{{passport}}","warga":"asing"}"#),
    ("id", r#"{"tgl_lahir":"{{date_of_birth}}","jenis_kelamin":"P"}"#),
    ("id", r#"{"keluhan":"kartu {{payment_card}} tidak bisa, hubungi {{phone}}"}"#),
    ("da", r#"{"fuldeNavn":"{{person_name}}","cprNummer":"{{cpr}}","telefonnummer":"{{phone}}"}"#),
    ("da", r#"{"fornavn":"{{person_name:given}}","foedselsdato":"{{date_of_birth:iso}}","adresse":"{{address}}"}"#),
    ("da", r#"{"kontonummer":"{{bank_account:dk}}","reg_nr":"9940"}"#),
    ("da", r#"{"adgangskode":"{{password}}","engangskode":"{{otp}}"}"#),
    ("da", r#"{"pasnummer":"{{passport}}","udstedt":"2021"}"#),
    ("da", r#"{"fødselsdag":"{{date_of_birth}}","køn":"k"}"#),
    ("da", r#"{"besked":"Ring på tlf. {{phone}}, konto {{iban}}"}"#),
];
