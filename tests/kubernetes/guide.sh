#!/usr/bin/env bash
# The first deployment of docs/GUIDE.md, by its own commands, values and rights, on the cluster and the Kafka that run.sh
# has up. Strimzi is not there: what it would make is made here, in its layout and under its names - the brokers behind
# TLS and SCRAM as `my-cluster-kafka-bootstrap.kafka`, the Secrets of the authority and of the user, the user's rights.
#
# usage: guide.sh listener HOST PORT DIR     writes DIR/secured.properties for the broker, and its certificates
#        guide.sh deploy HOST PORT DIR BROKER BINARY IMAGE     BROKER: HOST:PORT without TLS; IMAGE: repository:tag
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
name=my-cluster-kafka-bootstrap.kafka
password=$(printf 'only-for-a-test' | base64)
fail() { echo "FAILED: $*" >&2; exit 1; }

block() { # NAME: the block of the guide below `<!-- cluster: NAME -->`
    local text
    text=$(sed -n "/^<!-- $1 -->\$/,/^\`\`\`\$/p" "$root/docs/GUIDE.md" | sed '/^<!--/d; /^```/d')
    [ -n "$text" ] || fail "docs/GUIDE.md has no block below <!-- $1 -->"
    printf '%s\n' "$text"
}

listener() {
    local host=$1 port=$2 dir=$3
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=authority -keyout "$dir/ca.key" -out "$dir/ca.crt" 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$dir/broker.key" -out "$dir/broker.csr" 2>/dev/null
    openssl x509 -req -in "$dir/broker.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -CAcreateserial -days 30 \
        -extfile <(echo "subjectAltName=DNS:$name") -out "$dir/broker.crt" 2>/dev/null
    openssl pkcs8 -topk8 -nocrypt -in "$dir/broker.key" | cat - "$dir/broker.crt" >"$dir/broker.pem"
    cat >"$dir/secured.properties" <<PROPERTIES
listeners=PLAINTEXT://$host:29092,SECURED://$host:$port,CONTROLLER://127.0.0.1:29093
advertised.listeners=PLAINTEXT://$host:29092,SECURED://$name:9093
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secured.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secured.ssl.keystore.type=PEM
listener.name.secured.ssl.keystore.location=$dir/broker.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
PROPERTIES
}

admin() { java -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$("$root/scripts/fetch-kafka.sh")/libs/*" "$@" >/dev/null; }

# What Strimzi makes of a KafkaUser.
user() {
    local broker=$1 type resource rest operations
    admin kafka.admin.ConfigCommand --bootstrap-server "$broker" --alter --entity-type users --entity-name sluice \
        --add-config "SCRAM-SHA-512=[password=$password]"
    block 'cluster: rights' | sed -n 's/.*{type: \([A-Za-z]*\), name: \([a-z.]*\)\(.*\)}, operations: \[\(.*\)\]}.*/\1 \2 \4/p' |
        while read -r type resource rest; do
            operations=()
            for operation in ${rest//,/ }; do operations+=(--operation "$operation"); done
            case $type in
            topic) set -- --topic "$resource" ;;
            group) set -- --group "$resource" ;;
            transactionalId) set -- --transactional-id "$resource" --resource-pattern-type prefixed ;;
            *) fail "the guide names rights to a $type" ;;
            esac
            admin org.apache.kafka.tools.AclCommand --bootstrap-server "$broker" --add --allow-principal User:sluice \
                "$@" "${operations[@]}"
        done
}

deploy() {
    local host=$1 port=$2 dir=$3 broker=$4 binary=$5 image=$6 topic
    user "$broker"
    for topic in logins logins.scrubbed logins.quarantine; do
        admin org.apache.kafka.tools.TopicCommand --bootstrap-server "$broker" --create --if-not-exists --topic "$topic" --partitions 6
    done
    kubectl create namespace kafka >/dev/null
    kubectl apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Service
metadata: {name: my-cluster-kafka-bootstrap, namespace: kafka}
spec: {ports: [{port: 9093, targetPort: $port}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: brokers, namespace: kafka, labels: {kubernetes.io/service-name: my-cluster-kafka-bootstrap}}
addressType: IPv4
ports: [{port: $port}]
endpoints: [{addresses: [$host]}]
YAML
    kubectl -n kafka create secret generic my-cluster-cluster-ca-cert --from-file=ca.crt="$dir/ca.crt" >/dev/null
    kubectl -n kafka create secret generic sluice --from-literal=password="$password" >/dev/null

    # A reader's folder: the chart, the binary on the path.
    mkdir -p "$dir/reader/bin"
    ln -sfn "$root/helm" "$dir/reader/helm"
    ln -sfn "$binary" "$dir/reader/bin/sluice"
    cd "$dir/reader"
    PATH=$PWD/bin:$PATH
    # The image is in no registry, and the machine is small.
    block values | sed "s#^image: .*#image: {repository: ${image%:*}, tag: ${image##*:}, pullPolicy: Never}#" >values.yaml
    echo 'resources: {requests: {cpu: 50m, memory: 192Mi}, limits: {memory: 192Mi}}' >>values.yaml
    kubectl get namespace sluice >/dev/null 2>&1 && kubectl delete namespace sluice --wait >/dev/null
    bash -euo pipefail -c "$(block 'cluster: secrets')" >/dev/null
    bash -euo pipefail -c "$(block 'cluster: install')"
    printf '{"email":"ann@example.com"}\n' | kcat -P -b "$broker" -t logins -p 0

    exec 3< <(exec bash -c "exec $(block 'cluster: forward')" 2>&1)
    local forward=$! line
    # shellcheck disable=SC2064 # its number now
    trap "kill $forward" EXIT
    read -r line <&3 && [[ $line == Forwarding* ]] || fail "port-forward: $line"
    bash -euo pipefail -c "$(block 'cluster: look')"
    kcat -C -b "$broker" -t logins.scrubbed -o beginning -c 1 -q | tee "$dir/scrubbed"
    grep -q em_1k1_ "$dir/scrubbed" && ! grep -q example.com "$dir/scrubbed" || fail "no scrubbed event came out"
    helm -n sluice uninstall sluice >/dev/null
}

case "${1:-}" in
listener) shift && listener "$@" ;;
deploy) shift && deploy "$@" ;;
*) sed -n '6,7s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
