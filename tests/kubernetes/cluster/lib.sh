# shellcheck shell=bash disable=SC2034
# Settings and helpers for the other scripts, which source this file.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
KUBE_CACHE=${KUBE_CACHE:-$HOME/.cache/one-node-kube} # what build.sh makes
KUBE_RUN=${KUBE_RUN:-/var/lib/one-node-kube}         # state while up; down.sh removes it
KUBE_LOG=${KUBE_LOG:-/var/log/one-node-kube}         # logs; kept until the next up.sh
KUBE_NET=${KUBE_NET:-10.88.0}                        # Pods: $KUBE_NET.0/24, the host: $KUBE_NET.1
IP=$KUBE_NET.1
CTR=(ctr -a "$KUBE_RUN/containerd.sock" -n k8s.io)
export KUBECONFIG=$KUBE_RUN/kubeconfig PATH=$KUBE_CACHE/bin:$PATH:/usr/sbin:/sbin
export NO_PROXY=127.0.0.1,$KUBE_NET.0/24,10.96.0.0/24,.svc,.cluster.local

die() { echo "${0##*/}: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "must run as root"
renice -n "${KUBE_NICE:-10}" -p $$ >/dev/null 2>&1 || true # all that starts from here inherits it
lock() { # run this script again, alone among up.sh and down.sh
  [ "${LOCKED:-}" ] || LOCKED=1 exec flock -o -w 300 /run/lock/one-node-kube "$0"
}

# A process is known by its id and its start time, so that a reused id is never taken for it.
since() { # PID: print its start time; fail when it is gone or a zombie
  local stat f
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra f <<<"${stat##*) }"
  [ "${f[0]}" != Z ] && echo "${f[19]}"
}
alive() { [ "$(since "${1% *}")" = "${1#* }" ]; } # "PID START"
start() { # PROGRAM: run it in the background with the flags in its .args file, and record it
  local args
  mapfile -t args <"$KUBE_RUN/$1.args"
  HTTP_PROXY=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 \
    setsid "$1" "${args[@]}" >>"$KUBE_LOG/$1.log" 2>&1 </dev/null & # no proxy there: no registry
  echo "$1 $! $(since $!)" >>"$KUBE_RUN/pids"
}
running() { # are all the recorded processes alive?
  local name p
  while read -r name p; do
    alive "$p" || { echo "$name has ended, see $KUBE_LOG/$name.log" >&2; return 1; }
  done <"$KUBE_RUN/pids"
}
wait_for() { # SECONDS WHAT COMMAND...: until COMMAND succeeds
  local end=$((SECONDS + $1)) what=$2
  until "${@:3}" >/dev/null 2>&1; do
    running || exit 1
    [ $SECONDS -lt $end ] || die "$what: not ready in time, see $KUBE_LOG"
    sleep 0.3
  done
}
