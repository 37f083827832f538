#!/bin/bash
# Power cuts, in small: what the real auditor does to its disk is written down,
# and every state is made that a cut could have left after each of its calls:
# writes that were not synced dropped, reordered, torn. From each the ledger
# recovers, without the loss of an acknowledged record. And the harness can
# tell: each auditor that syncs wrongly is caught. The whole campaign, with a
# kernel and a file system that really lose power, is tests/torture/power.sh.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

tests=$PWD/build/release/tests
auditor=$PWD/build/release/libexec/gatehouse/gatehouse-auditor

# run RECORDS [VARIABLE=VALUE...]: the auditor over a new ledger of its own.
run() {
	local records=$1
	shift
	rm -rf "$gw_top/base" "$gw_top/ledger"
	mkdir "$gw_top/ledger"
	"$tests/drive_auditor" -j 262144 - "$gw_top/ledger" "$gw_top/key" 0
	cp -a "$gw_top/ledger" "$gw_top/base"
	env GATEHOUSE_SHIM_LOG=1 "$@" "$tests/drive_auditor" \
	    -p "$tests/ledger_disk.so" -l "$gw_top/log" "$auditor" \
	    "$gw_top/ledger" "$gw_top/key" "$records" >"$gw_top/driven"
}

# states STATUS: of power_states, over what the last run has left.
states() {
	local status
	"$tests/power_states" "$gw_top/log" "$gw_top/base" "$gw_top/ledger" \
	    "$gw_top/key" >"$gw_top/states"
	status=$?
	sed 's/^/# /' "$gw_top/states"
	[ $status = "$1" ]
}

# ended: the status of the last run's auditor.
ended() {
	sed -n 's/^ended //p' "$gw_top/driven"
}

run 100
is "the auditor came to its end" "$(ended)" 0
states 0
is "every state recovers, and nothing acknowledged is gone" $? 0
ok "there were some" test \
    "$(sed -n 's/^\([0-9]*\) states.*/\1/p' "$gw_top/states")" -gt 200

# The kernel tells of a write that failed once; after that a sync succeeds.
for number in 1 7 12; do
	run 100 GATEHOUSE_SHIM_FAIL=$number
	is "sync $number fails: the auditor ends" "$(ended)" 74
	states 0
	is "sync $number fails: nothing acknowledged is gone" $? 0
done

for mutant in no-sync early no-folder-sync retry; do
	fail=0
	[ $mutant != retry ] || fail=7
	run 100 GATEHOUSE_SHIM_MUTANT=$mutant GATEHOUSE_SHIM_FAIL=$fail
	is "mutant $mutant: it seems to work" "$(ended)" 0
	states 1
	is "mutant $mutant: caught" $? 0
done
