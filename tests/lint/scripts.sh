#!/bin/bash
# scripts.sh [ROOT]: shell scripts parse and please shellcheck, python parses.
set -u
cd "${1:-.}" || exit 2
status=0
while read -r script; do
	bash -n "$script" || status=1
	shellcheck -x -e SC2119,SC2120 -S warning "$script" || status=1
done < <(find tests deploy .ci -type f \( -name '*.sh' -o -path '.ci/*' \) |
    sort)
while read -r program; do
	/usr/bin/python3 - "$program" <<-'PY' || status=1
	import sys
	with open(sys.argv[1], encoding="utf-8") as file:
	    compile(file.read(), sys.argv[1], "exec")
	PY
done < <(find tests deploy -type f -name '*.py' | sort)
exit $status
