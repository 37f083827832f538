#!/bin/bash
# Kills of who writes a codebook: no code that was said to be durable is lost,
# none is given twice. A writer that does not wait for its commit is found.
#
#	CODEBOOK_ROUNDS=N    kills, instead of 20
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1

writer=$PWD/build/release/tests/torture_codebook
mkdir "$gw_top/codebook" "$gw_top/mutant"
shown "each code that was said is there, none is given twice" \
    "$writer" "$gw_top/codebook" "${CODEBOOK_ROUNDS:-20}"
ok "a writer that does not wait for its commit is found" not \
    "$writer" -m "$gw_top/mutant" 1000
cp "$gw_top/said" "$gw_top/mutant.said"
has "by a code that is lost" "$gw_top/mutant.said" "lost its code"
