#!/bin/bash
# slow.sh [CONNECTIONS]: ten thousand clients, unless told otherwise, that hold
# what they get, in each of four manners, from twenty addresses; two thousand more
# a second where that costs no handshake, so that there are more than may be, else
# five hundred. And one good client, whose 99th percentile stays within twice what
# it was before. Also what a connection costs in memory, and that each one is cut
# in the end: at the deadline of handshake and head, for the slow rate of reading,
# or because there are newer ones.
#
#	SLOW_ROUNDS=N        of each manner (3)
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
rounds=${SLOW_ROUNDS:-3}
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

# p99 KIND WHEN: the median of the rounds; all of them are shown.
p99() {
	echo "# $1: good client, answers p50 p99, $2:" \
	    "$(paste -s -d, "$gw_top/$2-$1")" >&2
	sort -g -k3 "$gw_top/$2-$1" |
	    awk '{ p99[NR] = $3 } END { print p99[int((NR + 1) / 2)] }'
}

# alone KIND: the good client alone, but on cores that are never asleep, as they
# are in an attack, for what the attackers compute: a core that sleeps has to be
# woken, and one that does not is taken away by a host, if there is one.
alone() {
	local cores=() core status
	for ((core = $(nproc); core > 0; core--)); do
		chrt --idle 0 sh -c 'while :; do :; done' &
		cores+=($!)
	done
	good_client 15 >>"$gw_top/idle-$1"
	status=$?
	kill "${cores[@]}"
	wait "${cores[@]}" 2>/dev/null
	return $status
}

# attack KIND COUNT RATE KIB: what one of them may cost.
attack() {
	local kind=$1 count=$2 rate=$3 most_kib=$4
	local before peak=0 most=0 total held
	# Another gateway, which has no memory that an attack before has left it.
	stage_stop
	gw_start
	mapfile -t workers < <(gw_pids worker)
	ok "$kind: the good client is served before" alone "$kind"
	memory
	before=$total
	slow_begin "$kind" "$count" $addresses "$rate" "$gw_top/large"
	slow_until 30 "$kind" '$2 > 0'
	good_client 25 >>"$gw_top/during-$kind" &
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
	echo "# $kind: $(slow_now "$kind") (opened, held, cut, first held, s)"
	awk -v kind="$kind" -v a="$before" -v b="$peak" -v n="$most" 'BEGIN {
		printf "# %s: %d held, %.1f KiB each\n", kind, n,
		    n ? (b - a) / n : 0 }'
	ok "$kind: a connection costs $most_kib KiB at most" test \
	    $(((peak - before) / (most > 0 ? most : 1))) -le "$most_kib"
}

# campaign KIND COUNT RATE KIB CUT...: rounds of attack, after each of which the
# command CUT waits until every one is cut; the machine is not as quick in one
# as in another.
campaign() {
	local kind=$1 count=$2 round
	for ((round = 0; round < rounds; round++)); do
		attack "${@:1:4}"
		ok "$kind: every one is cut" "${@:5}" "$kind" "$count"
		slow_end "$kind"
	done
	ok "$kind: its p99 is within twice the idle one" awk \
	    -v idle="$(p99 "$kind" idle)" -v now="$(p99 "$kind" during)" \
	    'BEGIN { exit !(now > 0 && now <= 2 * idle) }'
}

all_cut() {
	slow_until 120 "$1" "\$1 == $2 && \$2 == 0 && \$3 == $2"
}

for kind in tcp:2000 hello:2000 head:500; do
	campaign "${kind%:*}" "$number" "${kind#*:}" 64 all_cut
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
campaign reader $((number / 10)) 200 $((144 + 64)) nobody_held
gw_records >"$gw_top/records"
is "and its record says so" "$(grep -c '"outcome": "cut"' "$gw_top/records")" \
    $((rounds * number / 10))
gw TRAIN01 GET /train/a.csv
is "a good client is served afterwards" "$status" 200
