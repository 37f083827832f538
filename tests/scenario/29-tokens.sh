#!/bin/bash
# time limit: 180
# Random codes, through the gateway: the same value has the same code in all
# columns of its kind, files, refills, starts and after a crash of the codebook;
# no code is the same for another purpose, dataset or recipient, and none can be
# computed. The codebook's files hold no identifier.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
# shellcheck source=tests/scenario/lib_codes.sh
. tests/scenario/lib_codes.sh
tool=$stage_bin/gatehouse
book=$gw_dir/state/codebook

# Two files of the same people, in another order, as people type numbers; and
# one that takes a while.
people() {
	awk -v from="$1" -v to="$2" -v step="$3" 'BEGIN {
		print "account,phone,other,consent"
		for (i = from; i != to; i += step) {
			n = i * 7919 % 4000
			phone = i % 2 ? sprintf("555-%07d", n) : \
			    sprintf("(555) %03d %04d", n / 10000, n % 10000)
			if (i % 13 == 0)
				phone = ""
			printf "CNRYACC%06d,%s,555%07d,%s\n", n, phone,
			    (n + 1) % 4000, i % 7 ? "yes" : "no"
		}
	}'
}
people 0 4000 1 | codes_file a.csv
people 3999 -1 -1 | codes_file b.csv
people 0 120000 1 | codes_file long.csv

dataset() {
	codes_dataset "$1" <<-YAML
	account: direct-identifier account, subject
	phone: direct-identifier phone
	other: direct-identifier phone
	consent: {is: consent, for: [card-fraud, scoring], yes: ["yes"]}
	YAML
}
dataset bank/people
dataset bank/others
codes_others
columns='account: token, phone: token, other: token'
# Under Safe Harbor, for which no keyed code will do.
sed -n '/- id: train$/,/- id:/p' "$gw_dir/policy.yaml" | sed -e '$d' \
    -e 's/- id: train/- id: harbor/' \
    -e 's/columns: .*/columns: {mrn: token, sex: keep}/' >"$gw_top/harbor"
codes_agreement tokens card-fraud bank/people shop "$columns"
codes_agreement other-purpose scoring bank/people shop "$columns"
codes_agreement other-dataset card-fraud bank/others shop "$columns"
codes_agreement other-recipient card-fraud bank/people mill "$columns"
cat "$gw_top/harbor" >>"$gw_dir/policy.yaml"
ok "the policy loads" "$tool" policy check "$gw_dir/policy.yaml"
hasnt_waits() {
	! grep -q 'W901.*`token`' "$gw_top/said"
}
ok "and warns of nothing" hasnt_waits
gw_start

# get AGREEMENT FILE: into $gw_top/AGREEMENT.FILE.
get() {
	gw BANK01 GET "/$1/$2" --source 127.9.0.1
	is "$1/$2: served" "$status" 200
	cp "$body" "$gw_top/$1.$2"
}

# ---- the same value, the same code ---------------------------------------------

cat >"$gw_top/pairs.py" <<'PY'
"""pairs.py RAW DELIVERED ...: value and code of every cell, canonical; fails
where a value has two codes, or a code two values, or one is not as it should
be."""
import csv, re, sys
def digits(text):
    return re.sub("[^0-9]", "", text)
codes, values, epoch = {}, {}, "1"
for raw, delivered in zip(sys.argv[1::2], sys.argv[2::2]):
    rows = [r for r in csv.DictReader(open(raw)) if r["consent"] == "yes"]
    out = list(csv.DictReader(open(delivered)))
    assert len(rows) == len(out), (len(rows), len(out))
    for row, got in zip(rows, out):
        for name, kind, canon in (("account", "account", str),
                ("phone", "phone", digits), ("other", "phone", digits)):
            value, code = (kind, canon(row[name])), got[name]
            if value[1] == "":
                assert code == "", code
                continue
            assert re.fullmatch(r"t1_[a-z2-7]{26}", code), code
            assert codes.setdefault(value, code) == code, value
            assert values.setdefault(code, value) == value, code
for (kind, value), code in sorted(codes.items()):
    print(kind, value, code)
PY
pairs() {
	/usr/bin/python3 "$gw_top/pairs.py" "$@"
}
get tokens a.csv
get tokens b.csv
cp -a "$book" "$gw_top/killed" # as a kill would leave it now
ok "over columns of a kind, and files" pairs "$folder/a.csv" \
    "$gw_top/tokens.a.csv" "$folder/b.csv" "$gw_top/tokens.b.csv"
pairs "$folder/a.csv" "$gw_top/tokens.a.csv" >"$gw_top/pairs"

for id in other-purpose other-dataset other-recipient; do
	get $id a.csv
	ok "$id: its own codes" pairs "$folder/a.csv" "$gw_top/$id.a.csv"
done
for id in tokens other-purpose other-dataset other-recipient; do
	tail -n +2 "$gw_top/$id.a.csv" | tr ',' '\n' | grep . | sort -u
done | sort | uniq -d >"$gw_top/shared"
is "no code is in two scopes" "$(wc -l <"$gw_top/shared")" 0
gw TRAIN01 GET /harbor/a.csv
is "a Safe Harbor agreement with codes is served" "$status" 200
has "with its codes" "$body" '^t1_[a-z2-7]{26},'

# A Range is a part of the same; and so is what is filled again.
gw BANK01 GET /tokens/a.csv --source 127.9.0.1 \
    --header "Range: bytes=1000-2999"
ok "a part is a part of it" cmp "$body" \
    <(tail -c +1001 "$gw_top/tokens.a.csv" | head -c 2000)
"$tool" spool drop --config "$gw_dir/gatehouse.yaml" tokens a.csv \
    >"$gw_top/said" 2>&1
cp "$gw_top/tokens.a.csv" "$gw_top/before"
get tokens a.csv
ok "filled again: the same bytes" cmp "$gw_top/before" "$gw_top/tokens.a.csv"
"$tool" transform --config "$gw_dir/gatehouse.yaml" --agreement tokens \
    --place frankfurt "$folder/a.csv" >"$gw_top/made" 2>"$gw_top/said"
ok "transform through the gateway: the same bytes" \
    cmp "$gw_top/made" "$gw_top/tokens.a.csv"
"$tool" transform --test-key --policy "$gw_dir/policy.yaml" --agreement tokens \
    "$folder/a.csv" >"$gw_top/made" 2>"$gw_top/err"
has "without one: says that its codes are of that run" "$gw_top/err" \
    'random codes are of this run alone'
ok "and has others" not grep -qF "$(sed -n 2p "$gw_top/before" | cut -d, -f1)" \
    "$gw_top/made"

# ---- a codebook that dies --------------------------------------------------------

# While a fill runs: what was served by then is lost to nobody.
(
	for _ in 1 2 3 4; do
		sleep 0.2
		gw_pids codebook | xargs -r kill -9 2>/dev/null
	done
) &
killer=$!
for ((tries = 0; tries < 40; tries++)); do
	gw BANK01 GET /tokens/long.csv --source 127.9.0.1
	cp "$body" "$gw_top/long.$tries"
	[ "$status" != 200 ] || [ -d /proc/$killer ] || break
	sleep 0.3
done
wait $killer
is "served in the end" "$status" 200
same_start() {
	local part lines
	for part in "$gw_top"/long.*; do
		# An error has a body of its own.
		grep -q '^account,' "$part" || continue
		lines=$(wc -l <"$part")
		cmp -s <(head -n "$lines" "$part") \
		    <(head -n "$lines" "$gw_top/long.$tries") || return 1
	done
}
ok "whatever came before is a part of it" same_start
ok "no value has two codes" pairs "$folder/a.csv" "$gw_top/tokens.a.csv" \
    "$folder/long.csv" "$gw_top/long.$tries"
get tokens a.csv
ok "and none changed" cmp "$gw_top/before" "$gw_top/tokens.a.csv"

# ---- after a stop and a start ----------------------------------------------------

stage_stop
# Every fortieth value, in each form in which it could lie there.
awk 'NR % 40 == 1 { print $2 }' "$gw_top/pairs" |
    /usr/bin/python3 tests/harness/needles.py >"$gw_top/needles"
# finds FOLDER: how many of its files hold one.
finds() {
	grep -rlaFf "$gw_top/needles" "$1" | wc -l
}
is "the codebook holds no identifier" "$(finds "$book")" 0
mkdir "$gw_top/planted"
{
	head -c 1000 /dev/urandom
	tail -n 1 "$gw_top/needles"
} >"$gw_top/planted/one"
iconv -f ASCII -t UTF-16LE "$folder/a.csv" >"$gw_top/planted/other"
is "which would have been found" "$(finds "$gw_top/planted")" 2
rm -rf "$gw_dir/state/spool"
gw_start
get tokens a.csv
ok "the same codes after a start, without a spool" \
    cmp "$gw_top/before" "$gw_top/tokens.a.csv"
stage_stop

# ---- one that is not what it was --------------------------------------------------

# refused NAME PATTERN: the gateway does not start, and says why.
refused() {
	local got=0
	timeout 60 "$tool" run --config "$gw_dir/gatehouse.yaml" \
	    >"$gw_top/why" 2>&1 || got=$?
	is "$1: no start" "$got" 1
	has "$1: says why" "$gw_top/why" "not-started role=codebook .*$2"
}
cp -a "$book" "$gw_top/good"
truncate -s -5000 "$book/keys.sqlite"
refused "a truncated codebook" 'keys.sqlite was cut off'
rm -rf "$book" && cp -a "$gw_top/good" "$book"
rm "$book/keys.sqlite"
refused "a codebook of which a file is gone" 'there is .* no keys.sqlite'
rm -rf "$book" && cp -a "$gw_top/killed" "$book"
truncate -s -4120 "$book/codes.sqlite-wal"
refused "a log that lost its end" 'codes.sqlite lacks commits'
rm -rf "$book" && cp -a "$gw_top/killed" "$book"
rm "$book"/*-wal
refused "tables without their logs" 'codes.sqlite lacks commits'
rm -rf "$book" && cp -a "$gw_top/good" "$book"
cp -a "$gw_top/killed"/*.sqlite "$book"
refused "tables that are older than the mark" 'codes.sqlite lacks commits'
rm -rf "$book" && cp -a "$gw_top/good" "$book"
rm "$book/commits.mark"
refused "a codebook without its mark" 'commits.mark is missing'
rm -rf "$book" && cp -a "$gw_top/good" "$book"
gw_start
get tokens a.csv
ok "put back, it is as it was" cmp "$gw_top/before" "$gw_top/tokens.a.csv"
