#!/bin/bash
# codebook.sh [ROUNDS]: who writes a codebook is killed a thousand times, unless
# told otherwise; then each of its calls fails, and the power goes at each.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

tests=$PWD/build/release/tests
mkdir "$gw_top/codebook"
shown "kills: no code is lost, none is given twice" \
    "$tests/torture_codebook" "$gw_top/codebook" "${1:-1000}"
ok "failing calls, power cuts: so it is after each of them" \
    "$tests/unit_store_faults" whole
