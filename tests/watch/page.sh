#!/usr/bin/env bash
# The status page in headless Chromium and `sluice top` in a terminal, on a running service. With UPDATE=1 their pictures
# in docs/ are made anew.
#
# usage: tests/watch/page.sh [BINARY]      BINARY: default target/release/sluice
set -euo pipefail
# shellcheck source=tests/watch/service.sh
. "$(dirname "$0")/service.sh"
binary=${1:-$root/target/release/sluice}
export PYTHONDONTWRITEBYTECODE=1
start_service "$binary"

"$root/tests/watch/page.py" "$admin" "$work"

tmux -L "sluice-$$" -f /dev/null new-session -d -x 120 -y 36 "env -u NO_COLOR $binary top $admin"
shown() { tmux -L "sluice-$$" capture-pane -e -p >"$work/top.txt" && grep -q ' MB/s' "$work/top.txt" && ! grep -q '–/s' "$work/top.txt"; }
until_true 30 "sluice top shows rates" shown
sleep 3 # for the picture: a few looks later its rates are steady
tmux -L "sluice-$$" capture-pane -e -p >"$work/top.txt"
tmux -L "sluice-$$" send-keys q
gone() { ! tmux -L "sluice-$$" has-session; }
until_true 10 "q ends it" gone
"$root/tests/watch/terminal.py" "$work/top.txt" "$work/top.png"
for part in 'findings by entity' 'signals by rule' 'partitions' 'logins/0' 'ready'; do
    grep -q "$part" "$work/top.txt" || fail "sluice top does not show: $part"
done
echo "top: shows rates, findings, signals, partitions, workers; q ends it"

if [ -n "${UPDATE:-}" ]; then
    # As small as pictures of a page can be.
    pngquant --force --output "$root/docs/status-page.png" "$work/status-page-light.png"
    pngquant --force --output "$root/docs/status-page-dark.png" "$work/status-page-dark.png"
    pngquant --force --output "$root/docs/top.png" "$work/top.png"
fi
for picture in status-page status-page-dark top; do
    [ "$(stat -c %s "$root/docs/$picture.png")" -lt 200000 ] || fail "docs/$picture.png is larger than 200 kB"
done
