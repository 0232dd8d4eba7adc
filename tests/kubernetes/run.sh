#!/usr/bin/env bash
# The chart on a real Kubernetes (one node, built from source by cluster/), against a real Kafka on the host: three pods
# share six partitions under load, and go through what a year brings: a rolling upgrade, a killed pod, scaling, a key
# rotation, a new pattern, a drained node, a broker that does not answer, a wrong Secret. At the end every event must
# have come out once, without a raw value. And the API server checks the manifests of every case of tests/helm, and the
# first deployment of docs/GUIDE.md is made as it says.
#
# Needs root, Debian and Go; the first run builds Kubernetes (7 to 20 minutes). After a failure all stays up to be looked
# at; the next run, or cluster/down.sh, removes it.
# usage: tests/kubernetes/run.sh [BINARY]      BINARY: default target/release/sluice
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
binary=${1:-$root/target/release/sluice}
rate=${RATE:-1000} # events a second
work=$(mktemp -d)
step() { printf '\n== %4d s: %s\n' "$SECONDS" "$*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
until_true() { # SECONDS WHAT COMMAND…: waits for a condition
    local end=$((SECONDS + $1)) what=$2
    until "${@:3}" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "$what: not within $1 s"
        sleep 0.5
    done
}

step "cluster and Kafka"
"$root/scripts/setup.sh" test
"$root/scripts/setup.sh" cluster
"$here/cluster/build.sh"
"$here/cluster/down.sh" >/dev/null
eval "$("$here/cluster/up.sh")"
broker=${KUBE_NET:-10.88.0}.1:29092
secured=29094
"$here/guide.sh" listener "${broker%:*}" $secured "$work"
KAFKA_HOST=${broker%:*} KAFKA_MORE=$work/secured.properties "$root/scripts/kafka.sh" start "$work/kafka" "${broker#*:}"
kafka_pid=$(cat "$work/kafka/pid")
admin() { java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$("$root/scripts/fetch-kafka.sh")/libs/*" "$@" 2>/dev/null; }
admin org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" --create --topic logins --partitions 6 >/dev/null

step "image"
NAME=localhost/sluice:test "$root/scripts/image.sh" "$work/image.tar" "$binary"
"$here/cluster/load-image.sh" "$work/image.tar"

step "the API server's word on every case of values"
kubectl create namespace sluice >/dev/null
"$here/crds.py" | kubectl apply -f - >/dev/null
kubectl wait --for condition=established crd --all --timeout 60s >/dev/null
checked=0
for case in "$root"/tests/helm/cases/*.yaml; do
    [[ $(basename "$case") != bad-* ]] || continue
    helm lint --quiet --strict "$root/helm/sluice" --values "$case" >/dev/null || fail "helm lint: $case"
    # One namespace, as kubectl asks for: Strimzi's is not here.
    helm template sluice "$root/helm/sluice" --namespace sluice --kube-version 1.34.0 --api-versions kafka.strimzi.io/v1 --skip-tests --values "$case" \
        --set topics.namespace=sluice >"$work/manifests.yaml"
    kubectl apply --dry-run=server --validate=strict --namespace sluice -f "$work/manifests.yaml" >"$work/applied" || fail "$case"
    checked=$((checked + $(wc -l <"$work/applied")))
done
# The check itself must be able to fail.
sed 's/terminationGracePeriodSeconds:/terminationGracePeriodSecond:/' "$work/manifests.yaml" |
    kubectl apply --dry-run=server --validate=strict --namespace sluice -f - >/dev/null 2>&1 && fail "a misspelled field is not refused"
kubectl label namespace default pod-security.kubernetes.io/enforce=restricted >/dev/null
echo "$checked manifests are as the API server wants them; pods of this namespace must pass the restricted standard"

step "helm install: three pods, six partitions"
"$binary" keys new --dir "$work/keys" >/dev/null
secret() { kubectl create secret generic "$1" --from-file="$2" --dry-run=client -o yaml | kubectl apply -f - >/dev/null; }
secret sluice-keys "$work/keys"
cat >"$work/values.yaml" <<YAML
replicas: 3
image: {repository: localhost/sluice, tag: test, pullPolicy: Never}
keys: {existingSecret: sluice-keys}
resources: {requests: {cpu: 50m, memory: 192Mi}, limits: {memory: 192Mi}}
config:
  kafka: {brokers: ["$broker"]}
  input: {topics: [{name: logins, format: json}]}
  output: {create: {replication: 1}}
YAML
upgrade() { helm upgrade --install sluice "$root/helm/sluice" --values "$work/values.yaml" --wait --timeout 300s "$@" >/dev/null; }
upgrade
helm test sluice >/dev/null || fail "helm test"
metric() { # POD NAME: the sum of a metric's series in a pod
    kubectl get --raw "/api/v1/namespaces/default/pods/$1:9464/proxy/metrics" | awk -v n="$2" '$1 ~ "^"n"[{]" || $1 == n {s += $2} END {print s + 0}'
}
pods() { kubectl get pods -l app.kubernetes.io/instance=sluice -o name | cut -d/ -f2; }
held() { local sum=0 p; for p in $(pods); do sum=$((sum + $(metric "$p" sluice_assigned_partitions))); done; echo $sum; }
all_held() { [ "$(held)" = 6 ]; }
until_true 120 "six partitions held" all_held
for p in $(pods); do echo "$p holds $(metric "$p" sluice_assigned_partitions) partitions"; done

# Readiness, looked at through the whole run: a pod that Kubernetes calls ready says so itself, but for the time that two
# failed probes take. A pod that is called ready and is not, eight looks in a row, is noted.
watch_readiness() {
    local p state
    local -A bad=()
    while [ ! -e "$work/stop" ]; do
        for p in $(pods); do
            state=$(kubectl get pod "$p" -o jsonpath='{.status.containerStatuses[0].ready}{.metadata.deletionTimestamp}' 2>/dev/null)
            if [ "$state" = true ] && kubectl get --raw "/api/v1/namespaces/default/pods/$p:9464/proxy/readyz" 2>&1 | grep -q 'unable to handle'; then
                bad[$p]=$((${bad[$p]:-0} + 1))
                [ "${bad[$p]}" -lt 8 ] || echo "$p is called ready and is not" >>"$work/untruthful"
            else
                bad[$p]=0
            fi
        done
        sleep 2
    done
}
watch_readiness &

step "load: $rate events a second"
(set -o pipefail; "$here/load.py" write "$work/stop" "$rate" 2>"$work/issued" | kcat -P -b "$broker" -t logins -K $'\t' \
    -X partitioner=murmur2_random -X enable.idempotence=true) &
load_pid=$!
produced() { # records and markers in a topic
    local ends=() p
    for p in 0 1 2 3 4 5; do ends+=(-t "$1:$p:-1"); done
    kcat -Q -b "$broker" "${ends[@]}" | awk '{s += $NF} END {print s + 0}'
}
flows() { # at least so many records more came out than before the last step
    local before=$1
    [ "$(produced logins.scrubbed)" -gt "$before" ]
}
latest() { # some of the last records; under load nobody comes to their end
    kcat -C -b "$broker" -t logins.scrubbed -o -20 -c 60 -e -q -X isolation.level=read_committed 2>/dev/null
}
goes_on() { local now; now=$(produced logins.scrubbed); until_true "${1:-60}" "records come out" flows $((now + 1000)); }
goes_on

step "rolling upgrade"
sed -i 's/^config:/config:\n  commit: {interval: 50ms}/' "$work/values.yaml"
upgrade
goes_on

step "a pod is killed"
kubectl delete pod sluice-1 --grace-period=0 --force >/dev/null 2>&1
kubectl rollout status statefulset/sluice --timeout 240s >/dev/null
until_true 180 "six partitions held" all_held
goes_on

step "a process is killed with -9, three times"
for p in sluice-0 sluice-2 sluice-0; do
    id=$(kubectl get pod "$p" -o jsonpath='{.status.containerStatuses[0].containerID}')
    count=$(kubectl get pod "$p" -o jsonpath='{.status.containerStatuses[0].restartCount}')
    ctr -a "${KUBE_RUN:-/var/lib/one-node-kube}/containerd.sock" -n k8s.io tasks kill -s SIGKILL "${id#containerd://}"
    restarted() { [ "$(kubectl get pod "$p" -o jsonpath='{.status.containerStatuses[0].restartCount}')" -gt "$count" ]; }
    until_true 120 "$p is started again" restarted
    until_true 240 "six partitions held" all_held
done
goes_on

step "scale 3, 1, 3"
upgrade --set replicas=1
until_true 120 "one pod holds all" all_held
goes_on
upgrade
until_true 180 "six partitions held" all_held
goes_on

step "the broker does not answer for 45 s: no pod restarts"
restarts() { kubectl get pods -l app.kubernetes.io/instance=sluice -o jsonpath='{.items[*].status.containerStatuses[0].restartCount}'; }
before=$(restarts)
kill -STOP "$kafka_pid"
sleep 45 # the outage itself
kill -CONT "$kafka_pid"
goes_on 120
[ "$(restarts)" = "$before" ] || fail "an outage of the broker restarted a pod"

step "key rotation by editing the Secret"
"$binary" keys rotate --dir "$work/keys" --not-before "$(date -u -d '+150 seconds' +%Y-%m-%dT%H:%M:%SZ)" >/dev/null
secret sluice-keys "$work/keys"
rotated() { latest | grep -q _1k2_; }
until_true 360 "tokens of the new key" rotated

step "a pattern by editing values"
cat >>"$work/values.yaml" <<'YAML'
patterns:
  customer_no.yaml: |
    entity: customer_no
    token: cus
    form: text
    patterns:
      - regex: '\bC-\d{7}\b'
        prefilter: ["c-"]
        confidence: high
    examples: [C-1234567]
    counter_examples: [C-12345]
YAML
upgrade
until_true 180 "six partitions held" all_held
patterned() { latest | grep -q cus_1k; }
until_true 120 "tokens of the new entity" patterned

step "the node is drained: evictions, as the budget allows"
evict() { printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s"}}' "$1" | kubectl create --raw "/api/v1/namespaces/default/pods/$1/eviction" -f -; }
for p in sluice-0 sluice-1 sluice-2; do
    until_true 120 "eviction of $p" evict "$p"
    kubectl rollout status statefulset/sluice --timeout 240s >/dev/null
done
until_true 180 "six partitions held" all_held
goes_on

step "a wrong Secret: not ready, the log says why, nothing passes"
mkdir "$work/bad"; printf 'id: k1\nkey: "c2hvcnQ="\n' >"$work/bad/k1.yaml"
secret bad-keys "$work/bad"
helm install bad "$root/helm/sluice" --values "$work/values.yaml" --set replicas=1,keys.existingSecret=bad-keys,config.kafka.group=bad,fullnameOverride=bad >/dev/null
log_of_bad() { kubectl logs bad-0 --previous 2>/dev/null || kubectl logs bad-0; }
says_why() { log_of_bad | grep -q 'k1.yaml'; }
until_true 120 "the log names the key file" says_why
log_of_bad | tail -1
[ "$(kubectl get pod bad-0 -o jsonpath='{.status.containerStatuses[0].ready}')" = false ] || fail "a pod with a wrong Secret is ready"
helm uninstall bad >/dev/null

step "every event once"
touch "$work/stop"
[ ! -e "$work/untruthful" ] || fail "readiness: $(head -3 "$work/untruthful")"
wait "$load_pid"
issued=$(tail -1 "$work/issued")
lag() { local sum=0 p; for p in $(pods); do sum=$((sum + $(metric "$p" sluice_lag_records))); done; [ $sum = 0 ]; }
until_true 180 "all is worked off" lag
kcat -C -b "$broker" -t logins.scrubbed -o beginning -e -q -X isolation.level=read_committed >"$work/output"
"$here/load.py" check "$issued" "$work/output"
[ "$(kcat -C -b "$broker" -t logins.quarantine -o beginning -e -q | wc -l)" = 0 ] || fail "records were quarantined"

step "the first deployment of docs/GUIDE.md: TLS, SCRAM, rights"
helm uninstall sluice >/dev/null
admin org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" --delete --topic 'logins.*' >/dev/null
"$here/guide.sh" deploy "${broker%:*}" $secured "$work" "$broker" "$(realpath "$binary")" localhost/sluice:test

step "down"
"$root/scripts/kafka.sh" stop "$work/kafka"
"$here/cluster/down.sh"
rm -rf "$work"
step "all is well"
