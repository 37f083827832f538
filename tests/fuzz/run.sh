#!/bin/bash
# run.sh [TARGET ...]: each fuzz target for FUZZ_SECONDS (60), from its corpus,
# FUZZ_JOBS (as many as there are processors) at a time.
#
# Prints inputs per second, with a mark where they are fewer than 5,000, and how
# many inputs reached something new. A crash fails and its input stays in
# build/fuzz/found/. With FUZZ_MERGE=1 inputs of at
# most FUZZ_KEEP (2048) bytes that reach something new join the corpus. Before
# all of that, a target that must fail shows that a failure would be seen.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 TZ=UTC
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
seconds=${FUZZ_SECONDS:-60}
keep=${FUZZ_KEEP:-2048}
jobs=${FUZZ_JOBS:-$(nproc)}
found=build/fuzz/found
top=$(mktemp -d "${TMPDIR:-/tmp}/fuzz.XXXXXX") || exit 2
trap 'rm -rf "$top"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM
mkdir -p "$found"

# run PROGRAM LOG FOLDER...: a time limit of its own beside that of libFuzzer.
run() {
	local program=$1 log=$2
	shift 2
	timeout -k 5 $((seconds + 60)) "$program" -max_total_time="$seconds" \
	    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="$found/$(basename "$program")-" "$@" \
	    >"$log" 2>&1 </dev/null
}

stat_of() {
	sed -n "s/^stat::$1: *//p" "$2"
}

# Four faults: a read past the input, past a large allocation, of one that was
# freed, and one that is kept each time.
self_check() {
	local fault words
	words=('' heap-buffer-overflow use-after-poison use-after-poison \
	    LeakSanitizer)
	cat >"$top/self.c" <<-'C'
	#include <stddef.h>
	#include <stdint.h>
	#include <stdlib.h>
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
	{
		static uint8_t *volatile kept;
		volatile uint8_t seen = 0;
		uint8_t *volatile room = calloc(1, 300001);
		if (FAULT == 4)
			kept = room;
		else if (FAULT != 3)
			seen = room[300000 + (FAULT == 2)];
		if (FAULT != 4)
			free(room);
		if (FAULT == 3)
			seen = room[150000];
		if (FAULT == 1 && len >= 2 && data[0] == 'n' && data[1] == 'o')
			seen = data[len];
		return seen & 0;
	}
	C
	mkdir "$top/none"
	for fault in 1 2 3 4; do
		clang -g -O1 -fsanitize=address,undefined,fuzzer -DFAULT=$fault \
		    -o "$top/self" "$top/self.c" \
		    build/fuzz/obj/tests/harness/fuzz/rooms.o || return 1
		! found=$top run "$top/self" "$top/self.log" "$top/none" &&
		    grep -q "${words[fault]}" "$top/self.log" || return 1
	done
}

# merge TARGET: into the corpus, what is small and reaches something new.
merge() {
	mkdir -p "$top/small"
	find "$top/work-$1" -type f -size -"$((keep + 1))"c \
	    -exec cp -t "$top/small" {} +
	mkdir -p "tests/fuzz/corpus/$1"
	"build/fuzz/tests/fuzz_$1" -merge=1 "tests/fuzz/corpus/$1" \
	    "$top/small" >"$top/merge.log" 2>&1 </dev/null
	rm -rf "$top/small"
}

if ! self_check; then
	echo "run.sh: a target that has a planted fault does not fail:"
	tail -n 5 "$top/self.log"
	exit 1
fi
if [ $# -eq 0 ]; then
	set -- tests/fuzz/fuzz_*.c
	set -- "${@#tests/fuzz/fuzz_}"
	set -- "${@%.c}"
fi
# fuzz TARGET: its log is build/fuzz/TARGET.log; a failure leaves TARGET.failed.
fuzz() {
	local folders=("$top/work-$1")
	mkdir "$top/work-$1"
	[ ! -d "tests/fuzz/corpus/$1" ] || folders+=("tests/fuzz/corpus/$1")
	run "build/fuzz/tests/fuzz_$1" "build/fuzz/$1.log" "${folders[@]}" ||
	    : >"$top/$1.failed"
}

# report TARGET: one line; fails where it did.
report() {
	local log=build/fuzz/$1.log speed
	if [ -e "$top/$1.failed" ]; then
		echo "FAIL $1: $(grep -m 1 -E 'ERROR|runtime error|Assert' \
		    "$log" || tail -n 1 "$log")"
		return 1
	fi
	speed=$(stat_of average_exec_per_sec "$log")
	printf '%-16s %10s %10s %8s%s\n' "$1" \
	    "$(stat_of number_of_executed_units "$log")" "$speed" \
	    "$(stat_of new_units_added "$log")" \
	    "$([ "${speed:-0}" -ge 5000 ] || echo "  below 5000")"
}

running=0
for target; do
	if [ $running -ge "$jobs" ]; then
		wait -n
		running=$((running - 1))
	fi
	fuzz "$target" &
	running=$((running + 1))
done
wait
failures=0
printf '%-16s %10s %10s %8s\n' target executions per-second new
for target; do
	report "$target" || failures=$((failures + 1))
	[ -z "${FUZZ_MERGE-}" ] || [ -e "$top/$target.failed" ] ||
	    merge "$target"
done
echo "$failures failed"
[ $failures -eq 0 ]
