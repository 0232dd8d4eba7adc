#!/bin/sh
# Starts and stops one Kafka node for people; tests start their own (tests/support/kafka.rs).
#
# usage: scripts/kafka.sh start DIR PORT     data, log and process id in DIR; clients connect to 127.0.0.1:PORT,
#                                            the controller takes PORT + 1
#        scripts/kafka.sh stop DIR [PORT]    stops it; the data stays
# KAFKA_HOST names another address to listen at: that of a bridge, for clients in network namespaces. KAFKA_MORE names a
# file of further properties, which count before those here.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# 16 bytes in URL-safe base64: any will do for a node that meets no other.
cluster_id=c2x1aWNlLXRlc3Qtbm9kZQ

usage() {
    sed -n '4,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

start() {
    dir=$1 port=$2 host=${KAFKA_HOST:-127.0.0.1}
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    if [ -f "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null; then
        echo "kafka: runs already in $dir (process $(cat "$dir/pid"))" >&2
        exit 1
    fi
    home=$("$here/fetch-kafka.sh")
    {
        cat "$here/kafka/server.properties"
        echo "controller.quorum.voters=1@127.0.0.1:$((port + 1))"
        echo "listeners=PLAINTEXT://$host:$port,CONTROLLER://127.0.0.1:$((port + 1))"
        echo "advertised.listeners=PLAINTEXT://$host:$port"
        echo "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
        echo "log.dirs=$dir/data"
        [ -z "${KAFKA_MORE:-}" ] || cat "$KAFKA_MORE"
    } >"$dir/server.properties"
    log=-Dorg.slf4j.simpleLogger.defaultLogLevel=warn
    java $log -cp "$home/libs/*" kafka.tools.StorageTool format --ignore-formatted \
        -t "$cluster_id" -c "$dir/server.properties" >"$dir/log" 2>&1 || {
        cat "$dir/log" >&2
        exit 1
    }
    nohup java -Xmx1g $log -cp "$home/libs/*" kafka.Kafka "$dir/server.properties" >>"$dir/log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
    # Ready is when the broker answers a client.
    n=0
    until java $log -cp "$home/libs/*" org.apache.kafka.tools.BrokerApiVersionsCommand \
        --bootstrap-server "$host:$port" >/dev/null 2>&1; do
        n=$((n + 1))
        if ! kill -0 "$(cat "$dir/pid")" 2>/dev/null || [ $n -ge 20 ]; then
            echo "kafka: did not start; its log is $dir/log:" >&2
            tail -n 20 "$dir/log" >&2
            exit 1
        fi
    done
    echo "kafka: $host:$port (process $(cat "$dir/pid"), log $dir/log)"
}

stop() {
    dir=$1
    [ -f "$dir/pid" ] || {
        echo "kafka: nothing runs in $dir" >&2
        exit 1
    }
    pid=$(cat "$dir/pid")
    kill "$pid" 2>/dev/null || true
    n=0
    while kill -0 "$pid" 2>/dev/null; do
        n=$((n + 1))
        # A clean stop takes a second or two; after ten the process is ended.
        [ $n -lt 100 ] || kill -9 "$pid" 2>/dev/null || true
        sleep 0.1
    done
    rm -f "$dir/pid"
}

case "${1:-}" in
start) [ $# -eq 3 ] || usage && start "$2" "$3" ;;
stop) [ $# -ge 2 ] || usage && stop "$2" ;;
*) usage ;;
esac
