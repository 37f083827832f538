#!/bin/bash
# time limit: 240
# What reads an object that was delivered with `encrypt: age`: Debian's age,
# `gatehouse open` from a file, a pipe and a server, and the Python module,
# with boto3 and in a DataLoader. And a server that misbehaves.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make
sed -i '/id: sealed/{n;s/cluster/[trainers, cluster]/}' "$gw_dir/policy.yaml"
gw_start
tls=$gw_dir/tls
secret=$(<"$(gw_secret_file GPU01)")
printf '# none\n[default]\naws_access_key_id = NOBODY\n' >"$gw_top/profiles"
printf '[gpu]\naws_access_key_id = GPU01\naws_secret_access_key = %s\n' \
    "$secret" >>"$gw_top/profiles"

# opened [OPTION...]: `gatehouse open` as the agreement's client; standard
# output in $body, standard error in $gw_top/why, the exit status in $status.
opened() {
	AWS_SHARED_CREDENTIALS_FILE=$gw_top/profiles AWS_PROFILE=gpu \
	    AWS_REGION=eu-central-1 AWS_ENDPOINT_URL_S3=$url \
	    "$stage_bin/gatehouse" open -i "$gw_dir/identity.txt" \
	    --ca "$tls/ca.pem" --cert "$tls/trainer.pem" \
	    --cert-key "$tls/trainer.key" "$@" >"$body" 2>"$gw_top/why"
	status=$?
}

# gives NAME FILE [OPTION...]: it succeeds, with these bytes.
gives() {
	local name=$1 file=$2
	shift 2
	opened "$@"
	is "$name: opens" "$status" 0
	ok "$name: to the same bytes" cmp "$file" "$body"
}

# ends NAME STATUS [OPTION...]: it fails so.
ends() {
	local name=$1 wanted=$2
	shift 2
	opened "$@"
	is "$name: ends with $wanted" "$status" "$wanted"
}

# part FIRST LAST: of the plaintext, in $gw_top/part.
part() {
	tail -c +$(($1 + 1)) "$gw_top/plain" | head -c $(($2 - $1 + 1)) \
	    >"$gw_top/part"
}

# ---- a gateway -------------------------------------------------------------

opened --range 0-9 s3://sealed/big.csv.age
is "a range of an object that nobody asked for yet" "$status" 0
is "is ten bytes" "$(stat -c %s "$body")" 10
gw GPU01 GET /sealed/big.csv.age --cert "$tls/trainer.pem" \
    --cert-key "$tls/trainer.key"
mv "$body" "$gw_top/sealed"
ok "age opens it" age -d -i "$gw_dir/identity.txt" -o "$gw_top/plain" \
    "$gw_top/sealed"
gives "a file" "$gw_top/plain" "$gw_top/sealed"
gives "standard input" "$gw_top/plain" <"$gw_top/sealed"
gives "a pipe" "$gw_top/plain" - < <(cat "$gw_top/sealed")
gives "s3://" "$gw_top/plain" s3://sealed/big.csv.age
from_aws() {
	gw_aws TRAIN01 s3 cp s3://sealed/big.csv.age - |
	    "$stage_bin/gatehouse" open -i "$gw_dir/identity.txt" |
	    cmp - "$gw_top/plain"
}
ok "aws s3 cp to a pipe" from_aws
size=$(stat -c %s "$gw_top/plain")
for range in 0-0 65535-65536 100000-400000 $((size - 5))-$((size + 99)); do
	part "${range%-*}" "${range#*-}"
	gives "$range of a file" "$gw_top/part" --range "$range" "$gw_top/sealed"
	gives "$range of a pipe" "$gw_top/part" --range "$range" \
	    < <(cat "$gw_top/sealed")
	gives "$range of s3://" "$gw_top/part" --range "$range" \
	    s3://sealed/big.csv.age
done
for in in "$gw_top/sealed" - s3://sealed/big.csv.age; do
	ends "a range behind the end of $in" 1 --range "$size-$((size + 9))" \
	    "$in" <"$gw_top/sealed"
	has "it says so" "$gw_top/why" 'begins after the end'
	ok "and nothing was written" test ! -s "$body"
done
gives "a key with odd letters" <(:) --range 0-0 -o "$gw_top/odd" \
    's3://sealed/odd name+%.csv.age'
is "-o has the bytes" "$(stat -c %s "$gw_top/odd")" 1
is "for its owner only" "$(stat -c %a "$gw_top/odd")" 600

from_environment() {
	env AWS_ACCESS_KEY_ID=GPU01 AWS_SECRET_ACCESS_KEY="$secret" \
	    AWS_REGION=eu-central-1 AWS_CA_BUNDLE="$tls/ca.pem" \
	    https_proxy=http://127.0.0.1:1 \
	    "$stage_bin/gatehouse" open -i "$gw_dir/identity.txt" \
	    --cert "$tls/trainer.pem" --cert-key "$tls/trainer.key" \
	    --endpoint "$url" "$@" s3://sealed/big.csv.age | cmp - "$gw_top/plain"
}
ok "keys from the environment, and its proxy is not asked" from_environment
ok "unless it is wanted" not from_environment --env-proxy
no_profile() {
	AWS_SHARED_CREDENTIALS_FILE=$gw_top/profiles \
	    "$stage_bin/gatehouse" open -i "$gw_dir/identity.txt" s3://sealed/b
}
no_profile 2>"$gw_top/why"
is "a profile without secret is a mistake of usage" $? 2
echo 's3://sealed/big.csv.age' >"$gw_top/name"
gives "a name in a file" "$gw_top/plain" "@$gw_top/name"
ends "an object that is not there" 1 s3://sealed/nope.csv.age
ends "a bucket that is not there" 6 s3://nope/big.csv.age
ends "a certificate of nobody" 7 --ca "$tls/trainer.pem" \
    s3://sealed/big.csv.age
ends "no port" 75 --endpoint https://127.0.0.1:1 s3://sealed/big.csv.age
ends "an endpoint without TLS" 2 --endpoint "http${url#https}" s3://sealed/b
ends "a URL without TLS is a file's name" 1 "http${url#https}/sealed/b"
ends "a range that is none" 2 --range 9-1 "$gw_top/sealed"
age-keygen -o "$gw_top/other.txt" 2>/dev/null
ends "another identity" 1 -i "$gw_top/other.txt" s3://sealed/big.csv.age
ok "the secret is in no message" not grep -qF "$secret" "$gw_top/why"

# ---- broken objects --------------------------------------------------------

echo before >"$gw_top/kept"
head -c 200000 "$gw_top/sealed" >"$gw_top/cut"
ends "a shortened file" 7 -o "$gw_top/kept" "$gw_top/cut"
is "leaves what was there" "$(<"$gw_top/kept")" before
is "and nothing beside it" "$(echo "$gw_top"/kept*)" "$gw_top/kept"
ends "a range of a shortened file" 7 --range 0-9 "$gw_top/cut"
ok "writes nothing" test ! -s "$body"
ends "a shortened pipe" 7 <"$gw_top/cut"
ok "gives what is authentic" cmp -n "$(stat -c %s "$body")" "$gw_top/plain" \
    "$body"
/usr/bin/python3 - "$gw_top/sealed" "$gw_top/turned" <<'PY'
import sys
data = open(sys.argv[1], "rb").read()
at = data.index(b"\n", data.index(b"\n--- ") + 1) + 1 + 16
parts = [data[at + i * 65552:at + (i + 1) * 65552] for i in range(2)]
open(sys.argv[2], "wb").write(
    data[:at] + parts[1] + parts[0] + data[at + 2 * 65552:])
PY
ends "two chunks exchanged" 7 "$gw_top/turned"
ok "nothing of them comes out" test ! -s "$body"
ends "a range of them" 7 --range 5-9 "$gw_top/turned"

# ---- a server that misbehaves ----------------------------------------------

mkdir "$gw_top/www"
cp "$gw_top/sealed" "$gw_top/www/object"
/usr/bin/python3 tests/harness/rangeserver.py "$tls/server.pem" \
    "$tls/server.key" "$gw_top/www" "$gw_top/asked" >"$gw_top/port" \
    2>"$gw_top/broken-off" &
server=$!
end_server() {
	kill $server 2>/dev/null
	gw_end
}
trap 'end_server' EXIT
for ((i = 0; i < 100; i++)); do
	[ -s "$gw_top/port" ] && break
	sleep 0.1
done
url=https://127.0.0.1:$(<"$gw_top/port")
header=$(($(stat -c %s "$gw_top/sealed") - size - 16 - \
    16 * ((size + 65535) / 65536)))
last=$(((size - 1) / 65536))

part 65536 200000
: >"$gw_top/asked"
gives "https://" "$gw_top/part" --range 65536-200000 "$url/good/object"
is "asks for the front, the last chunk, and those of the range" \
    "$(<"$gw_top/asked")" "good bytes=0-4095 None
good bytes=$((header + 16 + last * 65552))-$(($(stat -c %s "$gw_top/sealed") - 1)) \"one\"
good bytes=$((header + 16 + 65552))-$((header + 16 + 4 * 65552 - 1)) \"one\""
gives "https://, whole" "$gw_top/plain" "$url/good/object"
gives "a presigned URL" "$gw_top/plain" \
    "$url/signed/object?X-Amz-Signature=good"
echo "$url/signed/object?X-Amz-Signature=good" >"$gw_top/name"
gives "one in a file" "$gw_top/plain" "@$gw_top/name"
ends "one that is not valid" 6 "$url/signed/object?X-Amz-Signature=bad"
ends "changed meanwhile" 75 --range 0-9 "$url/changes/object"
ends "changed, and it does not show" 7 --range 0-9 "$url/lies/object"
ok "nothing comes out" test ! -s "$body"
ends "a server without ranges" 1 --range 0-9 "$url/whole/object"
ends "a server that sends another range" 7 --range 0-9 "$url/shifted/object"
ends "a server that sends more than there is" 7 --range 0-9 "$url/short/object"
ends "broken off" 75 "$url/cut/object"
ok "what came is authentic" cmp -n "$(stat -c %s "$body")" "$gw_top/plain" \
    "$body"
ends "a range, broken off" 75 --range 0-9 "$url/cut/object"
: >"$gw_top/asked"
ends "a redirect" 1 "$url/moved/object"
is "is not followed" "$(<"$gw_top/asked")" "moved None None"
ends "a denial" 6 "$url/denied/object"
has "with its reason" "$gw_top/why" 'it says: not \?\[31m for you'
ends "not ready" 75 "$url/later/object"
ends "a server's error" 1 "$url/error/object"
ends "a name and password in a URL" 2 "https://a:b@127.0.0.1/object"

# Arguments can be seen by everybody on the machine.
mkfifo "$gw_top/fifo"
opened -o "$gw_top/fifo" "$url/signed/object?X-Amz-Signature=good" &
for ((i = 0; i < 50; i++)); do
	line=$(pgrep -af "gatehouse open.*$gw_top/fifo" | grep -v bash)
	[[ $line == *'????'* ]] && break
	sleep 0.1
done
has "a URL's signature is not left in the list of processes" \
    <(echo "$line") 'signed/object\?\?\?\?'
ok "nowhere in it" not grep -q Signature <<<"$line"
ok "and it opens to a pipe" cmp "$gw_top/fifo" "$gw_top/plain"
wait $!
kill $server
wait $server 2>/dev/null
trap gw_end EXIT

# ---- the Python module -----------------------------------------------------

url=https://127.0.0.1:$stage_port
mkdir "$gw_top/module"
tap_from /usr/bin/python3 tests/harness/agemodule.py "$gw_top/module"
mkdir "$gw_top/reference"
for name in a.csv b.csv big.csv; do
	opened "s3://sealed/$name.age"
	cp "$body" "$gw_top/reference/$name"
done
{
	declare -f gw_patients
	echo "gw_dir=$gw_dir; umask 022; gw_patients a.csv 50"
} >"$gw_top/change"
export AWS_ACCESS_KEY_ID=GPU01 AWS_SECRET_ACCESS_KEY=$secret
tap_from /usr/bin/python3 tests/harness/ageloader.py "$url" "$tls" \
    "$gw_dir/identity.txt" "bash $gw_top/change" "$gw_top/reference"
