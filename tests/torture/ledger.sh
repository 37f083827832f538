#!/bin/bash
# Every bit of a ledger of some 64 KiB: each change is found and named. Takes
# several minutes.
set -eu
cd "$(dirname "$0")/../.."

top=$(mktemp -d "${GATEHOUSE_TEST_TMP:-${TMPDIR:-/tmp}}/t.XXXXXX")
trap 'rm -rf "$top"' EXIT
vkey=$(build/release/tests/make_ledger "$top" "${1:-140}" "${2:-3}" 262144)
mapfile -t files < <(cd "$top" && find checkpoint journal tile -type f)
build/release/tests/torture_ledger "$top" "$vkey" "${files[@]}"
