#!/bin/bash
# run.sh [PATTERN ...]: the campaigns that are too long for `make check`, one
# after the other, for some of them measure. Each is a script beside this one
# that prints TAP points and, as comments, its figures; soak.sh and mixture.sh
# have a target of their own. The logs stay in build/torture/.
set -u
cd "$(dirname "$0")/../.." || exit 2

# chosen NAME PATTERN...: one of the patterns is in it, or there are none.
chosen() {
	local pattern
	[ $# -gt 1 ] || return 0
	for pattern in "${@:2}"; do
		[[ $1 != *$pattern* ]] || return 0
	done
	return 1
}

campaigns=()
for script in tests/torture/*.sh; do
	case $(basename "$script" .sh) in
	run | soak | mixture) ;;
	*) ! chosen "$script" "$@" || campaigns+=("$script") ;;
	esac
done
tests/harness/check.sh -o build/torture -t 7200 -j 1 -p "${campaigns[@]}" \
    >build/torture.summary
status=$?
for script in "${campaigns[@]}"; do
	sed -n "s/^# /$(basename "$script" .sh): /p" \
	    "build/torture/program-$(basename "$script").log"
done
cat build/torture.summary
exit $status
