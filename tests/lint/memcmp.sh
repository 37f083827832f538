#!/bin/bash
# memcmp.sh [ROOT]: memcmp stops at the first difference, so that its time
# tells how much was right: never over a MAC, a tag, a signature or a secret.
# Each use in what is shipped was looked at and is counted in memcmp.txt, with
# why it compares nothing secret; one more, and somebody has to look.
set -u
cd "${1:-.}" || exit 2
list=tests/lint/memcmp.txt
status=0

complain() {
	echo "$*"
	status=1
}

[ -f $list ] || { echo "$list is missing"; exit 1; }
while read -r file count why; do
	[[ $count =~ ^[1-9][0-9]*$ ]] || complain "$list: $file has no count"
	[ -n "$why" ] || complain "$list: $file does not say why"
done < <(grep -v '^#' $list)

# A name that ends in memcmp (sodium_memcmp) is another function.
found=$(find crypto policy gateway -name '*.[ch]' -print0 2>/dev/null |
    xargs -0 -r grep -owHE 'memcmp|bcmp' | cut -d: -f1 | sort | uniq -c |
    awk '{ print $2 " " $1 }')
listed=$(grep -v '^#' $list | awk '{ print $1 " " $2 }' | sort)
difference=$(diff <(echo "$listed") <(echo "$found") | grep '^[<>]')
[ -z "$difference" ] ||
    complain "memcmp, listed (<) and found (>):"$'\n'"$difference"
exit $status
