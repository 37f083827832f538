#!/bin/bash
# time limit: 120
# A file that is no origin's, through the running gateway: what `transform` and
# `preview` give is what a job gets, codes included; each is decided on and
# recorded like a read, and what breaks off on the way is no result.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
tool=$stage_bin/gatehouse
patients=$gw_dir/data/hospital/patients
cards=$gw_dir/data/bank/cards/cards.csv

# The same as `fraud`, packed.
awk '/- id: fraud$/ { copy = 1 } /- id: overseas$/ { copy = 0 }
    copy { sub("id: fraud", "id: fraud-zst"); print }
    copy && /purpose:/ { print "    compress: zstd" }' \
    "$gw_dir/policy.yaml" >"$gw_top/packed"
cat "$gw_top/packed" >>"$gw_dir/policy.yaml"

# A plan that is longer than any message: 20,000 codes, among them ours.
awk 'BEGIN {
	print "code,chapter"
	for (i = 10; i < 70; i++)
		print "I" i ",circulation, part " i % 7
	for (i = 0; i < 20000; i++)
		printf "Z%05d,chapter %d of the classification\n", i, i % 22
}' | sed 's/,\(.*, .*\)$/,"\1"/' >"$gw_dir/icd.csv"
chmod 644 "$gw_dir/icd.csv"
{
	echo '  - id: chapters'
	sed -n '/- id: train$/,/- id:/p' "$gw_dir/policy.yaml" | sed -e '1d;$d' \
	    -e 's/columns: .*/columns: {sex: keep, diagnosis: group icd.csv}/'
} >"$gw_top/chapters"
cat "$gw_top/chapters" >>"$gw_dir/policy.yaml"
gw_start

# run NAME STATUS VERB ARGUMENTS...: its output goes to $gw_top/out.
run() {
	local name=$1 wanted=$2 status=0 verb=$3
	shift 3
	"$tool" "$verb" --config "$gw_dir/gatehouse.yaml" "$@" \
	    >"$gw_top/out" 2>"$gw_top/err" </dev/null || status=$?
	is "$name: status" "$status" "$wanted"
}
fetch() {
	gw "$@"
	is "GET $3" "$status" 200
	cp "$body" "$gw_top/got"
}
same() {
	ok "$1: byte for byte what a job gets" cmp "$gw_top/got" "$2"
}

# ---- what a job gets -------------------------------------------------------

fetch TRAIN01 GET /train/a.csv
run "a small file" 0 transform --agreement train --place virginia \
    "$patients/a.csv"
same "a small file" "$gw_top/out"
has "its rows are counted" "$gw_top/err" '^rows: 40 read, 26 released$'
has "and why they are withheld" "$gw_top/err" '^  withheld: 14, no consent$'

# Larger than every pipe, by a pipe, into a file.
fetch TRAIN01 GET /train/big.csv
ok "a pipe in, a file out" bash -o pipefail -c '
	cat "$1" | "$2" transform --config "$3" --agreement train \
	    --place virginia --output "$4"' - "$patients/big.csv" "$tool" \
    "$gw_dir/gatehouse.yaml" "$gw_top/made"
same "a large file" "$gw_top/made"
is "a file of its own" "$(stat -c %a "$gw_top/made")" 600

fetch BANK01 GET /fraud/cards.csv --source 127.9.0.1
run "pseudonyms" 0 transform --agreement fraud --place frankfurt "$cards"
same "pseudonyms" "$gw_top/out"
has "codes are there" "$gw_top/out" '^p1_[a-z2-7]{26},'
fetch BANK01 GET /fraud-zst/cards.csv.zst --source 127.9.0.1
run "packed" 0 transform --agreement fraud-zst --place frankfurt "$cards"
same "packed" "$gw_top/out"

status=0
"$tool" transform --test-key --policy "$gw_dir/policy.yaml" --agreement fraud \
    <"$cards" >"$gw_top/thrown" 2>"$gw_top/err" || status=$?
is "with a test key: status" "$status" 0
gw BANK01 GET /fraud/cards.csv --source 127.9.0.1
cp "$body" "$gw_top/got"
ok "other codes" not cmp -s "$gw_top/got" "$gw_top/thrown"
ok "and else the same" cmp <(cut -d, -f2- "$gw_top/got") \
    <(cut -d, -f2- "$gw_top/thrown")

fetch TRAIN01 GET /chapters/big.csv
"$tool" transform --test-key --policy "$gw_dir/policy.yaml" \
    --agreement chapters "$patients/big.csv" >"$gw_top/thrown" 2>"$gw_top/err"
same "a long table, without a gateway" "$gw_top/thrown"
run "a long table" 0 transform --agreement chapters --place virginia \
    "$patients/big.csv"
same "a long table" "$gw_top/out"
has "rows are grouped" "$gw_top/out" 'circulation, part 3'
gw BANK01 GET /fraud/cards.csv --source 127.9.0.1
cp "$body" "$gw_top/got"

run "preview" 0 preview --agreement fraud --place frankfurt --rows 3 "$cards"
ok "the names and the first rows, as delivered" \
    cmp <(head -n 4 "$gw_top/got") "$gw_top/out"
run "preview of what is packed" 0 preview --agreement fraud-zst \
    --place frankfurt --rows 3 "$cards"
ok "is unpacked" cmp <(head -n 4 "$gw_top/got") "$gw_top/out"
gw TRAIN01 GET /train/big.csv
run "preview of a large file" 0 preview --agreement train --place virginia \
    --rows 5 "$patients/big.csv"
ok "ends early" cmp <(head -n 6 "$body") "$gw_top/out"
ok "an endless input ends with it" timeout 30 bash -c '
	{ head -n 1 "$1"; yes "$(sed -n 3p "$1")"; } | "$2" preview \
	    --config "$3" --agreement fraud --place frankfurt' - "$cards" \
    "$tool" "$gw_dir/gatehouse.yaml"

# ---- what it does not give ---------------------------------------------------

denied() {
	local name=$1 pattern=$2
	shift 2
	run "$name" 6 "$@"
	has "$name: says so" "$gw_top/err" "$pattern"
	is "$name: nothing came out" "$(stat -c %s "$gw_top/out")" 0
}
denied "an agreement that is none" 'no such agreement' \
    transform --agreement nothing --place virginia "$cards"
denied "one that is over" '`pilot` ended on 2026-01-31' \
    transform --agreement pilot --place virginia "$patients/a.csv"
denied "another place" 'does not name the place `virginia`' \
    transform --agreement fraud --place virginia "$cards"
denied "no such place" 'no such place' \
    transform --agreement fraud --place moon "$cards"
denied "a guardrail" 'guardrail `bank-stays-in-eea` forbids it' \
    preview --agreement overseas --place virginia "$cards"

broken=$gw_dir/data/hospital/broken
run "a bad record" 1 transform --agreement broken --place virginia \
    "$broken/early.csv"
has "which one" "$gw_top/err" 'near record 3: csv: more fields'
is "nothing came out" "$(stat -c %s "$gw_top/out")" 0
run "a bad end" 1 transform --agreement broken --place virginia \
    --output "$gw_top/part" "$broken/late.csv"
has "where" "$gw_top/err" 'near record 200002: '
ok "a part is no file" not test -e "$gw_top/part"
ok "nor is anything beside it" test -z "$(find "$gw_top" -name 'part.*')"
run "no such column" 1 transform --agreement broken --place virginia \
    "$broken/column.csv"

run "a policy of one's own" 2 transform --policy "$gw_dir/policy.yaml" \
    --agreement train --place virginia
has "is for a test key" "$gw_top/err" 'policy is for --test-key'
run "no place" 2 transform --agreement train
run "no such file" 1 transform --agreement train --place virginia \
    "$gw_top/nothing"

# ---- left half-way -----------------------------------------------------------

# It waits for more of its input when it is killed: the mill is free again.
mkfifo "$gw_top/fifo"
mill_ids() {
	gw_pids mill | sort | tr '\n' ' '
}
before=$(mill_ids)
"$tool" transform --config "$gw_dir/gatehouse.yaml" --agreement train \
    --place virginia <"$gw_top/fifo" >"$gw_top/half" 2>/dev/null &
half=$!
exec 7>"$gw_top/fifo"
head -c 3000000 "$patients/big.csv" >&7
for ((tries = 0; tries < 300; tries++)); do
	[ ! -s "$gw_top/half" ] || break
	sleep 0.1
done
ok "some of it was out" test -s "$gw_top/half"
kill -9 $half
wait $half 2>/dev/null
for ((tries = 0; tries < 300; tries++)); do
	[ "$(mill_ids)" = "$before" ] ||
	    [ "$(gw_pids mill | wc -l)" -ne 2 ] || break
	sleep 0.1
done
ok "its mill made way for another" test "$(mill_ids)" != "$before"
is "and there are as many as before" "$(gw_pids mill | wc -l)" 2
exec 7>&-

if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$gw_top" "$gw_dir" "$gw_dir/run"
	chmod 644 "$gw_dir/gatehouse.yaml"
	chmod 777 "$gw_dir/run/admin.sock"
	status=0
	setpriv --reuid 65533 --clear-groups "$tool" transform \
	    --config "$gw_dir/gatehouse.yaml" --agreement train \
	    --place virginia </dev/null >"$gw_top/out" 2>"$gw_top/err" ||
	    status=$?
	is "another user is refused" "$status" 75
	has "and told who is not" "$gw_top/err" 'of root and of its own user'
	chmod 600 "$gw_dir/run/admin.sock"
else
	skip 2 "only root can be somebody else"
fi

# ---- the ledger --------------------------------------------------------------

stage_stop
run "no gateway" 75 transform --agreement train --place virginia \
    "$patients/a.csv"
has "says so" "$gw_top/err" 'no gateway is running'
has "and what goes without one" "$gw_top/err" 'without a gateway there is --test-key'
gw_settle=3 gw_records >"$gw_top/records"
ok "every one is a record" /usr/bin/python3 - "$gw_top/records" "$(id -u)" <<'PY'
import json, sys
all = [json.loads(line) for line in open(sys.argv[1])]
mine = [r for r in all if r.get("command") in ("transform", "preview")]
assert {r["uid"] for r in mine} == {int(sys.argv[2])}
intents = [r for r in mine if r["kind"] == "intent"]
ends = [r for r in mine if r["kind"] in ("complete", "interrupted")]
assert len(intents) == len(ends) == 13, (len(intents), len(ends))
assert {all[r["intent"]]["request"] for r in ends} == \
    {r["request"] for r in intents}
first = intents[0]
assert first["agreement"] == "train" and first["place"] == "virginia"
assert first["columns"][0] == {"name": "birth_date", "protection": "year"}
assert first["contract"] == "C-1" and first["dataset"] == "hospital/patients"
end = next(r for r in ends if all[r["intent"]] == first)
assert end["outcome"] == "delivered" and end["bytes"] > 0
assert end["rows"] == {"read": 40, "released": 26,
    "withheld": {"no consent": 14}}, end
assert [r["kind"] for r in ends].count("interrupted") == 1
assert [r.get("outcome") for r in ends].count("cut") == 3
denied = [r for r in mine if r["kind"] == "denied"]
assert [r["reason"] for r in denied] == ["unknown-bucket", "expired",
    "other-place", "no-place", "guardrail"], denied
PY
ok "the ledger verifies" "$tool" audit verify "$gw_dir/state/ledger" \
    --key "@$gw_dir/keys/ledger.vkey"
ok "no secret in the log" gw_no_canary "$gw_dir/gatehouse.log"

# ---- longer than a mill takes --------------------------------------------------

awk 'BEGIN {
	print "code,chapter"
	for (i = 0; i < 50000; i++)
		printf "Z%05d,%090d\n", i, i % 22
}' >"$gw_dir/icd.csv"
status=0
"$tool" policy check "$gw_dir/policy.yaml" >"$gw_top/out" 2>"$gw_top/err" ||
    status=$?
is "policy check of a table that is too long" "$status" 3
has "says what and where" "$gw_top/err" \
    'E121.*|agreement `chapters` compiles to more than 4 MiB'
has "and what to do" "$gw_top/err" 'group by a shorter table'
ok "the gateway does not start with it" not timeout 30 "$tool" run \
    --config "$gw_dir/gatehouse.yaml"
