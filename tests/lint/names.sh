#!/bin/bash
# names.sh [OBJECTS]: foo_bar.c exports foo_* and nothing else, main apart.
# Three files have a second word: encode and decode of one format share a file,
# init has nothing to name but the folder, size_ is what span counts in.
# OBJECTS is the folder of compiled files, build/release/obj if not given.
set -u
cd "${1:-build/release/obj}" || exit 2
status=0
while read -r object; do
	stem=$(basename "$object" .o)
	case $stem in
	encode) second=decode_ ;;
	init) second=crypto_ ;;
	span) second=size_ ;;
	*) second=${stem%%_*}_ ;;
	esac
	other=$(nm -P --defined-only --extern-only "$object" |
	    awk -v stem="$stem" -v second="$second" '$1 != "main" &&
	        $1 != stem && index($1, stem "_") != 1 &&
	        index($1, second) != 1 && $1 !~ /^__/ { print $1 }')
	if [ -n "$other" ]; then
		echo "${object%.o}.c exports" $other
		status=1
	fi
done < <(find crypto policy gateway -name '*.o' 2>/dev/null | sort)
exit $status
