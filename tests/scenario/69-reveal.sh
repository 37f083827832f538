#!/bin/bash
# time limit: 120
# From codes back to values, in an emergency: one asks, two others approve, with
# ssh-keygen. Each value is in the ledger before it is shown, and is shown once;
# and whatever is not so as it should be, is said in a line and shows nothing.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
# shellcheck source=tests/scenario/lib_codes.sh
. "$(dirname "$0")/../scenario/lib_codes.sh" || exit 1
tool=$stage_bin/gatehouse
keys=$gw_top/people
config=$gw_dir/gatehouse.yaml

mkdir "$keys"
for who in sam ann bob zoe eve anna; do
	kind=ed25519
	[ $who != bob ] || kind=ecdsa
	ssh-keygen -q -t $kind -N '' -C "$who" -f "$keys/$who"
done
codes_file people.csv <<'CSV'
iban,holder,card,phone,seen
DE89 3704 0044 0532 0130 00,Ann Müller,4111 1111 1111 1111,030/555-0147,2024-02-29T10:30:00Z
DE75512108001245126199,Bob Canary,5555555555554444,+49 30 5550148,1999-12-31
CSV
codes_dataset bank/people <<'YAML'
iban: direct-identifier iban, subject
holder: direct-identifier name
card: direct-identifier card
phone: direct-identifier phone
seen: quasi-identifier datetime
YAML
sed -i -e '/^people:/a\  desk:\n    - access-key: DESK01\n  privacy:\n    - access-key: PRIV01' \
    -e '/^places:/a\  office: {country: DE, operator: Nordbank, on-premises: yes, seen-as: [127.77.0.0/16]}' \
    -e '/^never:/a\  - id: no-cards-by-name\n    say: Cards are shown to nobody\n    kind: card\n    who: desk\n    place: office' \
    "$gw_dir/policy.yaml"
forms='iban: format with check digit, holder: sealed, card: format, phone: token, seen: shift'
codes_agreement codes card-fraud bank/people shop "$forms"
codes_agreement elsewhere card-fraud bank/people lab "$forms" \
    'transfer: {tool: scc, module: 2, tia: T-1}'
cat >>"$gw_dir/policy.yaml" <<-YAML
	emergency:
	  - id: fraud-now
	    who: desk
	    dataset: bank/people
	    columns: [iban, holder, card, phone, seen]
	    purpose: card-fraud
	    places: office
	    approvers: privacy
	    expires-after: 2 hours
	    review-within: 3 days
	signers:
	  anna: {of: st-anna, key: '$(<"$keys/anna.pub")'}
	  sam: {of: nordbank, in: [desk], key: '$(<"$keys/sam.pub")'}
	  ann: {of: nordbank, in: [privacy], key: '$(<"$keys/ann.pub")'}
	  bob: {of: st-anna, in: [privacy], key: '$(<"$keys/bob.pub")'}
	  zoe: {of: st-anna, in: [desk, privacy], key: '$(<"$keys/zoe.pub")'}
	YAML
ok "the policy loads" "$tool" policy check "$gw_dir/policy.yaml"
gw_start

# The codes, as a client has them.
for id in codes elsewhere; do
	gw BANK01 GET "/$id/people.csv" --source 127.9.0.1
	is "$id: served" "$status" 200
	tr -d '\r' <"$body" | tail -n +2 >"$gw_top/$id"
done
cell() {
	sed -n "$2p" "$gw_top/$1" | cut -d, -f"$3"
}

# request NAME AS COLUMN CODE...: the text, and nobody's signature yet.
request() {
	local name=$1 as=$2 column=$3
	shift 3
	"$tool" reveal request --policy scenario --emergency "${emergency:-fraud-now}" \
	    --agreement "${of:-codes}" --column "$column" --place office --as "$as" \
	    --reason 'case 2026-7' ${epoch:+--epoch "$epoch"} "$@" >"$gw_top/$name"
}
# sign NAME WHO...: as a person does it.
sign() {
	local name=$1 who
	shift
	for who in "$@"; do
		rm -f "$gw_top/$name.sig"
		ssh-keygen -q -Y sign -n gatehouse-reveal -f "$keys/$who" \
		    "$gw_top/$name" >/dev/null 2>&1
		mv "$gw_top/$name.sig" "$gw_top/$name.$who"
	done
}
# show STATUS NAME WHO...: with these signatures; values in out, which are these
# if it does not all succeed, and what is said of them in words.
show() {
	local wanted=$1 name=$2 status=0 who
	local -a with=()
	shift 2
	for who in "$@"; do
		with+=("$gw_top/$name.$who")
	done
	"$tool" reveal show --config "$config" "$gw_top/$name" "${with[@]}" \
	    >"$gw_top/out" 2>"$gw_top/words" </dev/null || status=$?
	is "$name, signed by $*: status" "$status" "$wanted"
	[ "$status" = "$wanted" ] || sed 's/^/# /' "$gw_top/words"
	if [ "$wanted" != 0 ]; then
		is "$name: no more is shown" "$(cat "$gw_top/out")" "${values-}"
	fi
}
reveals() {
	gw_records | grep -a '"kind": "reveal"' || true
}

# ---- as it should be ---------------------------------------------------------

request one sam holder "$(cell codes 1 2)" "$(cell codes 2 2)"
sign one sam ann bob
show 0 one sam ann bob
is "the values of sealed codes, in their form" "$(cat "$gw_top/out")" \
    "$(cell codes 1 2)	ann müller
$(cell codes 2 2)	bob canary"
reveals >"$gw_top/records"
is "each is a record" "$(wc -l <"$gw_top/records")" 2
for word in '"asked-by": "sam"' '"approvers": \["ann", "bob"\]' \
    '"rule": "fraud-now"' '"place": "office"' '"reason": "case 2026-7"' \
    "\"review-by\": \"$(date -u -d '+3 days' +%F)\"" \
    "\"code\": \"$(cell codes 2 2)\"" '"agreement": "codes"'; do
	has "which says $word" "$gw_top/records" "$word"
done
epoch=1 request two zoe iban "$(cell codes 1 1)" "$(cell codes 2 1)"
sign two zoe ann bob
show 0 two bob zoe ann
is "and of codes of the same shape" "$(cat "$gw_top/out")" \
    "$(cell codes 1 1)	DE89 3704 0044 0532 0130 00
$(cell codes 2 1)	DE75512108001245126199"

request book sam phone "$(cell codes 1 4)" "$(cell codes 2 4)"
sign book sam ann bob
show 0 book sam ann bob
is "and of random codes, by the codebook" "$(cat "$gw_top/out")" \
    "$(cell codes 1 4)	0305550147
$(cell codes 2 4)	49305550148"

epoch=1 request days sam seen "$(cell codes 1 5) of $(cell codes 1 1)" \
    "$(cell codes 2 5) of $(cell codes 2 1)"
sign days sam ann bob
show 0 days sam ann bob
is "and of dates that were moved, by whose they are" "$(cut -f2 "$gw_top/out")" \
    "2024-02-29T10:30:00Z
1999-12-31"
ok "which they were" not grep -E ',(2024-02-29|1999-12-31)' "$gw_top/codes"

# ---- once, whatever is restarted ---------------------------------------------

show 1 one sam ann bob
has "an approval is used once" "$gw_top/words" 'shown under this approval before'
is "nothing more is in the ledger" "$(reveals | wc -l)" 8
stage_stop || exit 1
gw_start
show 1 one sam ann bob
has "also after a restart" "$gw_top/words" 'shown under this approval before'
is "still nothing more" "$(reveals | wc -l)" 8

# ---- who, and what -----------------------------------------------------------

request three sam holder "$(cell codes 1 2)"
sign three sam ann bob zoe eve
show 6 three sam ann
has "two others have to approve" "$gw_top/words" 'two of its approvers'
show 6 three sam ann ann
show 6 three ann bob
has "who asks has to sign" "$gw_top/words" 'who asks has not signed'
show 6 three sam ann eve
has "a stranger's signature" "$gw_top/words" 'by no signer of the policy'
sed -i 's/case 2026-7/case 2026-8/' "$gw_top/three"
show 6 three sam ann bob
has "another text than was signed" "$gw_top/words" 'or of another text'
request four ann holder "$(cell codes 1 2)"
sign four ann bob zoe
show 6 four ann bob zoe
has "an approver may not ask" "$gw_top/words" 'no signer of a group that may ask'
epoch=1 request five sam card "$(cell codes 1 3)"
sign five sam ann bob
show 6 five sam ann bob
has "what can never be" "$gw_top/words" 'a guardrail of the policy'
gw_records | tail -n 1 >"$gw_top/last"
has "is recorded with its rule" "$gw_top/last" '"rule": "no-cards-by-name"'
of=fraud request six sam holder "$(cell codes 1 2)"
sign six sam ann bob
show 6 six sam ann bob
has "another dataset" "$gw_top/words" 'of another dataset'
emergency=other request seven sam holder "$(cell codes 1 2)"
sign seven sam ann bob
show 6 seven sam ann bob
has "no such emergency" "$gw_top/words" 'no such emergency'
request eight sam holder "$(cell codes 1 2)"
sed -i "s/^made: .*/made: $(date -u -d '-2 hours -1 minute' +%FT%TZ)/" \
    "$gw_top/eight"
sign eight sam ann bob
show 6 eight sam ann bob
has "an approval that is over" "$gw_top/words" 'has expired'
echo more >>"$gw_top/eight"
show 2 eight sam ann bob
is "no value came of any of them" "$(reveals | wc -l)" 8

# ---- codes that are none -----------------------------------------------------

code=$(cell codes 1 2)
request nine sam holder "$(cell elsewhere 1 2)" "s2_${code#s1_}" \
    "${code%?}" p1_abc "$code"
sign nine sam ann bob
values="$code	ann müller" show 1 nine sam ann bob
has "of another recipient" "$gw_top/words" "$(cell elsewhere 1 2): it was not made"
has "of another epoch" "$gw_top/words" "s2_${code#s1_}: there is no such epoch"
has "cut" "$gw_top/words" "${code%?}: it "
has "of another form" "$gw_top/words" 'p1_abc: it is no code of a sealed'
epoch=1 request ten sam iban 'DE88 3704 0044 0532 0130 00'
sign ten sam ann bob
show 1 ten sam ann bob
has "check digits tell a code from none" "$gw_top/words" 'it is no code of this'

code=$(cell codes 1 4)
none=t1_aaaaaaaaaaaaaaaaaaaaaaaaaa
request book2 sam phone "$(cell elsewhere 1 4)" "t9_${code#t1_}" $none "$code"
sign book2 sam ann bob
values="$code	0305550147" show 1 book2 sam ann bob
has "a random code of another recipient" "$gw_top/words" \
    "$(cell elsewhere 1 4): it was not made"
has "of an epoch that there is not" "$gw_top/words" "t9_.*: there is no such epoch"
has "of nobody" "$gw_top/words" "$none: the codebook does not have it"

epoch=1 request days2 sam seen "$(cell codes 1 5)" \
    "$(cell codes 1 5) of DE88 3704 0044 0532 0130 00" \
    "yesterday of $(cell codes 1 1)"
sign days2 sam ann bob
show 1 days2 sam ann bob
has "a date of nobody" "$gw_top/words" "$(cell codes 1 5): it is no date with"
has "of a code that is none" "$gw_top/words" "0130 00: it is no code of this"
has "and what is no date" "$gw_top/words" "yesterday of .*: it is no date of"

# ---- a codebook that is away, and a person who is gone ------------------------

until_true() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}
# It cannot start again without its mark.
mv "$gw_dir/state/codebook/commits.mark" "$gw_top/mark"
kill -KILL "$(gw_pids codebook)"
ok "a codebook that does not come back" until_true grep -q \
    'not-started .*commits.mark is missing' "$gw_dir/gatehouse.log"
request away sam phone "$code"
sign away sam ann bob
count=$(reveals | wc -l)
show 1 away sam ann bob
has "is said to be away" "$gw_top/words" "$code: the codebook is away: ask again"
is "nothing is in the ledger" "$(reveals | wc -l)" "$count"
rm -f "$gw_dir/state/codebook/commits.mark"
cp -p "$gw_top/mark" "$gw_dir/state/codebook/commits.mark"
ok "it comes back" until_true "$tool" codebook status --config "$config"
show 0 away sam ann bob
is "and the same approval is good for it" "$(cat "$gw_top/out")" \
    "$code	0305550147"
echo DE75512108001245126199 >"$gw_top/person"
ok "a person is shredded" "$tool" codebook shred --config "$config" bank/people \
    "$gw_top/person"
request shredded sam phone "$(cell codes 2 4)" "$code"
sign shredded sam ann bob
values="$code	0305550147" show 1 shredded sam ann bob
has "whose code nobody undoes" "$gw_top/words" \
    "$(cell codes 2 4): the codebook does not have it, or not any more"

# ---- epochs that are over ------------------------------------------------------

scope=card-fraud:bank/people:shop
ok "the next epoch" "$tool" key rotate "$scope" --config "$config"
request old sam holder "$(cell codes 1 2)"
sign old sam ann bob
show 0 old sam ann bob
is "codes of the old one are undone" "$(cat "$gw_top/out")" \
    "$(cell codes 1 2)	ann müller"
ok "it is destroyed" "$tool" key destroy "$scope" --epoch 1 --config "$config"
request gone sam holder "$(cell codes 1 2)"
sign gone sam ann bob
show 1 gone sam ann bob
has "and nobody undoes them" "$gw_top/words" 'key of its epoch was destroyed'
epoch=1 request gone2 sam iban "$(cell codes 1 1)"
sign gone2 sam ann bob
show 1 gone2 sam ann bob
has "of no form" "$gw_top/words" 'key of its epoch was destroyed'

# ---- afterwards --------------------------------------------------------------

list() {
	"$tool" reveal list --ledger "$gw_dir/state/ledger"
}
timeout 10 "$tool" reveal list --json >"$gw_top/list" 2>"$gw_top/words"
is "an option that there is not" "$?" 2
has "is said" "$gw_top/words" 'usage: gatehouse reveal list'
first=$(sha256sum "$gw_top/one" | cut -d' ' -f1)
list >"$gw_top/list"
has "what was shown is listed" "$gw_top/list" \
    "^$first  $(date -u +%F)  sam  2 values  review by"
ok "it is looked at" "$tool" reveal review --config "$config" "$first"
list >"$gw_top/list"
has "and listed so" "$gw_top/list" "^$first .*  reviewed\$"
is "the others are due" "$(grep -c 'review by' "$gw_top/list")" 8
ok "no value is in a log or the ledger" \
    bash -c '! grep -rlaiE "canary|müller|0532 0130|305550148" "$@"' - \
    "$gw_dir/gatehouse.log" "$gw_dir/state/ledger"
