#!/bin/bash
# ledger.sh: how long a million records take to be read back and checked: by
# `audit verify`, and by the auditor before it serves, without a summary and
# with one. CPU seconds, the median
# of BENCH_ROUNDS (3); by the clock in parentheses. At most 3 s are asked for.
#
#	BENCH_RECORDS=N      instead of a million
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8
umask 077

records=${BENCH_RECORDS:-1000000}
rounds=${BENCH_ROUNDS:-3}
tests=$PWD/build/release/tests
auditor=$PWD/build/release/libexec/gatehouse/gatehouse-auditor
dir=$(mktemp -d "${TMPDIR:-/tmp}/gatehouse-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
TIMEFORMAT='%U %S %R'

# median COMMAND...: "CPU-SECONDS (CLOCK)"; what it said is in $dir/said.
median() {
	local i
	for ((i = 0; i < rounds; i++)); do
		{ time "$@" >"$dir/said" 2>&1; } 2>&1
	done | awk '{ printf "%.2f %.2f\n", $1 + $2, $3 }' | sort -n |
	    awk '{ line[NR] = $0 }
	    END { split(line[int((NR + 1) / 2)], t)
	    printf "%s s of CPU (%s s by the clock)", t[1], t[2] }'
}

mkdir "$dir/ledger"
"$tests/make_ledger" "$dir/ledger" "$records" 0 0 "$dir/key" >"$dir/vkey"
printf '\nA ledger of %s records, %s MB; at most 3 s\n' "$records" \
    "$(du -sm "$dir/ledger" | cut -f 1)"
printf '  %-22s %s\n' "gatehouse audit verify" "$(median \
    build/release/bin/gatehouse audit verify "$dir/ledger" --key "@$dir/vkey")"
# The start; one record more; the end. The first one reads all, and leaves a
# summary to the next.
first_start() {
	rm -f "$dir/ledger/summary"
	start
}
start() {
	"$tests/drive_auditor" "$auditor" "$dir/ledger" "$dir/key" 1
}
printf '  %-22s %s\n' "the first start" "$(median first_start)"
printf '  %-22s %s\n' "another start" "$(median start)"
