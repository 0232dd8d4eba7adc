# shellcheck shell=bash
# A service on a real Kafka, with signals, daily salts, a planned key and a steady stream of made-up events: what there is
# to watch. Sourced by the tests of this folder; ends what it started.
#
# usage: . service.sh; start_service BINARY    sets work, admin (HOST:PORT)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
admin=127.0.0.1:29464
started=()

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

until_true() { # SECONDS WHAT COMMAND…: waits for a condition
    local end=$((SECONDS + $1)) what=$2
    until "${@:3}" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "$what: not within $1 s"
        sleep 0.5
    done
}

end_all() {
    local status=$? pid
    trap - EXIT
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
    [ ! -e "$work/kafka/pid" ] || "$root/scripts/kafka.sh" stop "$work/kafka"
    if [ $status = 0 ]; then rm -rf "$work"; else echo "logs are in $work" >&2; fi
    exit $status
}
trap end_all EXIT

write_config() {
    cat >"$work/sluice.yaml" <<YAML
kafka: {brokers: ["127.0.0.1:29392"], group: watched, instance_id: watched-0}
input:
  topics:
    - {name: logins, format: json}
    - {name: transactions, format: json}
    - {name: support, format: json}
output: {create: {replication: 1}}
workers: 2
keys: {directory: $work/keys}
pseudonyms: {epochs: {ip: daily}, salts: {topic: sluice.salts}, suppress: $work/suppressed}
patterns: {states: {person_name: shadow}}
fields:
  - {name: [email, payer_email], entity: email}
  - {name: [ip, remote_addr], entity: ip}
admin: {listen: "$admin", tap: 5}
signals:
  topic: signals
  inputs: [logins, transactions]
  state_key: $work/state-key
  state: {topic: watched.changelog}
YAML
    # Fields and shapes of the profile, which are those of the made-up events.
    sed -n '/^signals:/,$p' "$root/patterns/profiles/gaming.yaml" | sed '1d' >>"$work/sluice.yaml"
}

start_service() {
    local binary=$1 topic
    "$root/scripts/setup.sh" watch
    "$root/scripts/kafka.sh" start "$work/kafka" 29392
    for topic in logins transactions support; do
        java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$("$root/scripts/fetch-kafka.sh")/libs/*" \
            org.apache.kafka.tools.TopicCommand --bootstrap-server 127.0.0.1:29392 --create --topic $topic --partitions 6 >/dev/null
    done
    "$binary" keys new --dir "$work/keys" >/dev/null
    # A key that is to come, and that will end with none behind it: both are to be seen.
    "$binary" keys rotate --dir "$work/keys" --not-before "$(date -u -d '+2 days' +%FT%TZ)" >/dev/null 2>&1
    echo "destroy_after: $(date -u -d '+4 days' +%FT%TZ)" >>"$work/keys/k1.yaml"
    echo "destroy_after: $(date -u -d '+20 days' +%FT%TZ)" >>"$work/keys/k2.yaml"
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/state-key"
    : >"$work/suppressed"
    write_config
    "$binary" validate -c "$work/sluice.yaml" >/dev/null
    "$binary" run -c "$work/sluice.yaml" 2>"$work/sluice.log" &
    started+=($!)
    "$binary" demo --emit 4000000 | "$root/tests/watch/feed.py" 127.0.0.1:29392 "${RATE:-800}" >"$work/feed.log" 2>&1 &
    started+=($!)
    until_true 60 "the service is ready" curl -fs "http://$admin/readyz"
    told() { curl -fs "http://$admin/metrics" | grep -qE '^sluice_signals_total\{.* [1-9]'; }
    until_true 60 "signals are told" told
}
