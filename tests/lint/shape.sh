#!/bin/bash
# shape.sh [ROOT]: lengths of functions and files, marks of unfinished work,
# places of one machine, what stands at the top level.
set -u
cd "${1:-.}" || exit 2
status=0

complain() {
	echo "$*"
	status=1
}

ours() {
	find crypto policy gateway tests deploy .ci Makefile README.md SECURITY.md \
	    -type f "$@" 2>/dev/null | sort
}

# Bodies, from the brace in column one to the brace in column one.
ours -name '*.c' | xargs -r awk '
	FNR == 1 { start = 0 }
	/^{/ { start = FNR; head = before }
	/^}/ && start {
		if (FNR - start + 1 > 80) {
			print FILENAME ":" start ": " FNR - start + 1 \
			    " lines, the cap is 80: " head
			bad = 1
		}
		start = 0
	}
	{ before = $0 }
	END { exit bad }' || status=1

while read -r lines file; do
	cap=600
	[[ $file != tests/* ]] || cap=700
	[ "$file" = total ] || [ "$lines" -le $cap ] ||
	    complain "$file: $lines lines, the cap is $cap"
done < <(ours \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \) |
    xargs -r wc -l)
[ ! -f Makefile ] || [ "$(wc -l <Makefile)" -lt 200 ] ||
    complain "Makefile: 200 lines or more"

# Spelled in pieces, so that this file does not find itself.
marks="TO""DO|FIX""ME|XX""X|HA""CK"
found=$(ours -not -path 'tests/vectors/*' -not -path 'tests/fuzz/corpus/*' |
    xargs -r grep -nIE "\b($marks)\b")
[ -z "$found" ] || complain "unfinished work:"$'\n'"$found"
places="/wo""rk/|/tmp/ba""sh_jobs|\.\./sha""red"
found=$(ours -not -path 'tests/vectors/*' -not -path 'tests/fuzz/corpus/*' |
    xargs -r grep -nIE "($places)")
[ -z "$found" ] || complain "places of one machine:"$'\n'"$found"

while read -r name; do
	case $name in
	gateway | policy | crypto | tests | deploy | build) ;;
	Makefile | README.md | LICENSE | SECURITY.md | .*) ;;
	*) complain "$name does not belong at the top level" ;;
	esac
done < <(ls)
exit $status
