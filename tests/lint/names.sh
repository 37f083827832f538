#!/bin/bash
# names.sh [OBJECTS]: foo.c exports foo_* and nothing else, main apart.
# OBJECTS is the folder of compiled files, build/release/obj if not given.
set -u
cd "${1:-build/release/obj}" || exit 2
status=0
while read -r object; do
	stem=$(basename "$object" .o)
	other=$(nm -P --defined-only --extern-only "$object" |
	    awk -v stem="$stem" '$1 != "main" && $1 != stem &&
	        index($1, stem "_") != 1 && $1 !~ /^__/ { print $1 }')
	if [ -n "$other" ]; then
		echo "${object%.o}.c exports" $other
		status=1
	fi
done < <(find crypto policy gateway -name '*.o' 2>/dev/null | sort)
exit $status
