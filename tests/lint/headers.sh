#!/bin/bash
# headers.sh [ROOT]: each header compiles alone, and twice, with our flags,
# and its guard is named after it.
set -u
# Without banned.h, which brings in headers of its own.
eval "flags=($(make -s flags | sed 's/-include [^ ]*//'))"
cd "${1:-.}" || exit 2
status=0
while read -r header; do
	guard=GATEHOUSE_$(basename "$header" | tr 'a-z.' 'A-Z_')
	if ! grep -q "^#ifndef $guard\$" "$header"; then
		echo "$header: the include guard is not $guard"
		status=1
	fi
	# shellcheck disable=SC2154 # eval has just set it
	if ! printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
	    gcc "${flags[@]}" -fsyntax-only -x c - 2>&1; then
		status=1
	fi
done < <(find crypto policy gateway tests -name '*.h' 2>/dev/null | sort)
exit $status
