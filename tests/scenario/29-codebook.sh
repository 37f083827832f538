#!/bin/bash
# time limit: 180
# What an operator does with the codebook: how much is in it, a backup while it
# serves, the end of a person in it and in the codes that are served afterwards,
# a restore, and a look at each entry. Each is a record, and none has a name.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
# shellcheck source=tests/scenario/lib_codes.sh
. tests/scenario/lib_codes.sh
tool=$stage_bin/gatehouse
book=$gw_dir/state/codebook

awk 'BEGIN {
	print "account,phone"
	for (i = 0; i < 300; i++)
		printf "CNRYACC%04d,555%07d\n", i, i % 290
}' | codes_file a.csv

codes_dataset bank/people <<YAML
account: direct-identifier account, subject
phone: direct-identifier phone
YAML
codes_dataset bank/calls 'subject: each-row' <<YAML
account: direct-identifier account
phone: direct-identifier phone
YAML
codes_agreement tokens card-fraud bank/people shop \
    'account: token, phone: token'
codes_agreement calls card-fraud bank/calls shop 'phone: token'
ok "the policy loads" "$tool" policy check "$gw_dir/policy.yaml"
is "without a verb, it tells its own" "$("$tool" codebook 2>&1 |
    awk '/^  / { printf "%s %s ", $2, $3 }')" "codebook status codebook backup \
codebook restore codebook check codebook shred "
gw_start

# codebook VERB WORDS...: into said, err and code.
codebook() {
	"$tool" codebook "$1" --config "$gw_dir/gatehouse.yaml" "${@:2}" \
	    >"$gw_top/out" 2>"$gw_top/err"
	code=$?
}
# get AGREEMENT TO
get() {
	gw BANK01 GET "/$1/a.csv" --source 127.9.0.1
	is "$1: served" "$status" 200
	cp "$body" "$gw_top/$2"
}
fresh() {
	"$tool" spool drop --config "$gw_dir/gatehouse.yaml" "$1" \
	    >"$gw_top/said" 2>&1
	get "$@"
}
# part NAME: of what was said last, as JSON.
part() {
	/usr/bin/python3 -c 'import json, sys
print(*(json.load(open(sys.argv[1]))[n] for n in sys.argv[2:]))' \
	    "$gw_top/out" "$@"
}
# differ A B: the numbers of the lines in which they do.
differ() {
	diff --unchanged-line-format= --old-line-format='%dn ' \
	    --new-line-format= "$gw_top/$1" "$gw_top/$2"
}

# ---- status ----------------------------------------------------------------------

codebook status --json
is "an empty one: status" "$code" 0
is "has no entries" "$(part entries)" 0
get tokens first
codebook status --json
is "300 accounts and 290 numbers" "$(part entries)" 590
is "of 300 people" "$(part subjects)" 300
is "kept on this disk" "$(part kept-in)" sqlite
id=$(part codebook)
ok "and it has a name" grep -qxE '[0-9a-f]{32}' <<<"$id"
get calls calls.first
codebook status --json
is "each number of its own" "$(part entries subjects)" "880 590"

# ---- backup ----------------------------------------------------------------------

codebook backup "$gw_top/b1"
is "a backup while it serves" "$code" 0
is "of two files, for their owner alone" \
    "$(stat -c '%n %a' "$gw_top"/b1/* | sed 's,.*/,,' | tr '\n' ' ')" \
    "codes.sqlite 600 keys.sqlite 600 "
sha256sum "$gw_top"/b1/* >"$gw_top/sums"
"$tool" codebook check --json "$gw_top/b1" >"$gw_top/out" 2>"$gw_top/err"
is "it is whole" "$?" 0
is "and has all of it" "$(part codebook entries subjects)" \
    "$id 880 590"
codebook backup "$gw_top/b1"
is "no backup over another one" "$code" 2
has "which says so" "$gw_top/err" 'codes.sqlite: File exists'
ok "and leaves that as it is" sha256sum --quiet -c "$gw_top/sums"
codebook check
is "that of a gateway which runs is not looked at" "$code" 75
has "which says so" "$gw_top/err" 'stop it first'

# ---- shred -----------------------------------------------------------------------

# As somebody types it: the mill's canonical form is the same.
printf '# of the request of May\n\n cnry-acc 0007\n' |
    "$tool" codebook shred --config "$gw_dir/gatehouse.yaml" bank/people \
	>"$gw_top/out" 2>"$gw_top/err"
is "a person goes" "$?" 0
is "with the account and the number" "$(cat "$gw_top/out")" "line 3: 2 entries"
codebook status --json
is "and is there no more" "$(part entries subjects)" "878 589"
printf 'CNRYACC0007\nCNRYACC0008\n' >"$gw_top/who"
codebook shred --json bank/people "$gw_top/who"
is "who is not there is said" "$code" 2
is "and the next one goes all the same" "$(tr -d ' \n\t' <"$gw_top/out")" \
    '[{"line":1,"entries":0},{"line":2,"entries":2}]'
has "by line" "$gw_top/err" 'nothing of this subject'
printf '# of June\n\n' >"$gw_top/empty"
codebook shred bank/people "$gw_top/empty"
is "a list of nobody is no list" "$code" 2
has "which is said" "$gw_top/err" 'it names nobody, and nothing was done'
codebook shred bank/nobody "$gw_top/who"
is "an unknown dataset" "$code" 2
has "is said" "$gw_top/err" 'no such dataset'
codebook shred bank/calls "$gw_top/who"
has "without a subject, a column is asked for" "$gw_top/err" '--column says'
codebook shred bank/calls --column account2 "$gw_top/who"
has "which is there" "$gw_top/err" 'no such column'
codebook shred bank/people --column phone "$gw_top/who"
has "and no other one than the subject's" "$gw_top/err" 'leave --column out'
echo 'no number' >"$gw_top/who"
codebook shred bank/calls --column phone "$gw_top/who"
has "what is no number is said" "$gw_top/err" 'no identifier of the kind'
echo '(555) 000-0009' >"$gw_top/who"
codebook shred bank/calls --column phone "$gw_top/who"
is "a number goes" "$code $(cat "$gw_top/out")" "0 line 1: 1 entries"

fresh tokens second
is "the two have new codes, and who shares their number" \
    "$(differ first second)" "9 10 299 300 "
fresh calls calls.second
is "and so has the number" "$(differ calls.first calls.second)" "11 301 "

gw_records >"$gw_top/records"
/usr/bin/python3 - "$gw_top/records" >"$gw_top/shreds" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    record = json.loads(line)
    if record.get("command") == "codebook shred":
        print(record["dataset"], record["object"])
PY
is "each one is a record" "$(wc -l <"$gw_top/shreds")" 4
is "of a dataset, and a hash" \
    "$(grep -cE '^bank/(people|calls) [0-9a-f]{32}$' "$gw_top/shreds")" 4
is "the same person, the same hash" \
    "$(head -n 2 "$gw_top/shreds" | uniq | wc -l)" 1
ok "and no name, nor has the log" not grep -qiE 'CNRY-?ACC|0000009' "$gw_top/records" \
    "$gw_dir/gatehouse.log"
is "backup and status are records too" \
    "$(grep -cE '"command": ?"codebook (backup|status)"' "$gw_top/records")" 5

# ---- restore ---------------------------------------------------------------------

codebook backup "$gw_top/b2"
is "another backup" "$code" 0
codebook restore "$gw_top/b1"
is "no restore where there is a codebook" "$code" 1
has "which says so" "$gw_top/err" 'move codes.sqlite and keys.sqlite away'
stage_stop
codebook check --json
is "of a gateway that is stopped, it is looked at" "$code" 0
is "and is whole" "$(part codebook entries)" "$id 880"
mkdir "$gw_top/away"
mv "$book"/* "$gw_top/away"

# Old codes, and keys that know who was shredded since: they stay gone.
codebook restore "$gw_top/b1" --keys "$gw_top/b2"
is "codes of one backup, keys of a later one" "$code" 0
codebook check --json
is "what was shredded between the two is gone" "$(part entries)" 875
ok "it has another name" not test "$(part codebook)" = "$id"
ok "the backups are as they were" sha256sum --quiet -c "$gw_top/sums"
gw_start
get tokens third
is "and all others have the codes that they had" "$(differ first third)" \
    "9 10 299 300 "
ok "those two have others again" not cmp -s "$gw_top/second" "$gw_top/third"
stage_stop

# All of an old one: who was shredded is back, until that is done again.
rm "$book"/*
codebook restore "$gw_top/b1"
is "a whole backup" "$code" 0
gw_start
get tokens fourth
is "has them all" "$(differ first fourth)" ""
cut -d' ' -f2 "$gw_top/shreds" | sort -u >"$gw_top/hashes"
codebook shred --hash "$gw_top/hashes"
is "whom the ledger names goes again" \
    "$code $(cut -d: -f2 "$gw_top/out" | sort | tr '\n' ' ')" \
    "0  1 entries  2 entries  2 entries "
echo xyz >"$gw_top/hashes"
codebook shred --hash "$gw_top/hashes"
has "what is no hash is said" "$gw_top/err" \
    'hashes:1: it is not 32 hexadecimal digits'
stage_stop

# ---- what is not whole -----------------------------------------------------------

cp -a "$gw_top/b1" "$gw_top/bad"
truncate -s -4096 "$gw_top/bad/codes.sqlite"
codebook check "$gw_top/bad"
is "a backup that was cut off" "$code" 7
has "is said" "$gw_top/err" 'codes.sqlite was cut off'
cp "$gw_top/b1/codes.sqlite" "$gw_top/bad"
printf X | dd of="$gw_top/bad/keys.sqlite" bs=1 seek=9000 conv=notrunc 2>/dev/null
codebook check "$gw_top/bad"
is "one in which a byte is another" "$code" 7
has "is said" "$gw_top/err" 'keys.sqlite'
rm "$book"/*
codebook restore "$gw_top/bad"
is "and not restored" "$code" 7
is "nothing is left of that" "$(ls "$book")" ""
rm "$gw_top/bad/keys.sqlite"
codebook check "$gw_top/bad"
is "one without its keys" "$code" 2
has "is said" "$gw_top/err" 'keys.sqlite: No such file'
cp "$gw_top"/b1/* "$gw_top/bad"
printf X >"$gw_top/bad/keys.sqlite-wal"
codebook restore "$gw_top/bad"
is "a copied folder, with a log" "$code" 2
has "is said" "$gw_top/err" 'keys.sqlite-wal: it holds .* is no backup'
is "nothing is made of it" "$(ls "$book")" ""
: >"$gw_top/bad/keys.sqlite-wal"
codebook check "$gw_top/bad"
is "with an empty one it is whole" "$code" 0
rm "$gw_top/bad/keys.sqlite-wal"

# What later programs made: the number stands in the header, under a checksum.
cat >"$gw_top/later.py" <<'PY'
import struct, sys
with open(sys.argv[1], "r+b") as file:
    page = bytearray(file.read(4096))
    page[60:64] = struct.pack(">I", 9)
    first = second = 0
    for a, b in struct.iter_unpack("<II", page[:4088]):
        first = (first + a + second) & 0xffffffff
        second = (second + b + first) & 0xffffffff
    page[4088:] = struct.pack("<II", first, second)
    file.seek(0)
    file.write(page)
PY
cp "$gw_top"/b1/* "$gw_top/bad"
/usr/bin/python3 "$gw_top/later.py" "$gw_top/bad/keys.sqlite"
codebook check "$gw_top/bad"
is "one of an unknown version" "$code" 7
has "is said" "$gw_top/err" 'other programs wrote keys.sqlite'
codebook restore "$gw_top/b1"
is "the backup is restored" "$code" 0
/usr/bin/python3 "$gw_top/later.py" "$book/codes.sqlite"
ok "a codebook of an unknown version: no start" not timeout 60 "$tool" run \
    --config "$gw_dir/gatehouse.yaml"
cp "$gw_top/said" "$gw_top/why"
has "and one line" "$gw_top/why" \
    'not-started .*other programs wrote codes.sqlite'
