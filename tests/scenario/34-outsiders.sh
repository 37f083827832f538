#!/bin/bash
# What those can learn who may not read: nothing, byte for byte. What those can
# learn of the raw file who may read its delivered form: nothing. And what all
# of them can write into the log and the ledger: one line, which is escaped.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make
(
umask 022
for ((i = 0; i < 40; i++)); do
	gw_patients o-$i.csv $((3 + i)) $((i * 100))
done
cp "$gw_dir/data/hospital/patients/o-0.csv" \
    "$gw_dir/data/hospital/patients/same.csv"
)
cat >>"$gw_dir/policy.yaml" <<YAML
  - id: second
    who: trainers
    recipient: lab
    contract: C-3
    dataset: hospital/patients
    purpose: study
    places: [virginia]
    columns: {birth_date: year, zip: zip3, sex: keep, diagnosis: prefix 3}
    until: $(date -d '+1 year' +%F)
YAML
gw_start
PYTHONPATH=tests/harness tap_from /usr/bin/python3 tests/harness/outsiders.py \
    "$gw_dir" "$stage_port" "$gw_dir/data/hospital/patients"
stage_stop
gw_records >"$gw_top/records"

# After the compiler's report each line is an event.
sed -n '/^supervisor-ready /,$p' "$gw_dir/gatehouse.log" >"$gw_top/events"
ok "the log has events" test "$(wc -l <"$gw_top/events")" -gt 10
ok "each line of it begins as an event of a role" \
    not grep -avE '^[a-z-]+ role=[a-z]+( |$)' "$gw_top/events"
ok "and has printable ASCII alone" not grep -aP '[^\x20-\x7e]' "$gw_top/events"
has "poison is in the ledger" "$gw_top/records" 'forged'
ok "as text, in no record of its own" \
    not grep -aE '"kind": "forged"|^forged|^[^{]' "$gw_top/records"
build/release/bin/gatehouse audit tail "$gw_dir/state/ledger" -n 1000 \
    >"$gw_top/tail"
has "what people see of it has the word" "$gw_top/tail" 'forged'
ok "and no character that acts on a terminal" not grep -aP \
    '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\xa8-\xae]|\xc2[\x80-\x9f]' \
    "$gw_top/tail"
is "one line for each record" "$(wc -l <"$gw_top/tail")" \
    "$(wc -l <"$gw_top/records")"

# Record by record, as a terminal gets it (a pseudo-terminal ends lines by CR LF).
grep -an 'forged' "$gw_top/records" | cut -d: -f1 >"$gw_top/numbers"
ok "many records have poison in them" test "$(wc -l <"$gw_top/numbers")" -ge 8
while read -r number; do
	script -qec "build/release/bin/gatehouse audit show \
	    $gw_dir/state/ledger $((number - 1))" /dev/null </dev/null
done <"$gw_top/numbers" 2>&1 | tr -d '\r' >"$gw_top/shown"
is "each is shown" "$(grep -c '^record [0-9]' "$gw_top/shown")" \
    "$(wc -l <"$gw_top/numbers")"
has "with the word" "$gw_top/shown" '^  object +.*forged'
ok "and no character that acts on the terminal" not grep -aP \
    '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\xa8-\xae]|\xc2[\x80-\x9f]' \
    "$gw_top/shown"
ok "nor a line that is none of ours" not grep -avE '^(record [0-9]+|  .*)?$' \
    "$gw_top/shown"
