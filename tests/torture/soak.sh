#!/bin/bash
# What the scenarios say of 20 MB, at 1 GB and, with SOAK_BIG=1, at 10 GB: a
# cold object is followed while it grows, ranges in parallel make the whole,
# every byte is as it should be, and no role holds more than at 100 MB. The
# figures are in the comments. Three times the size is needed on disk.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

bytes=1000000000
[ -z "${SOAK_BIG-}" ] || bytes=10000000000
small=100000000

# A block of distinct rows, repeated; so is then what is delivered of it.
cat >"$gw_top/blocks.py" <<'PY'
"""blocks.py BYTES RAW: writes RAW; prints rows, length and digest of its form."""
import hashlib
import sys

ROWS = 4000
size = int(sys.argv[1])
raw, form = [], []
for i in range(ROWS):
    pad = "x" * 200 + str(i)
    raw.append(f"CNRYM{i:07},CNRYN{i:07},{1940 + i % 60}-02-03,"
               f"{60600 + i % 90},{pad},I{10 + i % 60},CNRYP{i},CNRYT,"
               f"{'yes' if i % 10 else 'no'}\n")
    if i % 10:
        form.append(f"{1940 + i % 60},{str(60600 + i % 90)[:3]},{pad},"
                    f"I{10 + i % 60}\n")
raw, form = "".join(raw).encode(), "".join(form).encode()
head = b"birth_date,zip,sex,diagnosis\n"
digest, times = hashlib.sha256(head), -(-size // len(raw))
with open(sys.argv[2], "wb") as file:
    file.write(b"mrn,name,birth_date,zip,sex,diagnosis,phone,note,research\n")
    for _ in range(times):
        file.write(raw)
        digest.update(form)
print(len(head) + times * len(form), digest.hexdigest())
PY

# follow: one GET of a cold object. ranges: 8 threads, hashed in order; nobody
# keeps more than a few parts.
cat >"$gw_top/read.py" <<'PY'
import collections
import concurrent.futures
import hashlib
import sys
import time
import boto3
import botocore.config

url, ca, secret, how, key = sys.argv[1:6]
PART = int(sys.argv[6])
with open(secret, encoding="ascii") as file:
    secret = file.read().strip()
s3 = boto3.client("s3", endpoint_url=url, region_name="eu-central-1",
                  aws_access_key_id="TRAIN01", aws_secret_access_key=secret,
                  verify=ca, config=botocore.config.Config(
                      retries={"total_max_attempts": 1}, read_timeout=120,
                      s3={"addressing_style": "path"}))
digest, length, began = hashlib.sha256(), 0, time.monotonic()


def part(head, at):
    return s3.get_object(
        Bucket="train", Key=key, IfMatch=head["ETag"],
        Range=f"bytes={at}-{at + PART - 1}")["Body"].read()


if how == "follow":
    got = s3.get_object(Bucket="train", Key=key)
    said = "chunked" if "ContentLength" not in got else "with a length"
    first = None
    while data := got["Body"].read(1 << 20):
        first = first or time.monotonic() - began
        digest.update(data)
        length += len(data)
    said += f", first MB after {first:.3f} s"
else:
    head = s3.head_object(Bucket="train", Key=key)
    said, waiting = "8 at once", collections.deque()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for at in range(0, head["ContentLength"] + 16 * PART, PART):
            if at < head["ContentLength"]:
                waiting.append(pool.submit(part, head, at))
            if waiting and (len(waiting) > 8 or at >= head["ContentLength"]):
                data = waiting.popleft().result()
                digest.update(data)
                length += len(data)
    assert not waiting
took = time.monotonic() - began
print(length, digest.hexdigest(),
      f"{said}, {took:.1f} s, {length / took / 1e6:.0f} MB/s")
PY

# peaks: forgets them; memory ROLE: the sum of them since, in KiB.
peaks() {
	local pid
	for pid in $(stage_family "$stage_pid"); do
		echo 5 >"/proc/$pid/clear_refs"
	done 2>/dev/null
}
memory() {
	local pid
	for pid in $(gw_pids "$1"); do
		sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
	done | awk '{ sum += $1 } END { print sum + 0 }'
}

# reads NAME BYTES: makes it and reads it in each way. A part is so long that it
# is as many requests for each size: the auditor holds the hashes of entries
# that are not published yet, to a bound that requests reach and bytes do not.
reads() {
	local how wanted got length digest note part=$(($2 / (bytes / 8388608)))
	wanted=$(umask 022; /usr/bin/python3 "$gw_top/blocks.py" "$2" \
	    "$gw_dir/data/hospital/patients/$1")
	peaks
	for how in follow ranges; do
		read -r length digest note < <(/usr/bin/python3 \
		    "$gw_top/read.py" "$url" "$gw_dir/tls/ca.pem" \
		    "$(gw_secret_file TRAIN01)" $how "$1" $part)
		got="$length $digest"
		echo "# $1, $how: $note"
		is "$1, $how: every byte as it should be" "$got" "$wanted"
	done
	rm -f "$gw_top/copy"
	ok "$1: aws s3 cp" gw_aws TRAIN01 s3 cp --quiet "s3://train/$1" \
	    "$gw_top/copy"
	is "$1, aws s3 cp: every byte as it should be" \
	    "$(stat -c %s "$gw_top/copy") $(sha256sum <"$gw_top/copy" |
	        cut -d ' ' -f 1)" "$wanted"
	rm -f "$gw_top/copy"
}

roles="supervisor keeper auditor opener worker mill"
gw_make
sed -i "s/size: 512M/size: $((bytes / 500000 + 1000))M/" \
    "$gw_dir/gatehouse.yaml"
gw_start
# The first time, every process takes what it then keeps.
reads first.csv $small
reads second.csv $small
declare -A before
for role in $roles; do
	before[$role]=$(memory "$role")
done
reads large.csv $bytes
for role in $roles; do
	after=$(memory "$role")
	if [ "${before[$role]}" -eq 0 ]; then
		skip 1 "only root sees what a $role holds"
		continue
	fi
	echo "# $role: ${before[$role]} KiB at $((small / 1000000)) MB," \
	    "$after KiB at $((bytes / 1000000)) MB"
	ok "$role: at most 1.05 of what it holds at 100 MB" \
	    test $((after * 100)) -le $((before[$role] * 105))
done
ok "no canary in the log" gw_no_canary "$gw_dir/gatehouse.log"
