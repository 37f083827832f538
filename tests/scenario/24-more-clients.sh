#!/bin/bash
# time limit: 240
# Clients that Debian has, each as its users run it: s3cmd, rclone, libs3's s3
# and s3fs. What each read is printed, and compared with what the raw rows have
# to become.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up
raw=$gw_dir/data/hospital/patients
secret=$(<"$(gw_secret_file TRAIN01)")
host=127.0.0.1:$stage_port
names="a.csv b.csv big.csv none.csv odd name+%.csv"

# shows CLIENT NAME FILE: what it read, and that it is what it should be.
shows() {
	local file=$3
	[ -e "$file" ] || touch "$file"
	sed -n "1,2s/^/# $1 $2: /p" "$file"
	ok "$1: $2 has the rows that consent, each value in its form" \
	    /usr/bin/python3 tests/harness/expect_patients.py "$raw/$2" "$file"
}

# ---- s3cmd -----------------------------------------------------------------

cat >"$gw_top/s3cfg" <<CFG
[default]
access_key = TRAIN01
secret_key = $secret
host_base = $host
host_bucket = $host
bucket_location = eu-central-1
ca_certs_file = $gw_dir/tls/ca.pem
use_https = True
progress_meter = False
CFG
s3cmd() {
	/usr/bin/s3cmd -c "$gw_top/s3cfg" "$@"
}
s3cmd ls s3://train/ >"$gw_top/ls" 2>&1
is "s3cmd ls: every object" \
    "$(sed 's|.*s3://train/||' "$gw_top/ls" | tr '\n' '|')" \
    "$(tr ' ' '\n' <<<"${names/odd name/odd_name}" | tr _ ' ' | tr '\n' '|')"
is "s3cmd ls s3://train/b: a prefix" \
    "$(s3cmd ls s3://train/b 2>&1 | sed 's|.*s3://train/||' | tr '\n' ' ')" \
    "b.csv big.csv "
has "s3cmd info: the length, and an ETag that is no MD5" \
    <(s3cmd info s3://train/a.csv 2>&1) 'MD5 sum: *[0-9a-f]{32}-1'
mkdir "$gw_top/s3cmd"
ok "s3cmd get" s3cmd get s3://train/a.csv "$gw_top/s3cmd/a.csv"
shows s3cmd a.csv "$gw_top/s3cmd/a.csv"
ok "s3cmd get of a name with odd letters" s3cmd get \
    "s3://train/odd name+%.csv" "$gw_top/s3cmd/odd name+%.csv"
shows s3cmd 'odd name+%.csv' "$gw_top/s3cmd/odd name+%.csv"
ok "s3cmd get" s3cmd get s3://train/big.csv "$gw_top/s3cmd/big.csv"
shows s3cmd big.csv "$gw_top/s3cmd/big.csv"
head -c 100000 "$gw_top/s3cmd/big.csv" >"$gw_top/s3cmd/part.csv"
ok "s3cmd get --continue: goes on where it was" s3cmd get --continue \
    s3://train/big.csv "$gw_top/s3cmd/part.csv"
ok "and the file is whole" cmp "$gw_top/s3cmd/big.csv" "$gw_top/s3cmd/part.csv"
ok "s3cmd sync" s3cmd sync s3://train/ "$gw_top/s3cmd/sync/"
ok "s3cmd sync a second time" s3cmd sync s3://train/ "$gw_top/s3cmd/sync/"
shows s3cmd b.csv "$gw_top/s3cmd/sync/b.csv"
ok "s3cmd put is refused" not s3cmd put "$gw_top/s3cfg" s3://train/x.csv
ok "s3cmd del is refused" not s3cmd del s3://train/a.csv

# ---- rclone ----------------------------------------------------------------

cat >"$gw_top/rclone.conf" <<CFG
[gate]
type = s3
provider = Other
access_key_id = TRAIN01
secret_access_key = $secret
endpoint = $url
region = eu-central-1
force_path_style = true
CFG
rclone() {
	/usr/bin/rclone --config "$gw_top/rclone.conf" \
	    --ca-cert "$gw_dir/tls/ca.pem" --low-level-retries 1 --retries 1 "$@"
}
is "rclone lsf: every object" \
    "$(rclone lsf gate:train 2>"$gw_top/said" | tr '\n' '|')" \
    "$(tr ' ' '\n' <<<"${names/odd name/odd_name}" | tr _ ' ' | tr '\n' '|')"
ok "rclone copy, in several streams" rclone copy --multi-thread-cutoff 64k \
    --multi-thread-streams 4 gate:train "$gw_top/rclone"
for name in a.csv b.csv big.csv none.csv 'odd name+%.csv'; do
	shows rclone "$name" "$gw_top/rclone/$name"
done
ok "rclone check: sizes, and bytes as downloaded" rclone check --download \
    gate:train "$gw_top/rclone"
ok "rclone copy a second time has nothing to do" rclone copy --immutable \
    gate:train "$gw_top/rclone"
is "rclone cat of a part" "$(rclone cat --offset 100 --count 50 \
    gate:train/big.csv 2>"$gw_top/said" | sha256sum)" \
    "$(tail -c +101 "$gw_top/rclone/big.csv" | head -c 50 | sha256sum)"
ok "rclone rcat is refused" not rclone rcat gate:train/x.csv
ok "rclone deletefile is refused" not rclone deletefile gate:train/a.csv

# ---- libs3 -----------------------------------------------------------------

s3() {
	S3_ACCESS_KEY_ID=TRAIN01 S3_SECRET_ACCESS_KEY=$secret \
	    S3_HOSTNAME=$host /usr/bin/s3 -r 0 "$@"
}
libs3=$(ldd /usr/bin/s3 | awk '$1 ~ /^libs3/ { print $3 }')
s3 get train/a.csv filename="$gw_top/libs3.csv" >"$gw_top/libs3" 2>&1
if grep -qa AWS4-HMAC-SHA256 "$libs3"; then
	shows s3 a.csv "$gw_top/libs3.csv"
	is "s3 list" "$(s3 list train 2>&1 | awk 'NR > 2 { print $1 }' |
	    tr '\n' ' ')" "a.csv b.csv big.csv none.csv odd "
else
	# Its signature is HMAC-SHA-1 under the second version: not accepted.
	has "libs3 of before SigV4 is told so" "$gw_top/libs3" \
	    'Invalid Request'
	skip 1 "libs3: this version does not sign by SigV4"
fi

# ---- s3fs ------------------------------------------------------------------

mounted=
unmount() {
	[ -z "$mounted" ] || fusermount -u "$mounted" 2>/dev/null
	gw_end
}
trap unmount EXIT

# It takes CURL_CA_BUNDLE up at its second try.
s3fs_mount() {
	mkdir -p "$gw_top/mount"
	echo "TRAIN01:$secret" >"$gw_top/s3fs"
	CURL_CA_BUNDLE=$gw_dir/tls/ca.pem timeout 30 /usr/bin/s3fs train \
	    "$gw_top/mount" -o "url=$url" -o use_path_request_style \
	    -o endpoint=eu-central-1 -o "passwd_file=$gw_top/s3fs" -o ro \
	    -o retries=3 -o sigv4 && mountpoint -q "$gw_top/mount" &&
	    mounted=$gw_top/mount
}
if [ -c /dev/fuse ] && s3fs_mount >"$gw_top/said" 2>&1; then
	# shellcheck disable=SC2012 # names as ls shows them are the point
	is "s3fs: ls" "$(ls "$mounted" 2>&1 | tr '\n' ' ')" "$names "
	for name in a.csv b.csv 'odd name+%.csv' big.csv; do
		ok "s3fs: cp $name" cp "$mounted/$name" "$gw_top/s3fs.csv"
		shows s3fs "$name" "$gw_top/s3fs.csv"
	done
	is "s3fs: dd in the middle" "$(dd if="$mounted/big.csv" bs=1000 skip=77 \
	    count=3 status=none | sha256sum)" \
	    "$(dd if="$gw_top/rclone/big.csv" bs=1000 skip=77 count=3 \
	        status=none | sha256sum)"
	ok "s3fs: nothing can be written" not touch "$mounted/x.csv"
else
	sed 's/^/# s3fs: /' "$gw_top/said"
	skip 11 "s3fs: this machine cannot mount by FUSE"
fi
