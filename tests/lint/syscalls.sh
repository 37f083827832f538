#!/bin/bash
# syscalls.sh [PROGRAM]: the system calls that each role's jail permits are
# those of tests/lint/syscalls/ROLE.txt, and not more than THREATS allows.
# PROGRAM prints "role call" lines; build/release/tests/print_syscalls if not
# given. Prints the figures. Whoever lets a role do more changes the list, and a reader sees it.
set -u
export LC_ALL=C
program=${1:-build/release/tests/print_syscalls}
lists=$(dirname "$0")/syscalls
ceilings='supervisor 40 keeper 16 auditor 14 opener 20 worker 30 mill 12
policyc 16 console 16 verifier 10 codebook 20 codebook_postgres 20 rootfile 12
rootvault 24'

status=0
if ! printed=$("$program"); then
	echo "$program does not run"
	exit 1
fi
while read -r role; do
	[ -f "$lists/$role.txt" ] || {
		echo "$role: a jail without a list"
		status=1
	}
done < <(cut -d ' ' -f 1 <<<"$printed" | sort -u)
# shellcheck disable=SC2086 # pairs, word by word
while read -r role ceiling; do
	calls=$(awk -v role="$role" '$1 == role { print $2 }' <<<"$printed" |
	    sort)
	number=$(grep -c . <<<"$calls")
	if [ "$number" -eq 0 ] || [ "$number" -gt "$ceiling" ]; then
		echo "$role: $number system calls, the ceiling is $ceiling"
		status=1
	else
		echo "$role: $number of at most $ceiling"
	fi
	difference=$(diff "$lists/$role.txt" <(echo "$calls") | grep '^[<>]')
	if [ -n "$difference" ]; then
		echo "$role: listed (<) and permitted (>):" $difference
		status=1
	fi
done < <(printf '%s %s\n' $ceilings)
exit $status
