#!/bin/bash
# tidy.sh [FILE ...]: clang-tidy, by .clang-tidy, over all of our C.
set -u
if [ $# -eq 0 ]; then
	find crypto policy gateway -name '*.c' | sort |
	    xargs -r -n 5 -P "$(nproc)" "$0"
	exit
fi
eval "flags=($(make -s flags CC=clang))"
# shellcheck disable=SC2154 # eval has just set it
clang-tidy --quiet --warnings-as-errors='*' "$@" -- "${flags[@]}" \
    2>/dev/null
