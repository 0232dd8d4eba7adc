//! Bad configs and the exact words they get; mutations that must not panic.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The error text for `yaml`; the config is called `f`.
fn error(yaml: &str) -> String {
    from_str(yaml, "f", Secrets::Resolve).expect_err(yaml).to_string()
}

#[track_caller]
fn refused(cases: &[(&str, &str)]) {
    for (yaml, words) in cases {
        assert_eq!(error(yaml), *words, "for {yaml:?}");
    }
}

#[test]
fn unknown_fields_and_values_are_refused_with_the_nearest_name() {
    refused(&[
        ("kafka:\n  borkers: [a:1]\n", "f:2:3: kafka.borkers: unknown field; did you mean `brokers`?"),
        ("kafkaa: 1\n", "f:1:1: kafkaa: unknown field; did you mean `kafka`?"),
        ("input: {zzz: 1}\n", "f:1:9: input.zzz: unknown field; the fields here are `topics`"),
        ("fields:\n  - path: a\n    acton: token\n", "f:3:5: fields[0].acton: unknown field; did you mean `action`?"),
        ("delivery: exactly-once\n", "f:1:11: delivery: unknown value; did you mean `exactly_once`?"),
        ("delivery: 5\n", "f:1:11: delivery: unknown value; it is one of `exactly_once`, `at_least_once`"),
        ("log: {level: INFO}\n", "f:1:14: log.level: unknown value; did you mean `info`?"),
        ("keys: {dir: x}\n", "f:1:8: keys.dir: unknown field; did you mean `directory`?"),
    ]);
}

#[test]
fn values_of_the_wrong_type_are_refused_with_the_right_one() {
    refused(&[
        ("commit:\n", "f:1:7: commit: expected fields with values (`name: value`)"),
        ("commit: [1]\n", "f:1:9: commit: expected fields with values (`name: value`)"),
        ("hello\n", "f:1:1: expected fields with values (`name: value`)"),
        ("commit: {records: -1}\n", "f:1:19: commit.records: expected a whole number that is not negative"),
        ("quarantine: {breaker: {ratio: 50%}}\n", "f:1:31: quarantine.breaker.ratio: expected a number"),
        (
            "kafka: {static_membership: yes}\n",
            "f:1:28: kafka.static_membership: invalid boolean (true or false expected)",
        ),
        ("kafka: {brokers: localhost}\n", "f:1:18: kafka.brokers: expected a list, such as `[a, b]`"),
        ("fields: [{name: {a: b}}]\n", "f:1:17: fields[0].name: expected a string or a list of strings"),
        ("keys: /etc/keys\n", "f:1:7: keys: expected one entry: `{directory: …}` or `{file: …}`"),
        ("keys: {}\n", "f:1:8: keys: expected one entry: `{directory: …}` or `{file: …}`"),
        ("keys: {directory: a, file: b}\n", "f:1:22: keys.file: only one entry may stand here; keep one"),
        ("input: {topics: [{format: json}]}\n", "f:1:19: input.topics[0]: the field `name` is missing"),
        ("kafka: {group: a, group: b}\n", "f:1:19: kafka.group: is given twice; keep one"),
        (
            "commit: {interval: }\n",
            "f:1:18: commit.interval: has no value; to leave it at its default, remove the line",
        ),
    ]);
}

#[test]
fn what_is_no_yaml_is_refused_where_it_breaks() {
    refused(&[
        ("kafka:\n\tbrokers: [a]\n", "f:2:2: tabs disallowed within this context (block indentation)"),
        ("kafka: {group: 'x\n", "f:1:16: unclosed quote"),
        ("workers: *nope\n", "f:1:10: reference to unknown value"),
        ("workers: 1\n---\nworkers: 2\n", "f:3:1: a second document begins here; a config is one document"),
    ]);
}

#[test]
fn sizes_and_durations_are_refused_with_an_example() {
    refused(&[
        (
            "commit: {interval: 10}\n",
            "f:1:20: commit.interval: `10` has no unit; write it like `100ms`, `10s` or `1m30s`",
        ),
        (
            "commit:\n  bytes: 1TB\n",
            "f:2:10: commit.bytes: `1TB` has the unknown unit `TB`; write it like `512KiB`, `16MiB` or `1GiB`",
        ),
    ]);
}

#[test]
fn values_out_of_range_are_refused_with_the_range() {
    let ratio = "f:1:24: quarantine.breaker.ratio: must be above 0 and at most 1; \
                 0.5 trips when more than half of the window was quarantined";
    refused(&[
        ("workers: 0\n", "f:1:1: workers: is 0, and must be between 1 and 1024"),
        (
            "workers: 15\n",
            "f:1:1: workers: 15 workers want 4.5MiB of limits.memory (64MiB) each: lower it to 14, or raise limits.memory to \
             68MiB",
        ),
        ("commit: {records: 0}\n", "f:1:10: commit.records: is 0, and must be between 1 and 10000000"),
        ("quarantine: {breaker: {ratio: 0}}\n", ratio),
        ("quarantine: {breaker: {ratio: .nan}}\n", ratio),
        ("quarantine: {breaker: {ratio: 1.01}}\n", ratio),
        (
            "limits: {record_bytes: 2GiB, memory: 16GiB}\n",
            "f:1:10: limits.record_bytes: is 2GiB, and must be between 1B and 1GiB",
        ),
        (
            "limits: {memory: 1MiB}\ncommit: {bytes: 1MiB}\n",
            "f:1:10: limits.memory: 1MiB is too little: \
             at least 8MiB and four times limits.record_bytes (1MiB) are needed",
        ),
        (
            "output: {create: {replication: 0}}\n",
            "f:1:19: output.create.replication: is 0, and must be between 1 and 32767",
        ),
        ("pseudonyms: {tenant: ''}\n", "f:1:14: pseudonyms.tenant: must be 1 to 256 bytes long"),
        (
            "kafka: {instance_id: 'pod 0'}\n",
            "f:1:9: kafka.instance_id: must be 1 to 200 characters of visible ASCII without spaces",
        ),
        (
            "admin: {listen: 9464}\n",
            "f:1:9: admin.listen: expected an address and port, such as `0.0.0.0:9464` or `[::]:9464`, or `off`",
        ),
        ("kafka: {brokers: [localhost]}\n", "f:1:19: kafka.brokers[0]: is no `host:port`, such as `kafka:9092`"),
    ]);
}

#[test]
fn timeouts_that_contradict_each_other_are_refused() {
    refused(&[
        ("commit: {interval: 40s}\n", "f:1:10: commit.interval: must be shorter than commit.transaction_timeout (30s)"),
        (
            "commit: {transaction_timeout: 45s}\n",
            "f:1:10: commit.transaction_timeout: must be shorter than the session timeout of 45 s",
        ),
        (
            "kafka: {properties: {session.timeout.ms: 20000}}\n",
            "f: commit.transaction_timeout: must be shorter than the session timeout of 20 s",
        ),
        (
            "kafka: {group_protocol: consumer, properties: {session.timeout.ms: 60000}}\n",
            "f:1:48: kafka.properties.session.timeout.ms: \
             with group_protocol `consumer` the broker decides it; remove it",
        ),
    ]);
}

#[test]
fn topics_that_would_run_into_each_other_are_refused() {
    refused(&[
        (
            "input: {topics: [{name: a}, {name: a}]}\n",
            "f:1:30: input.topics[1].name: the topic `a` is listed twice; keep one",
        ),
        (
            "input: {topics: [{name: a b}]}\n",
            "f:1:19: input.topics[0].name: is no topic name: Kafka allows letters, digits, `.`, `_` and `-`",
        ),
        (
            "input: {topics: [{name: a}, {name: b}]}\noutput: {topic: out}\n",
            "f:2:10: output.topic: must contain `{topic}`: several input topics cannot share one output, \
             partition by partition",
        ),
        (
            "input: {topics: [{name: a}]}\noutput: {topic: a}\n",
            "f:2:10: output.topic: gives `a`, which is an input topic: records would go round for ever",
        ),
        (
            "input: {topics: [{name: a}]}\nquarantine: {topic: '{topic}.scrubbed'}\n",
            "f:2:14: quarantine.topic: gives `a.scrubbed`, which is an output topic too",
        ),
        ("output: {topic: '{tpoic}.x'}\n", "f:1:10: output.topic: has an unknown placeholder; only `{topic}` is known"),
    ]);
    let one = from_str("input: {topics: [{name: a}]}\noutput: {topic: b}\n", "f", Secrets::Skip);
    assert_eq!(one.expect("one input needs no template").settings.output.topic_for("a"), "b");
}

#[test]
fn field_rules_that_say_nothing_or_two_things_are_refused() {
    refused(&[
        ("fields: [{entity: email}]\n", "f:1:10: fields[0]: names no field; add `path` or `name`"),
        ("fields: [{path: a}]\n", "f:1:10: fields[0]: says nothing about the field; add `entity`, `action` or both"),
        (
            "fields: [{path: a, name: b, action: token}]\n",
            "f:1:10: fields[0]: has both `path` and `name`; make it two rules",
        ),
        ("fields: [{name: [], action: drop}]\n", "f:1:11: fields[0].name: is empty; name at least one field"),
    ]);
}

#[test]
fn all_problems_are_shown_at_once_in_the_order_of_the_file() {
    refused(&[(
        "kafka:\n  properties:\n    group.id: x\n    enable.idempotence: 'false'\nworkers: 0\n",
        "f:3:5: kafka.properties.group.id: is set by Sluice: set kafka.group\n\
         f:4:5: kafka.properties.enable.idempotence: is set by Sluice: \
         delivery without loss, duplicates or reordering rests on it; set delivery\n\
         f:5:1: workers: is 0, and must be between 1 and 1024",
    )]);
}

#[test]
fn secrets_are_refused_in_properties_and_resolved_from_references() {
    refused(&[
        (
            "kafka: {properties: {sasl.password: hunter2}}\n",
            "f:1:22: kafka.properties.sasl.password: a secret may not stand in a config; \
             write `kafka.secrets: {sasl.password: {env: NAME}}` or `{file: PATH}`",
        ),
        (
            "kafka: {secrets: {sasl.password: {env: SLUICE_NO_SUCH_VARIABLE}}}\n",
            "f:1:19: kafka.secrets.sasl.password: the environment variable SLUICE_NO_SUCH_VARIABLE is not set",
        ),
        (
            "kafka: {secrets: {sasl.password: {file: /no/such/file}}}\n",
            "f:1:19: kafka.secrets.sasl.password: cannot read /no/such/file: No such file or directory (os error 2)",
        ),
        (
            "kafka: {properties: {sasl.username: x}, secrets: {sasl.username: {file: /no/such/file}}}\n",
            "f:1:51: kafka.secrets.sasl.username: stands in kafka.properties too; keep one",
        ),
        (
            "kafka: {secrets: {group.id: {env: HOME}}}\n",
            "f:1:19: kafka.secrets.group.id: is set by Sluice: set kafka.group",
        ),
    ]);
    let file = tempfile::NamedTempFile::new().expect("temporary file");
    std::fs::write(file.path(), "hunter2\n").expect("written");
    let yaml = format!("kafka: {{secrets: {{sasl.password: {{file: {}}}}}}}\n", file.path().display());
    let loaded = from_str(&yaml, "f", Secrets::Resolve).expect("valid");
    assert_eq!(loaded.settings.kafka.properties["sasl.password"], "hunter2");
    assert!(!format!("{loaded:?}").contains("hunter2"), "Debug shows a secret");
    let skipped = from_str(&yaml, "f", Secrets::Skip).expect("valid");
    assert!(skipped.settings.kafka.properties.is_empty());
}

#[test]
fn numbers_and_booleans_of_properties_need_no_quotes() {
    let yaml = "kafka: {properties: {socket.keepalive.enable: true, queued.min.messages: 1000, x: 0.10}}\n";
    let properties = from_str(yaml, "f", Secrets::Resolve).expect("valid").settings.kafka.properties;
    let text: Vec<&str> = properties.values().map(String::as_str).collect();
    assert_eq!(text, ["1000", "true", "0.10"]);
}

#[test]
fn a_secret_in_the_wrong_place_is_not_repeated_by_the_error() {
    for yaml in [
        "hunter2\n",
        "kafka: hunter2\n",
        "kafka: {secrets: hunter2}\n",
        "kafka: {secrets: {sasl.password: hunter2}}\n",
        "kafka: {secrets: {sasl.password: [hunter2]}}\n",
        "kafka: {secrets: {sasl.password: {env: [hunter2]}}}\n",
        "kafka: {secrets: {sasl.password: {env: {hunter2: 1}}}}\n",
        "kafka: {properties: {a: [hunter2]}}\n",
        "kafka: {properties: {ssl.key.password: hunter2}}\n",
        "kafka: {properties: {ssl.key.password: 'hunter2}}\n",
        "kafka: {static_membership: hunter2}\n",
        "kafka: {group_protocol: hunter2}\n",
        "kafka: {properties: {session.timeout.ms: hunter2}}\n",
        "workers: hunter2\n",
        "keys: hunter2\n",
        "kafka: {properties: !hunter2 {a: b}, secrets: !!int hunter2}\n",
    ] {
        assert!(!error(yaml).contains("hunter2"), "for {yaml:?}: {}", error(yaml));
    }
}

#[test]
fn profiles_load_and_unknown_ones_are_refused_with_the_nearest() {
    for (name, _) in PROFILES {
        let loaded = load(Path::new(&format!("profile:{name}")), Secrets::Resolve).expect(name);
        assert!(!loaded.settings.inputs.is_empty() && !loaded.spec.fields.is_empty(), "{name}");
    }
    let error = |path| load(Path::new(path), Secrets::Resolve).expect_err(path).to_string();
    assert_eq!(error("profile:gamin"), "profile:gamin: unknown profile; did you mean `profile:gaming`?");
    assert_eq!(error("profile:x"), "profile:x: unknown profile; the profiles are `analytics`, `support`, `gaming`");
    assert_eq!(error("/no/such.yaml"), "/no/such.yaml: cannot read: No such file or directory (os error 2)");
}

#[test]
fn run_needs_brokers_topics_and_keys() {
    let loaded = from_str("workers: 2\n", "f", Secrets::Resolve).expect("valid, but not for run");
    let error = loaded.check_service().expect_err("nothing is named").to_string();
    assert_eq!(
        error,
        "f: kafka.brokers: no broker is named; add `brokers: [host:9092]`\n\
         f: input.topics: no topic is named; add `topics: [{name: logins}]`\n\
         f: keys: no root key: add `keys: {directory: /etc/sluice/keys}` and make a key with `sluice keys new`"
    );
}

#[test]
fn an_empty_config_is_all_defaults() {
    for yaml in ["", "# nothing\n", "{}\n"] {
        let loaded = from_str(yaml, "f", Secrets::Resolve).expect("defaults are valid");
        assert_eq!(loaded.spec, Spec::default());
    }
}

const REFERENCE: &str = include_str!("../../examples/config/reference.yaml");

#[test]
fn every_example_loads_and_has_all_that_run_needs() {
    for (name, yaml) in [
        ("reference", REFERENCE),
        ("analytics", include_str!("../../examples/config/analytics.yaml")),
        ("support", include_str!("../../examples/config/support.yaml")),
        ("gaming", include_str!("../../examples/config/gaming.yaml")),
    ] {
        let loaded = from_str(yaml, name, Secrets::Skip).expect(name);
        loaded.check_service().expect(name);
    }
}

/// The fields of an object schema: name, schema of the value with references followed.
fn properties<'a>(root: &'a Value, schema: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let follow = |schema: &'a Value| {
        let or_null = schema["anyOf"].as_array().and_then(|any| any.iter().find(|one| one.get("$ref").is_some()));
        let target = or_null.unwrap_or(schema)["$ref"].as_str().or(schema["items"]["$ref"].as_str());
        target.map_or(schema, |target| &root["$defs"][target.trim_start_matches("#/$defs/")])
    };
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let objects = variants.chain([schema]).filter_map(|schema| schema["properties"].as_object()).flatten();
    objects.map(|(name, schema)| (name.as_str(), follow(schema))).collect()
}

/// Every field of the schema, as a path without indices.
fn schema_paths(root: &Value, schema: &Value, at: &str, paths: &mut Vec<String>) {
    for (name, schema) in properties(root, schema) {
        let path = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        schema_paths(root, schema, &path, paths);
        paths.push(path);
    }
}

#[test]
fn the_reference_shows_every_field_of_the_schema() {
    let schema = schema::json_schema();
    let mut paths = Vec::new();
    schema_paths(&schema, &schema, "", &mut paths);
    assert!(paths.len() > 45, "only {} fields: the walk does not see them", paths.len());
    // A line that is commented out counts where its parent stands.
    let commented = ["file", "suppress", "field", "topic", "default", "account"];
    let uncommented = commented
        .iter()
        .fold(REFERENCE.to_owned(), |text, name| text.replace(&format!("  # {name}:"), &format!("  {name}:")));
    let outline = outline::Outline::of(&uncommented);
    let shown: Vec<String> =
        outline.paths().map(|path| path.replace(|c: char| "[]0123456789".contains(c), "")).collect();
    for path in paths {
        assert!(shown.contains(&path), "{path} is missing in examples/config/reference.yaml");
    }
}

#[test]
fn the_reference_shows_the_defaults() {
    /// Fields that the reference gives an example for; their defaults are empty, or depend on the machine.
    const EXAMPLES: [&str; 17] = [
        "kafka.brokers",
        "kafka.instance_id",
        "kafka.properties",
        "input.topics",
        "output.create",
        "workers",
        "keys",
        "pseudonyms.tenant",
        "pseudonyms.scope",
        "pseudonyms.epochs",
        "pseudonyms.linkable",
        "audit",
        "erase",
        "patterns.actions",
        "patterns.lists",
        "fields",
        "signals",
    ];
    let value = |spec: &Spec| serde_json::to_value(spec).expect("a spec is JSON");
    let (mut reference, mut default) = (value(&parse(REFERENCE, "reference").expect("valid")), value(&Spec::default()));
    for path in EXAMPLES {
        let pointer = format!("/{}", path.replace('.', "/"));
        let places = [reference.pointer_mut(&pointer), default.pointer_mut(&pointer)];
        let [shown, unset] = places.map(|place| place.expect(path).take());
        assert_ne!(shown, unset, "{path} is no example any more");
    }
    assert_eq!(reference, default);
    assert_eq!(parse(REFERENCE, "reference").expect("valid").output.create.expect("shown").replication, -1);
}

#[test]
fn the_schema_carries_descriptions_and_defaults() {
    let schema = schema::json_schema();
    let mut paths = Vec::new();
    schema_paths(&schema, &schema, "", &mut paths);
    fn described(root: &Value, schema: &Value) {
        let fields = schema["properties"].as_object().into_iter().flatten();
        for (name, field) in fields {
            assert!(field["description"].is_string(), "{name} has no description");
        }
        for (_, schema) in properties(root, schema) {
            described(root, schema);
        }
    }
    described(&schema, &schema);
    assert_eq!(schema["properties"]["drain_timeout"]["default"], "25s");
    assert_eq!(schema["$defs"]["Commit"]["properties"]["bytes"]["default"], "16MiB");
    assert_eq!(schema["additionalProperties"], false);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_of_a_config_makes_it_panic(
        profile in 0..PROFILES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, "[ -~\n\t]{0,6}|\\PC"), 1..6),
    ) {
        let mut yaml: Vec<char> = PROFILES[profile].1.chars().collect();
        for (at, removed, inserted) in edits {
            let at = at.index(yaml.len() + 1);
            let end = (at + removed).min(yaml.len());
            yaml.splice(at..end, inserted.chars());
        }
        let yaml: String = yaml.into_iter().collect();
        if let Err(error) = from_str(&yaml, "f", Secrets::Skip) {
            prop_assert!(error.to_string().starts_with("f:"));
        }
    }
}
