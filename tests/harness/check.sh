#!/bin/bash
# check.sh [PATTERN ...]              run the tests whose name matches, or all
# check.sh -v VARIANT -t SECONDS [PATTERN ...]  units and corpora of that build
# check.sh -o DIR -t SECONDS -j JOBS -p PROGRAM ...  run these programs instead
#
# The list comes from the sources, so that a test that was not built counts as
# a failure: unit tests (release and asan), fuzz corpora (asan), scenarios.
# Every program speaks TAP; a crash, a time-out, a missing plan, a test that
# the plan promised and that did not come are failures of their own. The logs
# stay in build/check/. The last line is "N passed, N failed[, N skipped]".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 TZ=UTC
umask 077

logs=build/check
limit=
programs=
only=
jobs=2
while getopts o:t:j:v:p option; do
	case $option in
	o) logs=$OPTARG ;;
	t) limit=$OPTARG ;;
	j) jobs=$OPTARG ;;
	v) only=$OPTARG ;;
	p) programs=1 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

# One line per test: its name, its time limit in seconds, its command.
list_tests() {
	local source name seconds variant
	for source in tests/unit/unit_*.c; do
		[ -e "$source" ] || continue
		name=$(basename "$source" .c)
		for variant in ${only:-release asan}; do
			echo "$variant/$name ${limit:-120}" \
			    "build/$variant/tests/$name"
		done
	done
	for source in tests/fuzz/fuzz_*.c; do
		[ -e "$source" ] || continue
		name=$(basename "$source" .c)
		variant=${only:-asan}
		echo "$variant/$name ${limit:-120}" \
		    "build/$variant/tests/$name" \
		    "tests/fuzz/corpus/${name#fuzz_}"
	done
	[ -z "$only" ] || return 0
	for source in tests/scenario/[0-9]*.sh; do
		[ -e "$source" ] || continue
		seconds=$(sed -n 's/^# time limit: \([0-9]*\).*/\1/p' "$source")
		echo "scenario/$(basename "$source" .sh) ${seconds:-180} $source"
	done
}

list_programs() {
	local program
	for program in "$@"; do
		echo "program/$(basename "$program") ${limit:-60} $program"
	done
}

wanted() {
	local pattern
	[ $# -gt 1 ] || return 0
	for pattern in "${@:2}"; do
		[[ $1 == *$pattern* ]] && return 0
	done
	return 1
}

# What a test may see of the caller's environment: nothing, but the names in
# INTERFACES.md and what makes it fail louder.
run_one() {
	local seconds=$1 log=$2 home status keep=() name
	shift 2
	home=$(mktemp -d "$tmp/home.XXXXXX")
	for name in GATEHOUSE_TEST_PORT GATEHOUSE_TEST_KEEP; do
		[ -z "${!name:-}" ] || keep+=("$name=${!name}")
	done
	env -i PATH="$PATH" LC_ALL=$LC_ALL TZ=$TZ HOME="$home" \
	    TMPDIR="$tmp" GATEHOUSE_TEST_TMP="$tmp" "${keep[@]}" \
	    CMOCKA_MESSAGE_OUTPUT=TAP MALLOC_PERTURB_=165 \
	    ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
	    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
	    timeout -k 10 "$seconds" "$@" </dev/null >"$log" 2>&1
	status=$?
	echo "exit status $status" >>"$log"
	rm -rf "$home"
}

# Reads a log; prints passed, failed, skipped, and why if something is wrong.
judge() {
	awk '
	{ last = $0 }
	/^1\.\.[0-9]+/ {
		plans++
		split($1, part, "[.][.]")
		planned += part[2]
		if (part[2] == 0 && /# *[Ss][Kk][Ii][Pp]/) { skipped++; none++ }
	}
	/^ok( |$)/ {
		if (/# *[Ss][Kk][Ii][Pp]/) skipped++
		else passed++
		points++
	}
	# cmocka 1.1 writes a skipped test as "not ok N # SKIP".
	/^not ok( |$)/ {
		if (/^not ok [0-9]+ # SKIP/) skipped++
		else failed++
		points++
	}
	/^Bail out!/ { bail = 1 }
	END {
		status = last ~ /^exit status / ? substr(last, 13) + 0 : 255
		why = ""
		if (status == 124 || status == 137) why = "hangs"
		else if (status > 128) why = "crashes, signal " status - 128
		else if (bail) why = "bails out"
		else if (!plans) why = "has no plan"
		else if (points < planned) why = "ends early"
		else if (points > planned) why = "does more than it planned"
		else if (!points && !none) why = "tests nothing"
		else if (status && !failed) why = "exits with " status
		if (why != "") failed++
		else if (!status && failed) why = "fails and exits with 0"
		printf "%d %d %d %s\n", passed, failed, skipped, why
	}' "$1"
}

# Made short: sockets have their paths here, and those are 107 bytes long.
tmp=$(mktemp -d "${GATEHOUSE_TEST_TMP:-${TMPDIR:-/tmp}}/gh.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM
rm -rf "$logs"
mkdir -p "$logs"

if [ -n "$programs" ]; then
	list_programs "$@" >"$logs/list"
else
	list_tests | while read -r name rest; do
		wanted "$name" "$@" && echo "$name $rest"
	done >"$logs/list"
fi

# A unit whose head says "check: waits" is idle for most of its time (a deadline
# of half a minute, a disk): it runs beside the others, and takes no one's place.
mostly_waits() {
	grep -qs '^ \* check: waits$' "tests/unit/${1#*/}.c"
}

slots=()
free_slot() {
	local ended left=() pid
	wait -n -p ended "${slots[@]}"
	for pid in "${slots[@]}"; do
		[ "$pid" = "$ended" ] || left+=("$pid")
	done
	slots=("${left[@]}")
}

while read -r name seconds command; do
	idle=
	mostly_waits "$name" && idle=1
	[ -n "$idle" ] || [ ${#slots[@]} -lt "$jobs" ] || free_slot
	# shellcheck disable=SC2086 # the command is words on purpose
	run_one "$seconds" "$logs/${name//\//-}.log" $command &
	[ -n "$idle" ] || slots+=($!)
done <"$logs/list"
wait

total_passed=0 total_failed=0 total_skipped=0
while read -r name _; do
	log=$logs/${name//\//-}.log
	read -r passed failed skipped why < <(judge "$log")
	total_passed=$((total_passed + passed))
	total_failed=$((total_failed + failed))
	total_skipped=$((total_skipped + skipped))
	if [ "$failed" -gt 0 ]; then
		echo "FAIL $name${why:+: $why}"
		grep -v '^ok ' "$log" | tail -n 60 | sed 's/^/    /'
	else
		echo "ok   $name ($passed)"
	fi
	grep -iE '^(not )?ok .*# *skip|^1\.\.0.*# *skip' "$log" |
	    sed "s|^|skip $name: |"
done <"$logs/list"

summary="$total_passed passed, $total_failed failed"
[ $total_skipped -eq 0 ] || summary+=", $total_skipped skipped"
echo "$summary"
[ $total_failed -eq 0 ] && [ $total_passed -gt 0 ]
