#!/bin/bash
# time limit: 240
# Compressed files, in and out: what gzip and zstd make is read, what they read
# is delivered, names say which, and bombs and broken ones give nothing.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make

hospital=$gw_dir/data/hospital
rows() {
	echo mrn,birth_date,research
	awk -v rows="$1" 'BEGIN { for (i = 0; i < rows; i++)
		print "CNRYM1,1950-01-01,yes" }'
}
(
umask 022
mkdir "$hospital/gz" "$hospital/zst" "$hospital/bad-gz" "$hospital/bad-zst"
gzip -c "$hospital/patients/a.csv" >"$hospital/gz/a.csv.gz"
gzip -c1 "$hospital/patients/big.csv" >"$hospital/gz/big.csv.gz"
{
	head -n 20000 "$hospital/patients/big.csv" | gzip -c
	gzip -c </dev/null
	tail -n +20001 "$hospital/patients/big.csv" | gzip -c9
} >"$hospital/gz/members.csv.gz"
zstd -qc "$hospital/patients/a.csv" >"$hospital/zst/a.csv.zst"
zstd -qc --no-check -19 "$hospital/patients/b.csv" >"$hospital/zst/b.csv.zst"
{
	head -n 20000 "$hospital/patients/big.csv" | zstd -qc
	printf '\x50\x2a\x4d\x18\x04\0\0\0abcd'
	tail -n +20001 "$hospital/patients/big.csv" | zstd -qc
} >"$hospital/zst/frames.csv.zst"
# Dull, and honest: more than 32 times what it takes.
rows 300000 | gzip -c >"$hospital/bad-gz/dull.csv.gz"

# Bombs: one of no table, and one of rows that are all well-formed.
head -c 100M /dev/zero | gzip -c9 >"$hospital/bad-gz/zeros.csv.gz"
head -c 1G /dev/zero | zstd -qc >"$hospital/bad-zst/zeros.csv.zst"
rows 5000000 >"$gw_top/rows"
gzip -c "$gw_top/rows" >"$hospital/bad-gz/rows.csv.gz"
zstd -qc "$gw_top/rows" >"$hospital/bad-zst/rows.csv.zst"
# Broken ones.
rows 100 | gzip -c >"$gw_top/good.gz"
rows 100 | zstd -qc >"$gw_top/good.zst"
for kind in gz zst; do
	head -c -1 "$gw_top/good.$kind" >"$hospital/bad-$kind/cut.csv.$kind"
	cat "$gw_top/good.$kind" - <<<"behind" \
	    >"$hospital/bad-$kind/behind.csv.$kind"
	{
		head -c -4 "$gw_top/good.$kind"
		printf 'abcd'
	} >"$hospital/bad-$kind/checksum.csv.$kind"
	rows 100 >"$hospital/bad-$kind/plain.csv.$kind"
	: >"$hospital/bad-$kind/nothing.csv.$kind"
done
gzip -c "$gw_top/good.gz" >"$hospital/bad-gz/twice.csv.gz"
cp "$gw_top/good.zst" "$hospital/bad-gz/other.csv.gz"
cp "$gw_top/good.gz" "$hospital/bad-zst/other.csv.zst"
zstd -qc --long=27 <"$gw_top/rows" >"$hospital/bad-zst/window.csv.zst"
)

# dataset NAME PATTERN [like patients | like broken]: as another, elsewhere.
declare_dataset() {
	awk -v id="hospital/$1" -v pattern="$2" -v like="  hospital/$3:" '
	$0 == like { on = 1; print "  " id ":"; next }
	/^  [a-z]|^[a-z]/ { on = 0 }
	on && /origin:/ { sub(/[a-z]*\/\*\.csv$/, pattern) }
	on' "$gw_dir/policy.yaml"
}
agree() {
	cat <<-YAML
	  - id: $1
	    who: trainers
	    recipient: lab
	    contract: C-1
	    dataset: hospital/$2
	    purpose: study
	    places: [virginia]
	    columns: {$3}
	    until: $(date -d '+1 year' +%F)
	YAML
	shift 3
	[ $# -eq 0 ] || printf '    %s\n' "$@"
}
train='birth_date: year, zip: zip3, sex: keep, diagnosis: prefix 3'
recipient="[$(age-keygen -y "$gw_dir/identity.txt")]"
{
	sed '/^never:/,$d' "$gw_dir/policy.yaml"
	declare_dataset gz 'gz/*.csv.gz' patients
	declare_dataset zst 'zst/*.csv.zst' patients
	declare_dataset bad-gz 'bad-gz/*.csv.gz' broken
	declare_dataset bad-zst 'bad-zst/*.csv.zst' broken
	sed -n '/^never:/,$p' "$gw_dir/policy.yaml"
	agree gz-same gz "$train"
	agree gz-plain gz "$train" 'compress: none'
	agree gz-zst gz "$train" 'compress: zstd'
	agree zst-same zst "$train" 'compress: as-source'
	agree zst-sealed zst "$train" 'encrypt: age' "recipients: $recipient"
	agree plain-gz patients "$train" 'compress: gzip'
	agree bad-gz bad-gz 'birth_date: year'
	agree bad-zst bad-zst 'birth_date: year' 'compress: none'
} >"$gw_top/policy.yaml"
cp "$gw_top/policy.yaml" "$gw_dir/policy.yaml"
gw_start

# transform NAME AGREEMENT: without a gateway.
transform() {
	"$stage_bin/gatehouse" transform --policy "$gw_dir/policy.yaml" \
	    --agreement "$2" --test-key <"$1" 2>/dev/null
}
for name in a b big; do
	transform "$hospital/patients/$name.csv" train >"$gw_top/$name.want"
done
ok "there is something to compare" grep -q ',606,' "$gw_top/big.want"

# unpacks KIND WANT [FILE]: the command of that kind gives these bytes.
unpacks() {
	case $1 in
	gz) gzip -dc <"${3-$body}" ;;
	zst) zstd -qdc <"${3-$body}" ;;
	plain) cat "${3-$body}" ;;
	esac | cmp - "$2"
}

# ---- every way in, and out -------------------------------------------------

while read -r bucket object kind want; do
	gw TRAIN01 GET "/$bucket/$object"
	is "$bucket: $object" "$status" 200
	ok "$bucket: $object is the table of the plain file" \
	    unpacks "$kind" "$gw_top/$want.want"
	ok "$bucket: $object has no Content-Encoding" \
	    not grep -qi '^content-encoding' "$head"
	gw TRAIN01 HEAD "/$bucket/$object"
	has "$bucket: $object, HEAD has the type of a file" "$head" \
	    '^content-type: application/octet-stream'
done <<'END'
gz-same a.csv.gz gz a
gz-same big.csv.gz gz big
gz-same members.csv.gz gz big
gz-plain a.csv plain a
gz-plain members.csv plain big
gz-zst big.csv.zst zst big
zst-same a.csv.zst zst a
zst-same b.csv.zst zst b
zst-same frames.csv.zst zst big
plain-gz big.csv.gz gz big
END
for object in gz-plain/a.csv.gz gz-same/a.csv gz-zst/a.csv.gz.zst \
    gz-zst/a.csv plain-gz/a.csv zst-sealed/a.csv.zst zst-sealed/a.csv.age; do
	gw TRAIN01 GET "/$object"
	is "$object: no such name" "$status" 404
done
gw TRAIN01 GET /zst-sealed/a.csv.zst.age
is "sealed: compressed, then encrypted" "$status" 200
ok "sealed: age opens it" \
    age -d -i "$gw_dir/identity.txt" -o "$gw_top/opened" "$body"
ok "sealed: zstd reads what was in it" \
    unpacks zst "$gw_top/a.want" "$gw_top/opened"
ok "sealed: gatehouse open as well" sh -c "$stage_bin/gatehouse open \
    -i $gw_dir/identity.txt $body | zstd -qdc | cmp - $gw_top/a.want"

# ---- listings, lengths, ranges ---------------------------------------------

gw_aws TRAIN01 s3 ls s3://gz-zst/ >"$gw_top/ls"
is "a listing has the names of objects" \
    "$(awk '{ print $4 }' "$gw_top/ls" | tr '\n' ' ')" \
    "a.csv.zst big.csv.zst members.csv.zst "
ok "aws s3 sync" gw_aws TRAIN01 s3 sync --quiet s3://gz-same/ "$gw_top/sync"
ok "of what gzip reads" unpacks gz "$gw_top/big.want" \
    "$gw_top/sync/members.csv.gz"
is "in the length that the listing said" \
    "$(gw_aws TRAIN01 s3 ls s3://gz-same/big.csv.gz | awk '{ print $3 }')" \
    "$(stat -c %s "$gw_top/sync/big.csv.gz")"
gw TRAIN01 GET /gz-same/big.csv.gz --header 'Range: bytes=1000-70000'
is "a range is one of the packed bytes" "$status" 206
ok "and a slice of them" cmp "$body" \
    <(tail -c +1001 "$gw_top/sync/big.csv.gz" | head -c 69001)

# ---- the same of the same --------------------------------------------------

gw TRAIN01 GET /plain-gz/big.csv.gz
ok "one table, packed after two ways in: the same bytes" \
    cmp "$body" "$gw_top/sync/big.csv.gz"
ok "and the same without a gateway" cmp "$body" \
    <(transform "$hospital/gz/members.csv.gz" gz-same)
is "its header tells no time, no name, no system" \
    "$(head -c 10 "$body" | od -An -tx1 | tr -d ' \n')" 1f8b08000000000000ff
"$stage_bin/gatehouse" preview --policy "$gw_dir/policy.yaml" --agreement \
    zst-same --test-key --rows 2 <"$hospital/zst/a.csv.zst" \
    >"$gw_top/preview" 2>/dev/null
has "preview reads compressed files" "$gw_top/preview" 'birth_date .* -> '

# ---- what is refused -------------------------------------------------------

gw TRAIN01 GET /bad-gz/dull.csv.gz
is "a dull table is none to refuse" "$status" 200
is "and is whole" "$(gzip -dc <"$body" | wc -l)" 300001
for object in gz/zeros gz/cut gz/behind gz/checksum gz/plain gz/nothing \
    gz/twice gz/other zst/zeros zst/cut zst/behind zst/checksum zst/plain \
    zst/nothing zst/other zst/window; do
	kind=${object%%/*} name=${object##*/}
	[ "$kind" = gz ] && name+=.csv.gz || name+=.csv
	gw TRAIN01 GET "/bad-$kind/$name"
	ok "$object: refused" grep -qE '^(broken.*|50[0-9])$' <<<"$status"
	gw TRAIN01 HEAD "/bad-$kind/$name"
	is "$object: and remembered" "$status" 502
done
for name in bad-gz/rows.csv.gz bad-zst/rows.csv; do
	gw TRAIN01 GET "/$name"
	ok "$name: a bomb of good rows is cut off, or refused" \
	    grep -qE '^(broken.*|50[0-9])$' <<<"$status"
	gw TRAIN01 GET "/$name"
	is "$name: and remembered" "$status" 502
	has "$name: the party hears why" "$body" '<Code>SourceMalformed<'
done
most=0 limits=
for pid in $(gw_pids mill); do
	limits+=$(awk '/^Max file size/ { print $4 "-" $5 " " }' \
	    "/proc/$pid/limits")
	size=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
	[ "$size" -le $most ] || most=$size
done
echo "# the largest mill: $most KiB"
ok "no mill grew by it" test "$most" -gt 0 -a "$most" -lt 65536
is "no mill can write more than the spool holds" "$(tr ' ' '\n' <<<"$limits" |
    sort -u | tr -d '\n')" 536870912-536870912
ok "no secret in the spool" gw_no_canary "$gw_dir/state"
ok "every mill is still in its jail" not grep -q jail-broken \
    "$gw_dir/gatehouse.log"
