#!/bin/bash
# codes.sh: lookups and inserts per second of a codebook, in batches of 512 that
# are durable before the next one, by the batch in the middle: in SQLite and in
# PostgreSQL, and in a table as one writes it in Python (tests/bench/codes.py),
# which neither seals nor has subjects; in parentheses, how many times that. By
# the clock, inserts are what the disk syncs; per CPU second they are not. (Of
# PostgreSQL that is the work of the client.)
#
#	BENCH_ENTRIES=N      instead of half a million
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8
umask 077

entries=${BENCH_ENTRIES:-500000}
bench=$PWD/build/release/tests/bench_codes
dir=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-codes.XXXXXX")
chmod 711 "$dir"
server=
finish() {
	[ -z "$server" ] || tests/harness/postgres.sh stop "$server" || true
	rm -rf "$dir"
}
trap finish EXIT
mkdir "$dir/store"

# row NAME COMMAND...: its figures, and how many times the peer's they are.
row() {
	"${@:2}" >"$dir/said"
	awk -v name="$1" -v peer="${peer:-}" '
	    { figure[NR] = $2 }
	    END {
		num = split(peer, p, " ")
		printf "  %-22s", name
		for (i = 1; i <= NR; i++) {
			ratio = num ? sprintf("(%.1f)", figure[i] / p[i]) : ""
			printf " %12d %-8s", figure[i], ratio
		}
		print ""
	    }' "$dir/said"
}

printf '\nA codebook of %s entries, per second\n' "$entries"
printf '  %-22s %12s %-8s %12s %-8s %12s\n' "" inserts "" "per CPU s" "" lookups
row "a table in Python" /usr/bin/python3 tests/bench/codes.py "$dir/peer" \
    "$entries"
peer=$(awk '{ printf "%s ", $2 }' "$dir/said")
row "SQLite" "$bench" "$dir/store" "$entries"
server=$dir/pg
conninfo=$(tests/harness/postgres.sh start "$server")
row "PostgreSQL, a socket" "$bench" "$conninfo" "$((entries / 5))"
