#!/bin/bash
# Proof of possession: a recipient's key is challenged and proven with the real
# age, listed, and removed under a client; where only proven keys count, what
# nobody has proven gets nothing. Every refusal has its line, and changes
# nothing.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make
log=$gw_dir/gatehouse.log
file=$gw_dir/keys/recipients
for name in bob eve; do
	age-keygen -o "$gw_top/$name.txt" 2>/dev/null
done
cp "$gw_dir/identity.txt" "$gw_top/ada.txt"
ada=$(age-keygen -y "$gw_top/ada.txt")
bob=$(age-keygen -y "$gw_top/bob.txt")
eve=$(age-keygen -y "$gw_top/eve.txt")
sed -i "s/recipients: .*/recipients: [$ada, $bob]/" "$gw_dir/policy.yaml"
chmod 644 "$gw_dir/policy.yaml"
gw_start

recipient() {
	gw_tool recipient "$@"
}
# fetch FILE: what /sealed delivers by now.
fetch() {
	gw GPU01 GET /sealed/b.csv.age --cert "$gw_dir/tls/trainer.pem" \
	    --cert-key "$gw_dir/tls/trainer.key"
	cp "$body" "$gw_top/$1"
}
opens() {
	age -d -i "$gw_top/$1.txt" "$gw_top/$2" >/dev/null 2>&1
}
# prove NAME: both steps, for the party of the agreement.
prove() {
	local key
	key=$(age-keygen -y "$gw_top/$1.txt")
	recipient add lab "$key" --challenge "$gw_top/$1.age"
	age -d -i "$gw_top/$1.txt" "$gw_top/$1.age" >"$gw_top/$1.proof"
	recipient add lab "$key" --proof "$gw_top/$1.proof"
}
# refused NAME STATUS WORDS [FILE]: with this line, and nothing changed.
refused() {
	is "$1: refused" "$status" "$2"
	has "with its line" "${4-$gw_top/err}" "$3"
	is "and nothing changed" "$(sha256sum <"$file")" "$before"
}

# ---- two steps -------------------------------------------------------------

recipient list
is "at first the policy names keys" "$status" 0
has "that nobody has proven" "$gw_top/out" "$ada *nobody has proven it *- *sealed"
recipient add lab "$ada" --challenge "$gw_top/challenge.age"
is "a challenge is made" "$status" 0
ok "there is no file for that" test ! -e "$file"
has "it says who does what with it" "$gw_top/err" 'age -d -i.* --proof -'
ok "its holder opens it" age -d -i "$gw_top/ada.txt" -o "$gw_top/proof" \
    "$gw_top/challenge.age"
"$stage_bin/gatehouse" open -i "$gw_top/ada.txt" "$gw_top/challenge.age" \
    >"$gw_top/proof-2"
ok "with gatehouse open, too" cmp "$gw_top/proof" "$gw_top/proof-2"
ok "and nobody else" not age -d -i "$gw_top/eve.txt" "$gw_top/challenge.age"
recipient add lab "$ada" --proof - <"$gw_top/proof"
is "its proof is taken" "$status" 0
has "with the number of a record" "$gw_top/out" "^lab $ada is proven, record "
has "that counts nowhere yet is said" "$gw_top/err" 'the policy alone decides'
is "the file has it" "$(grep -c "^recipient lab $ada 20.*Z [0-9]*$" "$file")" 1
index=$(sed -n 's/.*record //p' "$gw_top/out")
gw_records >"$gw_top/records"
sed -n "$((index + 1))p" "$gw_top/records" >"$gw_top/record"
has "that record is of the command" "$gw_top/record" \
    '"command": "recipient add --proof"'
has "of the key" "$gw_top/record" "\"recipient-keys\": \[\"$ada\"\]"
has "and of the party" "$gw_top/record" '"recipient": "lab"'
mac=$(awk '{ print $3 }' "$gw_top/proof")
ok "the secret is in no record, file or log" not grep -rq "$mac" \
    "$gw_dir/state" "$gw_dir/keys" "$log" "$gw_top/records"

# ---- refusals --------------------------------------------------------------

before=$(sha256sum <"$file")
recipient add lab "$bob" --proof "$gw_top/proof"
refused "another's proof" 7 'it proves nothing'
recipient add shop "$ada" --proof "$gw_top/proof"
refused "for another party" 7 'it proves nothing'
recipient add nobody "$ada" --proof "$gw_top/proof"
refused "for a party that there is not" 2 'no party of this name'
head -c 60 "$gw_top/proof" >"$gw_top/torn"
recipient add lab "$ada" --proof "$gw_top/torn"
refused "a torn one" 7 'it is torn'
recipient add lab "$ada" --proof "$gw_top/challenge.age"
refused "the challenge itself" 7 'is no proof'
head -c 5000 /dev/zero >"$gw_top/long"
recipient add lab "$ada" --proof "$gw_top/long"
refused "a long one" 7 'is no proof'
sed 's/v1 [0-9]*/v1 1700000000/' "$gw_top/proof" >"$gw_top/old"
recipient add lab "$ada" --proof "$gw_top/old"
refused "one of another day" 7 'it proves nothing'
recipient add lab "$ada" --proof "$gw_top/nowhere"
refused "none" 2 'cannot be opened'
recipient add lab "${ada%?}" --challenge "$gw_top/none"
refused "a key that is none" 2 'no X25519 key of age'
recipient remove "$eve"
refused "to remove what is not there" 2 'nothing is proven of it'
recipient add lab "$ada"
is "neither challenge nor proof: usage" "$status" 2

# ---- only what is proven ---------------------------------------------------

fetch both
ok "as long as the policy decides, the other gets it" opens bob both
echo 'recipients: proven' >>"$gw_dir/gatehouse.yaml"
gw_tool reload
is "only what is proven counts: taken" "$status" 0
has "and it says that some is not" "$gw_top/err" 'gatehouse recipient list'
has "the log has the key and the command" "$log" \
    "recipient-not-proven role=loader agreement=sealed recipient=lab key=$bob command=\"gatehouse recipient add\""
fetch one
ok "who has proven his gets it" opens ada one
ok "who has not, nothing" not opens bob one
"$stage_bin/gatehouse" status --config "$gw_dir/gatehouse.yaml" >"$gw_top/out"
ok "status counts him" grep -qE '^recipients-not-proven +1$' "$gw_top/out"
recipient list --json
is "list tells the two apart" "$(/usr/bin/python3 -c '
import json, sys
for row in json.load(sys.stdin):
    print(row["key"], row["proven"], *row["agreements"])
' <"$gw_top/out" | sort)" "$(printf '%s True sealed\n%s False sealed\n' \
    "$ada" "$bob" | sort)"
prove bob
is "he proves it" "$status" 0
fetch two
ok "and gets it at once" opens bob two
ok "as the first does" opens ada two

# ---- removed ---------------------------------------------------------------

recipient remove "$ada"
is "one is removed by his key" "$status" 0
has "which is said" "$gw_top/out" "^lab $ada is removed, record "
fetch without
ok "he gets nothing any more" not opens ada without
ok "who is left does" opens bob without
has "it is another generation" "$log" 'slot-revoked role=keeper agreement=sealed'
recipient remove lab
is "all of the party are removed" "$status" 0
fetch none
is "nobody is left: nothing is served" "$status" 403
has "a party hears what is missing" "$body" 'gatehouse recipient add'
gw_records >"$gw_top/records"
is "the ledger has who was removed" \
    "$(grep -c '"command": "recipient remove"' "$gw_top/records")" 2
has "and why nothing was served" "$gw_top/records" '"reason": "unproven"'
prove ada
fetch again
ok "proven again: served" opens ada again

# ---- the file --------------------------------------------------------------

cp "$file" "$gw_top/kept"
# broken NAME WORDS [LINE]: no reload, no command, and what serves goes on.
broken() {
	before=$(sha256sum <"$file")
	gw_tool reload
	is "$1: no reload" "$status" 1
	has "the log has its line" "$log" "$file$3: $2"
	recipient remove lab
	refused "nor is it changed" 1 "$file$3: $2"
	fetch still
	ok "what served goes on" opens ada still
	cp "$gw_top/kept" "$file"
}
sed -i 's/-v1$/-v2/' "$file"
broken "of another version" 'it was written by other programs' :1
sed -i "s/^recipient lab/recipient shop/" "$file"
broken "altered" 'it is not what was written' :3
head -n 2 "$gw_top/kept" >"$file"
broken "torn" 'its end is missing' :3
sed -i 's/^recipient .*/recipient lab/' "$file"
broken "a line that is none" 'a part of the line is missing' :2
rm "$file"
mkdir "$file"
before=$(sha256sum </dev/null)
gw_tool reload
is "a folder in its place: no reload" "$status" 1
has "with its line" "$log" "$file: is not a regular file"
rmdir "$file"
cp "$gw_top/kept" "$file"
chmod 666 "$file"
gw_tool reload
is "one that others can write: no reload" "$status" 1
has "with its line" "$log" "$file: others can write to it"
chmod 644 "$file"
gw_tool reload
is "as it was: taken" "$status" 0
sed -i 's/^recipient lab/recipient shop/' "$file"
stage_stop
ok "and none starts with what is altered" not stage_begin
has "with its line" "$log" "$file:3: it is not what was written"
