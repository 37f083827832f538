#!/bin/bash
# time limit: 240
# Seeds and epochs: keys are rotated under load, and one answer is of one epoch;
# a scope is destroyed, and nobody links its codes any more, with all that is
# left; what was put back, lost, torn or is not known is refused, with a line.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
log=$gw_dir/gatehouse.log
scopes=$gw_dir/keys/scopes
scope=card-fraud:bank/cards:shop
raw=$gw_dir/data/bank/cards/cards.csv
root=$gw_dir/keys/root.sealed
(
	umask 022
	awk 'BEGIN {
		print "iban,holder,birth,postcode,amount,merchant,objected,is_fraud"
		for (i = 0; i < 100000; i++)
			printf "CNRYI%04d,CNRYH,1950-05-06,20000,1.50,Shop,no,0\n",
			    i % 1000
	}' >"$gw_dir/data/bank/cards/huge.csv"
)
gw_start

key() {
	gw_tool key "$@"
}
epochs() {
	/usr/bin/python3 tests/harness/epochs.py "$@"
}
# read_codes FILE: what /fraud delivers by now, but for those sent elsewhere.
read_codes() {
	local tries
	for ((tries = 0; tries < 50; tries++)); do
		gw BANK01 GET /fraud/cards.csv --source 127.9.0.1
		[ "$status" = 503 ] || break
		sleep 0.1
	done
	cp "$body" "$1"
}
# slowly FILE: a reader who stops half-way until FILE.go.
slowly() {
	local tries
	epochs slow "$url" "$gw_dir/tls/ca.pem" "$(gw_secret_file BANK01)" \
	    /fraud/huge.csv "$1" &
	slow_pid=$!
	for ((tries = 0; tries < 300; tries++)); do
		[ ! -s "$1" ] || return 0
		sleep 0.1
	done
}
# key_records WORD...: how many records of keys have all of these.
key_records() {
	local found word
	found=$(gw_records | grep '"kind": "key"')
	for word in "$@"; do
		found=$(grep -F -- "$word" <<<"$found")
	done
	grep -c . <<<"$found"
}
epoch_of() {
	sed -n 2p "$1" | sed 's/^p\([0-9]*\)_.*/\1/'
}

# ---- the first start makes it ----------------------------------------------------

is "keys/scopes is there, and its owner's alone" "$(stat -c %a "$scopes")" 600
is "with one epoch of one scope: others deliver no codes" \
    "$(grep -c '^scope ' "$scopes")" 1
is "the ledger says that it was opened" \
    "$(key_records '"outcome": "opened"' '"epoch": 1,' '"scope-tag": "')" 1
is "and nothing of the seed" "$(grep -rcF "$(awk '/^scope/ { print $NF }' \
    "$scopes")" "$gw_dir/state/ledger" | grep -vc ':0$')" 0
read_codes "$gw_top/first"
is "codes are of epoch 1" "$(epoch_of "$gw_top/first")" 1
key list --json
is "key list: status" "$status" 0
is "it says who delivers them" "$(/usr/bin/python3 -c 'import json, sys
for row in json.load(sys.stdin):
    print(*(row[k] for k in ("scope", "epoch", "state", "agreements")))' \
    <"$gw_top/out")" "$scope 1 live fraud"
key export-public
ok "key export-public has the ledger's" grep -qF \
    "$(cat "$gw_dir/keys/ledger.vkey")" "$gw_top/out"
has "and whom slots are for" "$gw_top/out" \
    "$(age-keygen -y "$gw_dir/keys/spool.key")"
key status --json
has "key status says what there is" "$gw_top/out" '"epochs-live":	1,'

# ---- rotation under load ---------------------------------------------------------

epochs read "$url" "$gw_dir/tls/ca.pem" "$(gw_secret_file BANK01)" \
    /fraud/cards.csv "$gw_top/load" 3 &
load=$!
slowly "$gw_top/slow"
for ((i = 2; i <= 6; i++)); do
	# shellcheck disable=SC2046 # a scope, or none: all
	key rotate $([ $((i % 2)) = 0 ] || echo "$scope")
	is "rotation to epoch $i" "$status $(cat "$gw_top/out")" \
	    "0 $scope epoch $i live"
done
touch "$gw_top/slow.go"
wait $slow_pid
is "who began before the first has all of it" "$(<"$gw_top/slow.end")" whole
is "under the epoch in which he began" "$(tail -n +2 "$gw_top/slow" |
    cut -d _ -f 1 | sort | uniq -c | tr -s ' ')" " 100000 p1"
touch "$gw_top/load.stop"
wait $load
read_codes "$gw_top/sixth"
is "codes of now are of the last one" "$(epoch_of "$gw_top/sixth")" 6
shown "each answer is of one epoch, and what its seed makes; none failed" \
    epochs check "$root" "$scopes" "$raw" 3 "$gw_top/load" \
    "$gw_top"/load.d/* "$gw_top/first" "$gw_top/sixth"
is "each epoch has its record, once" "$(key_records '"outcome": "opened"')" 6
is "the file before is gone" "$(find "$gw_dir/keys" -name 'scopes.*')" ""
cp "$scopes" "$gw_top/backup"

# ---- the end of an old epoch ------------------------------------------------------

key destroy $scope --epoch 1
is "one epoch is destroyed" "$status $(cat "$gw_top/out")" \
    "0 $scope epoch 1 destroyed"
read_codes "$gw_top/again"
ok "those of now are as they were" cmp "$gw_top/again" "$gw_top/sixth"

# ---- the end of all of them -------------------------------------------------------

linked() {
	/usr/bin/python3 tests/harness/link.py "$root" "$raw" "$1" \
	    "$gw_dir/keys" "$gw_dir/state"
}
is "with all keys at hand, each code is linked" "$(linked "$gw_top/sixth")" \
    "36 of 36"
is "but for those of the epoch that was destroyed" \
    "$(linked "$gw_top/first")" "0 of 36"
slowly "$gw_top/cut"
key destroy $scope
is "a scope is destroyed" "$status" 0
touch "$gw_top/cut.go"
wait $slow_pid
is "who read it is cut off" "$(<"$gw_top/cut.end")" cut
is "no code is linked any more, with all that is left" \
    "$(linked "$gw_top/sixth")" "0 of 36"
is "the ledger says of each that it was destroyed" \
    "$(key_records '"outcome": "destroyed"')" 6
read_codes "$gw_top/denied"
is "it is denied" "$status" 403
has "and a party hears why" "$gw_top/denied" "whose key was destroyed"
is "with a reason of its own in the ledger" "$(gw_record |
    grep -c '"reason": "destroyed"')" 1
gw TRAIN01 GET /train/a.csv
is "others are not touched" "$status" 200
key status --json
has "key status says so" "$gw_top/out" '"scopes-destroyed":	1,'
"$stage_bin/gatehouse" status --config "$gw_dir/gatehouse.yaml" \
    >"$gw_top/out"
ok "and status" grep -qE '^scopes-destroyed +1$' "$gw_top/out"
key rotate
is "what is destroyed is not rotated among others" \
    "$status $(cat "$gw_top/out")" "0 "
key rotate $scope
is "the next epoch is opened" "$status $(cat "$gw_top/out")" \
    "0 $scope epoch 7 live"
read_codes "$gw_top/seventh"
is "and served" "$status $(epoch_of "$gw_top/seventh")" "200 7"
is "no code of before comes again" "$(for name in first sixth seventh; do
	cut -d , -f 1 "$gw_top/$name" | sort -u
done | sort | uniq -d)" iban

# ---- what is put back, lost, torn --------------------------------------------------

cp "$scopes" "$gw_top/good"
# refused WHAT WORDS: the file of now is not taken, and what serves goes on.
refused() {
	local before
	before=$(stat -c %s "$log")
	gw_tool reload
	ok "$1: refused" [ "$status" -ne 0 ]
	tail -c "+$((before + 1))" "$log" >>"$gw_top/err"
	has "$1: in words" "$gw_top/err" "$2"
	read_codes "$gw_top/still"
	ok "$1: what serves goes on" cmp "$gw_top/still" "$gw_top/seventh"
}
cp "$gw_top/backup" "$scopes"
refused "a backup of before the destruction" "contradicts what the ledger"
is "the ledger shows that it was tried" \
    "$(key_records '"decision": "denied"' 'destroyed is there again')" 1
stage_stop
not_started() {
	stage_begin >"$gw_top/said" 2>&1
	ok "$1: no start" [ $? -ne 0 ]
	ok "$1: with its line" grep -qF "$2" "$gw_top/said" "$log"
}
not_started "the backup, at a start" "contradicts what the ledger has seen"
cp "$gw_top/good" "$scopes"
gw_start
read_codes "$gw_top/still"
ok "the right one serves again" cmp "$gw_top/still" "$gw_top/seventh"
rm "$scopes"
refused "one that was lost, and drawn anew" "contradicts what the ledger"
head -c 300 "$gw_top/good" >"$scopes"
refused "a torn one" "its end is missing: it is torn"
sed '1s/v1/v2/' "$gw_top/good" >"$scopes"
refused "an unknown version" "scopes:1: it was written by other programs"
cp "$gw_top/good" "$scopes"
gw_tool reload
is "the right one is taken" "$status" 0
key rotate no:such:scope
is "no such scope" "$status" 2
key rotate nonsense
is "no scope at all" "$status" 2

# ---- without a gateway, and on a disk that is full ----------------------------------

stage_stop
key rotate $scope
is "rotated while nobody serves" "$status $(cat "$gw_top/out")" \
    "0 $scope epoch 8 live"
has "which is said" "$gw_top/err" "its next start takes it"
gw_start
read_codes "$gw_top/eighth"
is "the next start has it" "$status $(epoch_of "$gw_top/eighth")" "200 8"

# ---- where codes were made before there were seeds ----------------------------------

stage_stop
rm -r "$gw_dir/state" "$scopes"
mkdir -p "$gw_dir/state/ledger"
touch "$gw_dir/state/ledger/journal"
"$stage_bin/gatehouse" run --config "$gw_dir/gatehouse.yaml" \
    >"$gw_top/said" 2>&1 &
old=$!
for ((tries = 0; tries < 300; tries++)); do
	[ ! -s "$scopes" ] || break
	sleep 0.1
done
kill $old 2>/dev/null
wait $old 2>/dev/null
has "beside a ledger of before, the first epoch is 2" "$scopes" "first-epoch 2"
