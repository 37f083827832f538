#!/bin/bash
# slow.sh [CONNECTIONS]: ten thousand clients, unless told otherwise, that hold
# what they get, in each of four manners, from twenty addresses; two thousand more
# a second where that costs no handshake, so that there are more than may be, else
# five hundred. And one good client, whose 99th percentile stays within twice what
# it was before. Also what a connection costs in memory, and that each one is cut
# in the end: at the deadline of handshake and head, for the slow rate of reading,
# or because there are newer ones.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# shellcheck source=tests/harness/slow.sh
. tests/harness/slow.sh
ulimit -n "$(ulimit -Hn)"
gw_make
# The readers are at the place from which they may read.
sed -i 's|seen-as: \[127.0.0.1/32\]|seen-as: [127.0.0.0/16]|' \
    "$gw_dir/policy.yaml"
# Larger than what kernels hold for a reader who does not read.
(umask 022; gw_patients big.csv 1500000 1000)
gw_start
number=${1:-10000}
addresses=20

gw TRAIN01 GET /train/big.csv
is "the large object is there" "$status" 200
slow_request TRAIN01 /train/a.csv "$gw_top/small"
slow_request TRAIN01 /train/big.csv "$gw_top/large"

# memory: of all workers, in KiB, into total. It starts no process: on a small
# machine this harness would be the load that it measures.
memory() {
	local pid name value _
	total=0
	for pid in "${workers[@]}"; do
		while read -r name value _; do
			[ "$name" != RssAnon: ] || ((total += value))
		done <"/proc/$pid/status"
	done
}

# held_now: what is held of KIND now, into held.
held_now() {
	local lines
	mapfile -t lines <"$gw_top/slow-$1"
	read -r _ held _ <<<"${lines[-1]-0 0}"
}

# good_client SECONDS: its answers, and its percentiles in microseconds.
good_client() {
	nice -n -15 build/release/tests/bench_load "$stage_port" "$gw_dir/tls/ca.pem" \
	    "$gw_top/small" 1 "$1" 0 >"$gw_top/good" 2>&1 || return 1
	cut -d' ' -f1,4,5 "$gw_top/good"
}

# campaign KIND COUNT RATE KIB: attack and judge; KIB is what one may cost.
campaign() {
	local kind=$1 count=$2 rate=$3 most_kib=$4
	local idle during before peak=0 most=0 total held
	# Another gateway, which has no memory that an attack before has left it.
	stage_stop
	gw_start
	mapfile -t workers < <(gw_pids worker)
	idle=$(good_client 15)
	memory
	before=$total
	slow_begin "$kind" "$count" $addresses "$rate" "$gw_top/large"
	slow_until 30 "$kind" '$2 > 0'
	good_client 25 >"$gw_top/during" &
	local client=$!
	while kill -0 $client 2>/dev/null; do
		memory
		((total <= peak)) || peak=$total
		held_now "$kind"
		((held <= most)) || most=$held
		sleep 0.5
	done
	wait $client
	is "$kind: the good client is served throughout" $? 0
	during=$(<"$gw_top/during")
	echo "# $kind: good client, answers p50 p99: idle $idle, then $during"
	echo "# $kind: $(slow_now "$kind") (opened, held, cut, first held, s)"
	awk -v kind="$kind" -v a="$before" -v b="$peak" -v n="$most" 'BEGIN {
		printf "# %s: %d held, %.1f KiB each\n", kind, n,
		    n ? (b - a) / n : 0 }'
	ok "$kind: its p99 is within twice the idle one" awk \
	    -v idle="${idle##* }" -v now="${during##* }" \
	    'BEGIN { exit !(now > 0 && now <= 2 * idle) }'
	ok "$kind: a connection costs $most_kib KiB at most" test \
	    $(((peak - before) / (most > 0 ? most : 1))) -le "$most_kib"
}

for kind in tcp:2000 hello:2000 head:500; do
	campaign "${kind%:*}" "$number" "${kind#*:}" 64
	kind=${kind%:*}
	ok "$kind: every one is cut" slow_until 120 "$kind" \
	    "\$1 == $number && \$2 == 0 && \$3 == $number"
	slow_end "$kind"
done

# A reader has a right to read, and keeps a record open: a tenth of them, each
# with a buffer of what is sealed for it (TLS_MAX_WRITE, 144 KiB). Our end is
# closed while the other one does not hear of it: asked is the kernel.
held_by_us() {
	awk -v port="$(printf %04X "$stage_port")" '
	    { split($2, at, ":") }
	    at[2] == port && $4 == "01" { num++ }
	    END { print num + 0 }' /proc/net/tcp
}

nobody_held() {
	local tries
	for ((tries = 0; tries < 120; tries++)); do
		[ "$(held_by_us)" -gt 0 ] || return 0
		sleep 1
	done
	held_by_us
	return 1
}
campaign reader $((number / 10)) 200 $((144 + 64))
ok "reader: every one is cut" nobody_held
slow_end reader
gw_records >"$gw_top/records"
is "and its record says so" "$(grep -c '"outcome": "cut"' "$gw_top/records")" \
    $((number / 10))
gw TRAIN01 GET /train/a.csv
is "a good client is served afterwards" "$status" 200
