#!/bin/bash
# lint.sh [NAME ...]: every check that needs no running gateway, or the named
# ones. Zero findings is the rule; a finding is mended, not listed. The
# exceptions stand, with their reasons, in .clang-tidy and in memcmp.txt.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
export PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8
unset MAKEFLAGS MAKELEVEL MFLAGS

jobs=$(nproc)
quiet_make() {
	make --no-print-directory -s -j"$jobs" "$@" 2>&1 |
	    grep -vE '^  (CC|AR|LD) '
	return "${PIPESTATUS[0]}"
}

# Left out, because gcc 12 is known to be wrong about them in code like ours:
#   malloc-leak, file-leak, fd-*: does not follow CLEANUP (attribute cleanup)
#   null-*: takes the result of an out-parameter that TRY guards for unset
analyzer="-fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-fd-leak
  -Wno-analyzer-file-leak -Wno-analyzer-use-of-uninitialized-value
  -Wno-analyzer-null-dereference -Wno-analyzer-possible-null-dereference"

run() {
	case $1 in
	build) quiet_make tests ;;
	analyzer)
		quiet_make B=build/analyzer EXTRA_CFLAGS="$(echo $analyzer)" \
		    build/analyzer/libgatehouse.a build
		;;
	clang) quiet_make B=build/clang CC=clang tests ;;
	roles) quiet_make apart && tests/lint/roles.sh ;;
	*) "tests/lint/$1.sh" ;;
	esac
}

all="selftest format layers shape memcmp scripts headers build names roles
  syscalls clang analyzer tidy"
[ $# -eq 0 ] || all=$*
findings=0
for name in $all; do
	[ -z "${TIMING-}" ] || date +%T
	if output=$(run "$name" 2>&1); then
		echo "ok   $name"
		[ "$name" != syscalls ] || sed 's/^/    /' <<<"$output"
	else
		findings=$((findings + 1))
		echo "FAIL $name"
		sed 's/^/    /' <<<"$output"
	fi
done
[ $findings -eq 0 ] || echo "lint: $findings of the checks found something"
[ $findings -eq 0 ]
