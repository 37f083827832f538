#!/bin/bash
# time limit: 240
# A long ledger: the first start reads all of it, and later ones only what came
# after its summary; so the gateway is back soon, however long it is. What a
# summary does not agree with is found.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

records=40000
gw_make
ledger=$gw_dir/state/ledger
gw_long_ledger $records 7
cp -a "$ledger" "$gw_top/older"

# read_by LINE: how many records the auditor has read that said so there.
read_by() {
	grep '^role-ready .*program=auditor ' "$gw_dir/gatehouse.log" |
	    sed -n "$1s/.* read=\([0-9]*\).*/\1/p"
}

# within NAME LEAST MOST VALUE
within() {
	echo "# $1: ${4:-nothing}"
	ok "$1" test "${4:--1}" -ge "$2" -a "${4:--1}" -le "$3"
}

gw_start
within "the first start reads all" $((records + 7)) $((records + 7)) \
    "$(read_by 1)"
gw TRAIN01 GET /train/a.csv
is "served" "$status" 200
for _ in {1..100}; do
	[ ! -e "$ledger/summary" ] || break
	sleep 0.1
done
ok "there is a summary" test -e "$ledger/summary"

kill -KILL "$(gw_pids auditor)"
ok "after a kill: served" gw_until_served
within "the next auditor reads what came after" 0 9000 "$(read_by 2)"
gw TRAIN01 GET /train/b.csv
is "and goes on" "$status" 200
ok "all of it is there" test "$(gw_records | wc -l)" -gt $records
ok "and is as it was signed" build/bin/gatehouse audit verify "$ledger" \
    --key "@$gw_dir/keys/ledger.vkey"

stage_stop
gw_start
within "so does a new start" 0 9000 "$(read_by '$')"

# A summary that is not ours is none.
stage_stop
cp "$ledger/summary" "$gw_top/summary"
printf 'x' | dd of="$ledger/summary" bs=1 seek=60 conv=notrunc status=none
gw_start
within "with another summary all is read" $records $((3 * records)) \
    "$(read_by '$')"
gw TRAIN01 GET /train/a.csv
is "and it serves" "$status" 200
stage_stop

# Of the ledger that was there before the summary was.
rm -rf "$ledger"
cp -a "$gw_top/older" "$ledger"
cp "$gw_top/summary" "$ledger/summary"
[ "$(id -u)" -ne 0 ] || chown -R 64001:64001 "$ledger"
ok "a ledger that was put back does not start" not stage_begin
has "and the log says so" "$gw_dir/gatehouse.log" \
    "^ledger-altered role=auditor record=$records .*covers less"
