#!/bin/bash
# Every bit of a ledger of some 64 KiB: each change is found and named. Takes
# several minutes.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

tests=$PWD/build/release/tests
mkdir "$gw_top/ledger"
vkey=$("$tests/make_ledger" "$gw_top/ledger" "${1:-140}" "${2:-3}" 262144)
mapfile -t files < <(cd "$gw_top/ledger" &&
    find checkpoint journal tile -type f)
shown "each bit that is changed is found" "$tests/torture_ledger" \
    "$gw_top/ledger" "$vkey" "${files[@]}"
