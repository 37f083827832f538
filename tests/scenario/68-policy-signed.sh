#!/bin/bash
# time limit: 120
# A policy with signers: its versions, who signs them, and that the gateway
# serves nothing else, while clients read. Then THREATS: an older version put
# back, a byte edited, signatures swapped, signed by somebody else.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
tool=$stage_bin/gatehouse
log=$gw_dir/gatehouse.log
policy=$gw_dir/policy.yaml
versions=$gw_dir/state/policy
keys=$gw_top/officers

# run NAME STATUS ARGUMENTS...: `gatehouse policy`, or reload.
run() {
	local name=$1 wanted=$2 status=0
	shift 2
	[ "$1" = reload ] || set -- policy "$@"
	"$tool" "$@" --config "$gw_dir/gatehouse.yaml" \
	    >"$gw_top/out" 2>"$gw_top/err" </dev/null || status=$?
	is "$name: status" "$status" "$wanted"
	[ "$status" = "$wanted" ] || sed 's/^/# /' "$gw_top/err"
}
columns() {
	gw TRAIN01 GET /train/a.csv
	head -n 1 "$body" | tr -d '\r'
}
# The last records of a policy, as lines of these members.
policies() {
	gw_records | python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r["kind"] == "policy":
        print(*(r.get(m, "-") for m in sys.argv[1:]))
' "$@"
}

mkdir "$keys"
for who in anna eva mallory; do
	kind=ed25519
	[ $who != eva ] || kind=ecdsa
	ssh-keygen -q -t $kind -N '' -C "$who of somewhere" -f "$keys/$who"
done
{
	echo signers:
	echo "  anna: {of: st-anna, key: '$(<"$keys/anna.pub")'}"
	echo "  eva: {of: nordbank, key: '$(<"$keys/eva.pub")'}"
} >>"$policy"
cp "$policy" "$gw_top/first.yaml"

# ---- the first version -------------------------------------------------------

run "log, before there is one" 1 log
gw_start
is "the first start makes version 1" "$(ls "$versions")" 1
ok "version 1 is what lay there" cmp "$versions/1/files/policy.yaml" "$policy"
is "the ledger has it" "$(policies policy-version outcome | tail -n 1)" \
    "1 bootstrapped"
is "what it delivers" "$(columns)" "birth_date,zip,sex,diagnosis"
digest1=$(sha256sum <"$body" | cut -d ' ' -f 1)
run "a reload changes nothing" 0 reload
ok "and says nothing" not test -s "$gw_top/err"
run "apply, with nothing to change" 1 apply
run "log, of one version" 0 log
has "log: since when" "$gw_top/out" '^   in force since 20[0-9-]*T[0-9:]*Z$'
# No signature is over the first one; the ledger has its digest.
sed -i 's/sex: keep/sex: keep /' "$versions/1/files/policy.yaml"
run "log, of a first version that was edited" 7 log
has "it says so" "$gw_top/out" 'in force since .*, AS ANOTHER TEXT THAN LIES HERE$'
cp "$policy" "$versions/1/files/policy.yaml"

# ---- one key, and narrower ----------------------------------------------------

sed -i 's/sex: keep, diagnosis: prefix 3/sex: keep/' "$policy"
run "a reload of what nobody applied" 0 reload
has "it says so" "$gw_top/err" 'is not the version that serves'
has "and so does the log" "$log" '^policy-not-applied .*serves=1'
is "and what serves is version 1" "$(columns)" "birth_date,zip,sex,diagnosis"
run "apply, signed by nobody" 6 apply
has "whom it needs" "$gw_top/err" 'one more signature, of anna or eva$'
ok "nothing was written" not test -e "$versions/2"
run "a stranger's key" 6 approve -k "$keys/mallory"
run "under another name" 6 approve --as anna -k "$keys/eva"
run "eva approves" 0 approve -k "$keys/eva"
has "what comes next" "$gw_top/err" '^    gatehouse policy apply$'
has "what it does" "$gw_top/out" 'narrower  diagnosis: '

/usr/bin/python3 tests/harness/load.py --url "$url" --keep \
    --ca "$gw_dir/tls/ca.pem" --key TRAIN01 \
    --secret-file "$(gw_secret_file TRAIN01)" --threads 2 \
    --seconds 60 --output "$gw_top/load" /train/a.csv &
load=$!
run "apply" 0 apply
has "it serves" "$gw_top/out" '^version 2 serves$'
is "what it delivers" "$(columns)" "birth_date,zip,sex"
digest2=$(sha256sum <"$body" | cut -d ' ' -f 1)
is "the ledger says who signed what" \
    "$(policies policy-version signers wider narrower | tail -n 1)" \
    "2 ['eva'] 0 2"

# ---- two keys, and wider ------------------------------------------------------

sed "s/until: $(date -d '+1 year' +%F)/until: $(date -d '+2 years' +%F)/" \
    "$gw_top/first.yaml" >"$policy"
run "anna approves" 0 approve -k "$keys/anna"
has "she is told who is missing" "$gw_top/err" \
    'one more signature, of eva for nordbank$'
run "apply, with one of two" 5 apply
has "who is missing" "$gw_top/err" 'of eva for nordbank$'
ok "nothing was written" not test -e "$versions/3"
# On a machine of her own: a copy of the versions, and the statement as text.
cp -r "$versions" "$gw_top/copy"
ok "eva sees what she is to sign" "$tool" policy approve --statement \
    --versions "$gw_top/copy" "$policy"
cp "$gw_top/said" "$gw_top/statement"
ok "eva signs it by ssh-keygen alone" ssh-keygen -q -Y sign \
    -n gatehouse-policy -f "$keys/eva" "$gw_top/statement"
mkdir "$gw_top/sent"
cp "$policy.signatures/3/anna.sig" "$gw_top/sent/"
cp "$gw_top/statement.sig" "$gw_top/sent/eva.sig"
run "apply, with both" 0 apply --signatures "$gw_top/sent"
is "what it delivers" "$(columns)" "birth_date,zip,sex,diagnosis"
is "the ledger says who" "$(policies policy-version signers | tail -n 1)" \
    "3 ['anna', 'eva']"
# What anybody can check, without us.
printf 'anna namespaces="gatehouse-policy" %s\n' "$(<"$keys/anna.pub")" \
    >"$gw_top/allowed"
ok "ssh-keygen verifies what is stored" ssh-keygen -q -Y verify \
    -f "$gw_top/allowed" -I anna -n gatehouse-policy \
    -s "$versions/3/signatures/anna.sig" <"$versions/3/statement"
is "sha256sum finds what was signed" \
    "$(cd "$versions/3/files" && find ./* -type f | sed 's/^..//' |
        LC_ALL=C sort | xargs sha256sum | sha256sum | cut -d ' ' -f 1)" \
    "$(sed -n 's/^after: //p' "$versions/3/statement")"

# ---- back, and a test that fails ----------------------------------------------

run "rollback, signed by nobody" 6 rollback 2
run "anna approves it" 0 approve -k "$keys/anna" "$versions/2/files"
has "and is told how it comes back" "$gw_top/err" 'policy rollback 2$'
run "a version that there never was" 1 rollback 9
has "which is said" "$gw_top/err" 'no such version: `gatehouse policy log`'
run "rollback" 0 rollback 2
is "versions only go up" "$(ls "$versions" | tail -n 1)" 4
is "what it delivers" "$(columns)" "birth_date,zip,sex"
run "log" 0 log
has "log: who signed" "$gw_top/out" '^3  .*signed by anna, eva: [0-9]+ wider, 0 narrower$'
is "log: the ledger shows one after the other" \
    "$(sed -n 's/^   in force from .* to //p' "$gw_top/out" | head -n 2)" \
    "$(sed -n 's/^   in force \(from\|since\) \([^ ]*\).*/\2/p' "$gw_top/out" |
        sed -n 2,3p)"
is "log: the last one is in force" \
    "$(grep -c '^   in force from' "$gw_top/out") $(tail -n 1 "$gw_top/out" |
        cut -d 2 -f 1)" "3    in force since "
"$tool" policy log --versions "$versions" >"$gw_top/bare"
ok "without the ledger it tells who signed" not grep -q 'in force' \
    "$gw_top/bare"
cp "$versions/4/files/policy.yaml" "$policy"
cat >>"$policy" <<-YAML
tests:
  - name: bankers read cards
    ask: {who: bankers, read: train, place: virginia}
    row: {sex: F, research: yes}
    get: {sex: F}
YAML
run "apply, with a test that fails" 4 apply
cp "$versions/4/files/policy.yaml" "$policy"
kill $load
wait $load 2>/dev/null
/usr/bin/python3 tests/harness/verdict.py "$digest1" "$digest2" "$gw_top/load" \
    >"$gw_top/verdict"
is "each response was of one version" \
    "$(grep -v '^#' "$gw_top/verdict" | head -n 3)" ok

# ---- what nobody applied -------------------------------------------------------

# refused NAME STATUS LOG: a reload does not take what lies there, and version 4
# goes on. What the ledger says of all of them is looked at once, at the end.
tried=0
refused() {
	run "$1" "$2" reload
	is "$1: what serves, serves" "$(columns)" "birth_date,zip,sex"
	has "$1: the log says why" "$log" "$3"
	rm -rf "$versions"
	cp -rp "$gw_top/good" "$versions"
	tried=$((tried + 1))
}
# next FROM: version 5, of the files of version FROM, with its statement.
next() {
	cp -rp "$versions/$1" "$versions/5"
	cp -p "$policy" "$versions/5/files/policy.yaml"
	[ $# -eq 1 ] || sed -i "$2" "$versions/5/files/policy.yaml"
	rm -f "$versions/5/signatures/"*
	{
		printf 'gatehouse policy change\npolicy: scenario\nversion: 5\n'
		printf 'before: %s\n' "$(sed -n 's/^after: //p' \
		    "$versions/4/statement")"
		printf 'after: %s\n' "$(cd "$versions/5/files" &&
		    sha256sum policy.yaml | sha256sum | cut -d ' ' -f 1)"
	} >"$versions/5/statement"
}
sign() {
	ssh-keygen -q -Y sign -n gatehouse-policy -f "$keys/$1" \
	    <"$versions/5/statement" 2>/dev/null >"$versions/5/signatures/$2.sig"
}
cp -rp "$versions" "$gw_top/good"

rm -r "${versions:?}/4"
refused "version 3 instead of 4" 7 '^policy-refused .*why="this version of the policy does not follow'
rm -r "${versions:?}/4"
cp -rp "$versions/1" "$versions/4"
refused "version 1 as version 4" 7 '^policy version 4: it needs one more signature'
sed -i 's/sex: keep/sex: keep /' "$versions/4/files/policy.yaml"
refused "a byte edited in version 4" 7 '^policy version 4: a signature is not of that signer'
sed -i 's/sex: keep/sex: keep /' "$versions/3/files/policy.yaml"
refused "a byte edited in version 3" 7 '^policy version 4: a signature is not of that signer'
cp "$versions/2/signatures/eva.sig" "$versions/4/signatures/"
refused "a signature of version 2 beside those of 4" 7 'a signature is not of that signer'
rm "$versions/4/signatures/"*
refused "no signature at all" 7 'version 4: it needs one more signature, of anna or eva'
cp -r "$versions/1" "$versions/5"
cp "$policy" "$versions/5/files/policy.yaml"
touch "$versions/5/files/extra.csv"
refused "a version that nobody signed" 7 'version 5: it needs one more signature'
rm -r "$versions"
refused "all versions removed" 7 '^policy-refused '
next 4 's/sex: keep/sex: keep, diagnosis: keep/'
sign mallory anna
refused "a stranger's key under a signer's name" 7 'version 5: a signature is not of that signer'
next 4 's/sex: keep/sex: keep, diagnosis: keep/'
sign eva eva
refused "wider, and signed by the other controller" 7 'version 5: it needs one more signature, of anna for st-anna'
# A key that the change itself brings, for anna's data.
next 4 "s|^  anna: .*|  anna: {of: st-anna, key: '$(<"$keys/mallory.pub")'}|"
sign mallory anna
refused "signed by a key that it brings" 7 'version 5: a signature is not of that signer'
next 4 's/sex: keep/zip: zip3/'
chmod o+w "$versions"
run "others can write there" 1 reload
has "it says what to do" "$log" 'state/policy: others can write to it'
chmod o-w "$versions"
rm -rf "$versions/5"

run "put right" 0 reload
is "the ledger shows each, and then version 4" \
    "$(policies decision policy-version | tail -n $((tried + 2)) | uniq -c |
        sed 's/^ *//')" "$(printf '1 - 4\n%d denied -\n1 - 4' $tried)"

# ---- stopped, and started -------------------------------------------------------

stage_stop
rm -r "$versions"
status=0
timeout 60 "$tool" run --config "$gw_dir/gatehouse.yaml" \
    >"$gw_top/started" 2>&1 </dev/null || status=$?
is "a start with all versions removed: status" "$status" 7
has "it says why" "$gw_top/started" '^policy-refused .*why='
rm -rf "$versions"
cp -rp "$gw_top/good" "$versions"
sed -i 's/birth_date: year, //' "$policy"
run "approved while the gateway is stopped" 0 approve -k "$keys/anna"
run "applied while it is stopped" 0 apply
run "log, of what was applied meanwhile" 0 log
has "log: the last one was not in force" "$gw_top/out" \
    '^   not in force yet: the ledger does not show it$'
cp "$policy" "$gw_top/fifth.yaml"
sed -i 's/zip: zip3, //' "$policy"
run "another one is approved" 0 approve -k "$keys/anna"
run "but not applied before the first was in force" 1 apply
has "it says why" "$gw_top/err" \
    'ends with version 5, and the ledger shows version 4 in force; start or reload'
ok "nothing was written" not test -e "$versions/6"
cp "$gw_top/fifth.yaml" "$policy"
gw_start
is "what serves after a start" "$(columns)" "zip,sex"
is "the ledger has it" "$(policies policy-version | tail -n 1)" 5
mv "$versions/5" "$gw_top/fifth"
run "log, of a version that was put away" 7 log
has "it says so" "$gw_top/err" 'the ledger shows version 5 in force, which is not here$'
mv "$gw_top/fifth" "$versions/5"
ok "the ledger verifies" "$tool" audit verify "$gw_dir/state/ledger" \
    --key "@$gw_dir/keys/ledger.vkey"
