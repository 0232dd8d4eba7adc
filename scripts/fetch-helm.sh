#!/usr/bin/env bash
# Makes sure that helm and promtool are there, and prints the folder of helm. helm is built from its Go module, once,
# into the cache that tests/kubernetes uses, too.
set -euo pipefail
helm=v3.19.0
bin=${KUBE_CACHE:-$HOME/.cache/one-node-kube}/bin

if [ ! -x "$bin/helm" ]; then
    command -v go >/dev/null || { echo "chart: Go is missing, which builds helm $helm; or put helm into $bin" >&2; exit 1; }
    echo "chart: building helm $helm into $bin" >&2
    GOBIN=$bin CGO_ENABLED=0 GOFLAGS=-trimpath GOTOOLCHAIN=local go install \
        -ldflags "-s -w -X helm.sh/helm/v3/internal/version.version=$helm" "helm.sh/helm/v3/cmd/helm@$helm" >&2
fi
if ! command -v promtool >/dev/null; then
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { echo "chart: promtool is missing (Debian: prometheus)" >&2; exit 1; }
    echo "chart: installing prometheus, for promtool" >&2
    apt-get -qq update >&2
    # Without its services: only the programs are wanted.
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends prometheus >&2
fi
echo "$bin"
