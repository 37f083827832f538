#!/bin/bash
# What an officer reads of one request that was made: explained by its records
# alone, whatever the policy says by now.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
(umask 022; gw_patients huge.csv 700000 100000)
gw_start
tool=$stage_bin/gatehouse

# explain NAME STATUS ARGUMENTS...: what it writes goes to $gw_top/out and err.
explain() {
	local name=$1 wanted=$2 result=0
	shift 2
	"$tool" policy explain "$@" >"$gw_top/out" 2>"$gw_top/err" || result=$?
	is "$name: status" "$result" "$wanted"
}
request() {
	sed -n 's/^x-amz-request-id: //p' "$head" | tr -d '\r'
}
says() {
	has "$1" "$gw_top/out" "$2"
}
config=(--config "$gw_dir/gatehouse.yaml")

gw TRAIN01 GET /train/a.csv
read=$(request)
bytes=$(stat -c %s "$body")
gw TRAIN01 GET /train/a.csv --header 'Range: bytes=3-9'
part=$(request)
gw BANK01 GET /overseas/cards.csv
forbidden=$(request)
gw TRAIN01 GET /pilot/a.csv
late=$(request)
gw TRAIN01 GET /train/nothing.csv
nothing=$(request)
gw TRAIN01 GET /
buckets=$(request)
gw_records >"$gw_top/records"

explain "a read" 0 --request "$read" "${config[@]}"
cp "$gw_top/out" "$gw_top/before"
says "a read: the rule, where it stood" \
    "^request $read: ALLOWED by train \\(policy.yaml:[0-9]+\\), .*Z \\(record [0-9]+\\)\$"
says "a read: who" '^  who +trainers, proved by sigv4, key TRAIN01$'
says "a read: from where" '^  from +virginia, seen as 127.0.0.1$'
says "a read: what" '^  read +GetObject of a.csv of the dataset hospital/patients$'
says "a read: what for" \
    '^  for +study: A study; basis safe-harbor; recipient Lab \(lab\), contract C-1$'
says "a read: a column in its form" '^  birth_date +year; 90 or older as one group$'
says "a read: another one" '^  zip +first 3 digits; 000 where 20,000'
says "a read: the others" '^  … +everything else: not delivered$'
says "a read: rows" '^  rows +40 read, 26 released; withheld: .*14$'
says "a read: how much" "^  how much +at most $bytes bytes, encrypted by tls\$"
says "a read: the policy" '^  policy +[0-9a-f]{16}…$'
says "a read: what became of it" \
    "^  ended +delivered: $bytes bytes left, .*Z \\(record [0-9]+\\)\$"
explain "a part" 0 --request "$part" "${config[@]}"
says "a part: which" '^  ended +delivered: 7 bytes left, bytes 3 to 9, '
explain "what a guardrail forbids" 6 --request "$forbidden" "${config[@]}"
says "what a guardrail forbids: which" \
    "^request $forbidden: DENIED by bank-stays-in-eea \\(policy.yaml:[0-9]+\\), "
says "what a guardrail forbids: why" '^  because +a guardrail forbade it$'
ok "what a guardrail forbids: delivered nothing" \
    not grep -qE '^  (ended|how much)' "$gw_top/out"
explain "after its end" 6 --request "$late" "${config[@]}"
says "after its end: why" '^  because +the agreement had ended$'
explain "what is not there" 6 --request "$nothing" "${config[@]}"
says "what is not there: why" \
    '^  because +the policy allowed it, but: no-such-key$'
explain "a list of buckets" 0 --request "$buckets" "${config[@]}"
says "a list of buckets: what" '^  read +ListBuckets$'

# ---- no such request, and other questions ------------------------------------

explain "none that there is" 1 --request 0123456789abcdef "${config[@]}"
has "none that there is: says so" "$gw_top/err" \
    'state/ledger: there is no request `0123456789abcdef` in it$'
is "none that there is: says nothing else" "$(cat "$gw_top/out")" ''
explain "digits are no number of a record" 1 --request 3 "${config[@]}"
explain "no ledger" 1 --request "$read" --ledger "$gw_top/nowhere"
explain "two questions at once" 2 --request "$read" --who trainers --read train
explain "of files" 2 --request "$read" "$gw_dir/policy.yaml"
explain "a ledger, and no request" 2 --who trainers --read train --ledger x
explain "as JSON" 0 --request "$read" --json --ledger "$gw_dir/state/ledger"
ok "as JSON: the records as they are, and no policy since" python3 - \
    "$gw_top/out" "$gw_top/records" "$read" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
assert d["request"] == sys.argv[3] and d["another-policy-since"] is False
assert [r["record"]["kind"] for r in d["records"]] == ["intent", "complete"]
lines = open(sys.argv[2]).read().splitlines()
for r in d["records"]:
    assert json.loads(lines[r["index"]]) == r["record"]
END

# ---- another policy since ----------------------------------------------------

sed -i 's/zip: zip3, sex: keep/sex: keep/' "$gw_dir/policy.yaml"
"$tool" reload "${config[@]}" >"$gw_top/said" 2>&1
gw_records >/dev/null
explain "after a reload" 0 --request "$read" "${config[@]}"
says "after a reload: says so" \
    '^  policy +[0-9a-f]{16}…, which decided then; since record [0-9]+ another one is in force: [0-9a-f]{16}…$'
is "after a reload: all else is as it was" \
    "$(grep -v '^  policy' "$gw_top/out")" "$(grep -v '^  policy' "$gw_top/before")"

# ---- what was cut off ----------------------------------------------------------

/usr/bin/python3 tests/harness/pausing.py "$url" "$gw_dir/tls/ca.pem" \
    "$(gw_secret_file TRAIN01)" /train/huge.csv "$gw_top/slow" &
slow=$!
for ((tries = 0; tries < 300; tries++)); do
	[ ! -s "$gw_top/slow" ] || break
	sleep 0.1
done
gw_records >"$gw_top/records"
open=$(python3 - "$gw_top/records" <<'END'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
ended = {r["intent"] for r in records if "intent" in r}
for i, r in enumerate(records):
    if r["kind"] == "intent" and i not in ended:
        print(r["request"])
END
)
explain "a read under way" 0 --request "$open" "${config[@]}"
says "a read under way: not ended" \
    '^  ended +not yet, as far as the ledger goes$'
for pid in $(gw_pids worker); do
	kill -9 "$pid"
done
touch "$gw_top/slow.go"
wait $slow
gw_records >/dev/null
explain "a read that was cut" 0 --request "$open" "${config[@]}"
says "a read that was cut: how, and at most how much" \
    '^  ended +interrupted: at most [0-9]+ bytes left, .*Z \(record [0-9]+\)$'
