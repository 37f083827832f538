#!/bin/bash
# format.sh [ROOT]: clang-format has nothing to change.
set -u
cd "${1:-.}" || exit 2
find crypto policy gateway tests -name '*.[ch]' 2>/dev/null | sort |
    xargs -r clang-format --dry-run -Werror 2>&1 | grep -E 'error:' |
    awk -F: '{ file[$1]++; if (!($1 in first)) first[$1] = $2 }
	END {
		for (f in file)
			print f ":" first[f] ": clang-format would change it"
		exit length(file) > 0
	}'
