#!/bin/bash
# Agreements that ask for what this build has no data path for: they load, the
# checker says so, and nobody gets them in a weaker form, on any path.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
tool=$stage_bin/gatehouse
next=$(date -d '+1 year' +%F)

# agreement ID WHO DATASET PURPOSE PLACE LINE...: with these lines of its own.
agreement() {
	local id=$1 people=$2 dataset=$3 purpose=$4 place=$5
	shift 5
	cat <<-YAML
	  - id: $id
	    who: $people
	    recipient: ${recipient:-shop}
	    contract: C-9
	    dataset: $dataset
	    purpose: $purpose
	    places: [$place]
	    until: $next
	YAML
	printf '    %s\n' "$@"
}
hospital() {
	local recipient=lab
	agreement "$1" trainers hospital/patients study virginia "${@:2}"
}
bank() {
	agreement "$1" bankers bank/cards card-fraud frankfurt "${@:2}"
}

# The datasets and evidence that only a wait needs, and then an agreement for
# each: its id is how the policy calls it.
sed -i "/^people:/a\\
  visitors:\\
    - token: {issuer: https://login.example, groups: ml}" "$gw_dir/policy.yaml"
sed -i "/^places:/a\\
  enclave:\\
    country: DE\\
    operator: there\\
    attested: {issuer: https://attest.example, hwmodel: TDX}" \
    "$gw_dir/policy.yaml"
awk -v dir="$gw_dir" '{ print }
	/^datasets:/ {
		print "  bank/store: {controller: nordbank, about: customers, " \
		    "origin: \"s3://raw/cards/*.csv\", " \
		    "protect: gdpr-pseudonymous@1, " \
		    "subject: each-row, columns: {amount: plain amount}}"
		for (i = 1; i <= 2; i++)
			print "  bank/" (i == 1 ? "erased" : "reviewed") \
			    ": {controller: nordbank, about: customers, " \
			    "origin: \"file://" dir "/data/bank/cards/*.csv\", " \
			    "protect: gdpr-" (i == 1 ? "pseudonymous" : \
			    "anonymous-review") "@1, columns: {iban: " \
			    "\"direct-identifier iban, subject\", " \
			    "amount: plain amount}}"
	}' "$gw_dir/policy.yaml" >"$gw_top/policy.yaml"
sed -i 's/^      objected: /      story: free-text\n&/' "$gw_top/policy.yaml"
{
	bank scrub 'columns: {story: scrub}'
	bank band-within 'columns: {amount: band 5 within 0..90}'
	agreement s3-store bankers bank/store card-fraud frankfurt \
	    'columns: {amount: keep}'
	agreement erasure bankers bank/erased card-fraud frankfurt \
	    'columns: {amount: keep}'
	agreement review bankers bank/reviewed card-fraud frankfurt \
	    'columns: {amount: band 5}'
	hospital smallest-group 'columns: {sex: keep}' 'smallest-group: 5'
	hospital exceptions 'columns: {birth_date: decade}' \
	    "exceptions: [{who: cluster, why: x, until: $next, columns: {birth_date: year}}]"
	hospital listing 'columns: {sex: keep}' 'listing: as-ready'
	hospital warm 'columns: {sex: keep}' 'warm: ahead'
	agreement token-of-people visitors bank/cards card-fraud frankfurt \
	    'columns: {amount: keep}'
	bank attested 'columns: {amount: keep}' |
	    sed 's/\[frankfurt\]/[enclave]/'
	echo 'erasure:'
	echo '  - {dataset: bank/erased, column: iban, list: erased.list}'
} >>"$gw_top/policy.yaml"
cp "$gw_top/policy.yaml" "$gw_dir/policy.yaml"

ok "it loads" "$tool" policy check "$gw_dir/policy.yaml"
cp "$gw_top/said" "$gw_top/warned"
waiting=$(sed -n '/^  - id: overseas$/,$ s/^  - id: //p' \
    "$gw_dir/policy.yaml" | tail -n +2)
is "each is warned of" "$(grep -c 'warning.W901' "$gw_top/warned")" \
    "$(wc -w <<<"$waiting")"

gw_start
gw TRAIN01 GET /train/a.csv
is "beside them, what is served is served" "$status" 200

# word ID: how the refusal calls it.
word() {
	case $1 in
	band-within) echo 'band within' ;;
	s3-store) echo s3 ;;
	token-of-people) echo 'token of people' ;;
	*) echo "$1" ;;
	esac
}

asked=()
for id in $waiting; do
	key=BANK01 from=(--source 127.9.0.1) asker=bankers where=frankfurt
	if sed -n "/^  - id: $id\$/,/places/p" "$gw_dir/policy.yaml" |
	    grep -q 'hospital/patients'; then
		key=TRAIN01 from=() asker=trainers where=virginia
	fi
	[ "$id" != attested ] || where=enclave
	[ "$id" != token-of-people ] || asker=visitors
	wanted=$(word "$id")
	ok "$id: explained as a denial" bash -c '"$@"; [ $? -eq 6 ]' - \
	    "$tool" policy explain --who $asker --read "$id" --place $where \
	    "$gw_dir/policy.yaml"
	cp "$gw_top/said" "$gw_top/answer"
	has "$id: which names what it waits for" "$gw_top/answer" \
	    "waits for .*\`$wanted\`"
	ok "$id: not made without the gateway either" bash -c \
	    '! "$@" </dev/null' - "$tool" transform --test-key \
	    --policy "$gw_dir/policy.yaml" --agreement "$id"
	# Who proves nothing, and who is nowhere, hears another reason.
	[[ $id != attested && $id != token-of-people ]] || continue
	gw $key GET "/$id/cards.csv" "${from[@]}"
	is "$id: denied" "$status" 403
	has "$id: the sentence names it" "$head" \
	    "x-gatehouse-reason: .*waits for .*\`$wanted\`"
	asked+=("$id")
done
gw_records >"$gw_top/records"
for id in "${asked[@]}"; do
	grep "\"agreement\": \"$id\"" "$gw_top/records" >"$gw_top/record"
	has "$id: the record names it" "$gw_top/record" \
	    "\"decision\": \"denied\".*\"reason\": \"waits for $(word "$id")\""
done

# Commands know them, and leave them alone.
"$tool" spool warm --config "$gw_dir/gatehouse.yaml" listing a.csv \
    >"$gw_top/answer" 2>&1
has "spool warm refuses" "$gw_top/answer" 'waits for listings'
ok "spool list passes over them" "$tool" spool list \
    --config "$gw_dir/gatehouse.yaml"
cp "$gw_top/said" "$gw_top/answer"
has "and lists the others" "$gw_top/answer" '^train '
gw BANK01 GET / --source 127.9.0.1
ok "buckets that wait are in no listing" \
    bash -c '! grep -qE "<Name>(s3|erasure|scrub)</Name>" "$1"' - "$body"
