#!/bin/bash
# What is JSON Lines comes out as JSON Lines, nested as it was; what is split by
# tabs or semicolons comes out so. Nothing but the listed members and columns.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1

# The policy of all scenarios, and two datasets more.
eval "$(declare -f gw_policy | sed '1s/gw_policy/common_policy/')"
gw_policy() {
	common_policy >"$gw_top/common"
	sed '/^never:/,$d' "$gw_top/common"
	cat <<-YAML
	  hospital/stays:
	    controller: st-anna
	    about: patients
	    origin: file://$gw_dir/data/hospital/stays/*.jsonl
	    protect: hipaa-safe-harbor@1
	    no-actual-knowledge: {signed-by: anna, on: $(date +%F)}
	    columns:
	      patient.mrn: direct-identifier record-number, subject
	      patient.name: direct-identifier name
	      patient.birth: quasi-identifier date
	      patient.zip: quasi-identifier us-zip
	      stays[].diagnoses[]: sensitive code
	      stays[].nights: plain interval
	      stays[].note: free-text
	      research: {is: consent, for: [study]}
	  bank/payments:
	    controller: nordbank
	    about: customers
	    origin: file://$gw_dir/data/bank/payments/*.dat
	    format: {csv: {delimiter: ";", header: [iban, when, amount, secret]}}
	    protect: gdpr-pseudonymous@1
	    columns:
	      iban: direct-identifier iban, subject
	      when: quasi-identifier date
	      amount: plain amount
	YAML
	sed -n '/^never:/,/^allow:/p' "$gw_top/common"
	cat <<-YAML
	  - id: stays
	    who: trainers
	    recipient: lab
	    contract: C-1
	    dataset: hospital/stays
	    purpose: study
	    places: [virginia]
	    columns:
	      patient.birth: year
	      patient.zip: zip3
	      stays[].diagnoses[]: prefix 3
	      stays[].nights: band 2
	    until: 2099-01-01
	  - id: payments
	    who: bankers
	    recipient: shop
	    contract: C-2
	    dataset: bank/payments
	    purpose: card-fraud
	    places: [frankfurt]
	    columns: {iban: pseudonym, when: month, amount: keep}
	    until: 2099-01-01
	YAML
	sed '1,/^allow:/d' "$gw_top/common"
}

cat >"$gw_top/stays.py" <<'EOF'
"""stays.py raw ROWS: records; stays.py delivered: what leaves of them."""
import json
import sys


def record(i):
    stays = [{"diagnoses": [f"I{10 + i % 60}.{j}", None][:1 + i % 2],
              "nights": j + i % 5, "note": f"CNRYT {i}",
              "ward": {"nurse": f"CNRYN{i:04d}", "beds": [f"CNRYX{i}"]}}
             for j in range(i % 4)]
    patient = {"mrn": f"CNRYM{i:07d}", "name": f"CNRYN{i:07d}",
               "birth": f"{1940 + i % 60}-{1 + i % 12:02d}-{1 + i % 28:02d}",
               "zip": f"{60600 + i % 90}", "phone": [f"CNRYP{i}"]}
    out = {"CNRYK1": i, "patient": patient, "stays": stays,
           "research": "yes" if i % 3 else "no"}
    if i % 7 == 0:
        del out["stays"]
    return out


def delivered(raw):
    out = {}
    for name, value in raw.items():
        if name == "patient":
            out[name] = {"birth": value["birth"][:4],
                         "zip": value["zip"][:3]}
        if name == "stays":
            out[name] = [{
                "diagnoses": [d and d[:3] for d in s["diagnoses"]],
                "nights": s["nights"] // 2 * 2} for s in value]
    return out


if sys.argv[1] == "raw":
    for number in range(int(sys.argv[2])):
        print(json.dumps(record(number), ensure_ascii=number % 2 == 0))
else:
    for text in sys.stdin:
        row = json.loads(text)
        if row["research"] == "yes":
            print(json.dumps(delivered(row), separators=(",", ":")))
EOF

eval "$(declare -f gw_data | sed '1s/gw_data/common_data/')"
gw_data() {
	common_data
	(
	umask 022
	mkdir -p "$gw_dir/data/hospital/stays" "$gw_dir/data/bank/payments"
	cd "$gw_dir/data/hospital/stays" || exit 1
	/usr/bin/python3 "$gw_top/stays.py" raw 20000 >many.jsonl
	{
		/usr/bin/python3 "$gw_top/stays.py" raw 50
		echo '{"patient":{"birth":"1980-01-01"},"research":"yes","stays":[{"nights":{"CNRYX1":1}}]}'
		echo '{"patient":["CNRYN1"],"research":"yes"}'
		echo '{"patient":{"birth":"1980-01-01"},"stays":"CNRYX2","research":"yes"}'
		echo '{"patient":{"birth":"1980-01-01"},"research":["yes"]}'
		echo '{"patient":{"birth":"1980-01-01"}}'
	} >misfits.jsonl
	: >none.jsonl
	echo '{"research":"yes","CNRYX1":1,"CNRYX1":2}' >twice.jsonl
	echo '{"research":"yes","patient":{"Birth":"1980-01-01"}}' >alike.jsonl
	echo '{"research":"yes","x":"CNRYX1' >open.jsonl
	for i in 1 2 3; do
		echo "DE$i;2024-0$i-03;$i.50;\"CNRYX$i;\""
	done >../../bank/payments/a.dat
	)
}
gw_up

stays() {
	/usr/bin/python3 "$gw_top/stays.py" delivered
}

gw TRAIN01 GET /stays/many.jsonl
is "JSON Lines are served" "$status" 200
stays <"$gw_dir/data/hospital/stays/many.jsonl" >"$gw_top/want"
ok "as an independent program makes them" cmp "$gw_top/want" "$body"
length=$(stat -c %s "$body")
gw TRAIN01 HEAD /stays/many.jsonl
has "HEAD knows the length" "$head" "^content-length: $length"
gw TRAIN01 GET /stays/many.jsonl --header 'Range: bytes=1000-1999'
ok "a range is a part of it" cmp "$body" <(
	tail -c +1001 "$gw_top/want" | head -c 1000)
gw TRAIN01 GET /stays/none.jsonl
is "a file without records is served" "$status" 200
is "and is empty" "$(stat -c %s "$body")" 0

gw TRAIN01 GET /stays/misfits.jsonl
is "rows that are nested otherwise are withheld" "$status" 200
head -n 50 "$gw_dir/data/hospital/stays/misfits.jsonl" | stays >"$gw_top/want"
ok "and all others are there" cmp "$gw_top/want" "$body"
for object in twice alike open; do
	gw TRAIN01 GET /stays/$object.jsonl
	ok "$object: refused, 5xx" grep -qxE '50[0-9]' <<<"$status"
	has "$object: says so to the party" "$body" "<Code>SourceMalformed<"
	ok "$object: and no more" not grep -q CNRY "$body" "$head"
done

gw BANK01 GET /payments/a.dat --source 127.9.0.1
is "the dialect of the policy is served" "$status" 200
is "with its delimiter, and without a line of names" \
    "$(sed 's/^p[0-9]_[a-z0-9]*/CODE/' "$body" | tr '\n' ' ')" \
    "CODE;2024-01;1.50 CODE;2024-02;2.50 CODE;2024-03;3.50 "

gw TRAIN01 GET /stays/misfits.jsonl
gw_record >"$gw_top/record"
has "the record names the paths" "$gw_top/record" 'stays\[\].diagnoses\[\]'
ok "no canary came out" gw_no_canary "$body" "$gw_top/want" "$gw_top/record" \
    "$gw_dir/gatehouse.log"

# The offline commands run the same flow.
"$stage_bin/gatehouse" transform --policy "$gw_dir/policy.yaml" \
    --agreement stays --test-key \
    <"$gw_dir/data/hospital/stays/misfits.jsonl" >"$gw_top/offline" 2>/dev/null
ok "transform gives the same" cmp "$gw_top/offline" "$gw_top/want"
"$stage_bin/gatehouse" preview --policy "$gw_dir/policy.yaml" \
    --agreement stays --test-key --rows 2 \
    <"$gw_dir/data/hospital/stays/misfits.jsonl" >"$gw_top/offline" 2>/dev/null
has "preview shows a list" "$gw_top/offline" 'stays\[\].diagnoses\[\] +I11.0.*-> I11'
"$stage_bin/gatehouse" policy explain --who trainers --read stays \
    --place virginia "$gw_dir/policy.yaml" >"$gw_top/offline" 2>/dev/null
has "explain names the format" "$gw_top/offline" '^ +files +JSON Lines'
