#!/bin/bash
# A malformed object is never half delivered as if it were whole, and a
# changed one is a new version.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up

# A refusal before the first byte, and the same again at once.
for object in early.csv column.csv; do
	gw TRAIN01 GET "/broken/$object"
	ok "$object: refused, 5xx" grep -qxE '50[0-9]' <<<"$status"
	has "$object: says so to the party" "$body" "<Code>SourceMalformed<"
	gw TRAIN01 GET "/broken/$object"
	ok "$object: refused again" grep -qxE '50[0-9]' <<<"$status"
	gw TRAIN01 HEAD "/broken/$object"
	ok "$object: HEAD is no success" grep -qxE '[45][0-9][0-9]' <<<"$status"
done

# A bad row after many good ones: cut off, or refused; never whole.
gw TRAIN01 GET /broken/late.csv
ok "late.csv: broken off, or 5xx" grep -qE '^(broken.*|50[0-9])$' <<<"$status"
gw TRAIN01 GET /broken/late.csv
ok "late.csv: the next request gets the error" grep -qxE '50[0-9]' <<<"$status"

# The same content has the same bytes and the same ETag.
gw TRAIN01 GET /train/a.csv
etag=$(sed -n 's/^etag: //p' "$head")
cp "$body" "$gw_top/first"
gw TRAIN01 GET /train/a.csv
is "twice: the same ETag" "$(sed -n 's/^etag: //p' "$head")" "$etag"
ok "twice: the same bytes" cmp "$gw_top/first" "$body"

# It tells nothing about the raw bytes.
for sum in md5sum sha1sum sha256sum; do
	raw=$($sum <"$gw_dir/data/hospital/patients/a.csv" | cut -c1-32)
	ok "no $sum of the raw file in the headers" not grep -qi "$raw" "$head"
done
ok "nor its length" not grep -qw \
    "$(stat -c %s "$gw_dir/data/hospital/patients/a.csv")" "$head"

# A new version of the raw file.
(umask 022; gw_patients a.csv 50)
gw TRAIN01 GET /train/a.csv
is "a changed file is served" "$status" 200
ok "under another ETag" not grep -qF "$etag" "$head"
ok "with more rows" test "$(wc -l <"$body")" -gt "$(wc -l <"$gw_top/first")"
gw TRAIN01 GET /train/a.csv --header "If-Match: $etag"
is "the old ETag no longer matches" "$status" 412
(umask 022; gw_patients new.csv 4 500)
gw TRAIN01 GET '/train?list-type=2'
has "a new file is listed" "$body" '<Key>new.csv</Key>'
rm "$gw_dir/data/hospital/patients/b.csv"
gw TRAIN01 GET /train/b.csv
is "a file that is gone is 404" "$status" 404

# What is not a regular file below the folder is not there.
ln -s ../broken/early.csv "$gw_dir/data/hospital/patients/link.csv"
mkfifo "$gw_dir/data/hospital/patients/pipe.csv"
mkdir "$gw_dir/data/hospital/patients/folder.csv"
for object in link pipe folder; do
	gw TRAIN01 GET "/train/$object.csv"
	is "a $object is 404" "$status" 404
done
# Nor is a file that is no part of the dataset, though it lies there.
(umask 022; cp "$gw_dir/data/hospital/patients/a.csv" \
    "$gw_dir/data/hospital/patients/a.bak")
gw TRAIN01 GET /train/a.bak
is "a file that the origin does not name is 404" "$status" 404
gw TRAIN01 GET '/train?list-type=2'
ok "none of them is listed" not grep -qE 'link|pipe|folder' "$body"

# The record of a read says what left.
gw TRAIN01 GET /train/new.csv
gw_record >"$gw_top/record"
for word in '"kind": "intent"' '"agreement": "train"' '"object": "new.csv"' \
    '"access-key": "TRAIN01"' '"place": "virginia"' '"purpose": "study"' \
    '"contract": "C-1"' '"decision": "allowed"' '"protection": "zip3"'; do
	has "its record has $word" "$gw_top/record" "$word"
done
index=$(sed -n 's/^x-gatehouse-record: //p' "$head")
gw_records | grep "\"intent\": ${index}[,}]" >"$gw_top/record"
has "and it is complete" "$gw_top/record" '"kind": "complete"'
has "with the bytes that came" "$gw_top/record" \
    "\"bytes\": $(stat -c %s "$body")[,}]"

# The command that verifies agrees with an independent reading.
ok "audit verify" "$stage_bin/gatehouse" audit verify "$gw_dir/state/ledger" \
    --key "@$gw_dir/keys/ledger.vkey"
ok "an independent reader verifies" gw_records
