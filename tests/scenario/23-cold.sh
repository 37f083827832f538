#!/bin/bash
# time limit: 300
# Objects that nobody has read yet. Ranges of one wait for its filling, which
# is one however many wait; who is slow or gone stops nobody; and over the
# bound it is "slow down", while the filling goes on. The mills are held by
# SIGSTOP, so that cold stays cold as long as a test needs.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1

# gw_long NAME ROWS FROM: as gw_patients, with a column that makes what is
# delivered long: 200 bytes a row.
gw_long() {
	(
	umask 022
	awk -v rows="$2" -v from="$3" 'BEGIN {
		for (pad = "x"; length(pad) < 180; )
			pad = pad pad
		print "mrn,name,birth_date,zip,sex,diagnosis,phone,note,research"
		for (i = from; i < from + rows; i++)
			printf "CNRYM%07d,CNRYN%07d,%d-02-03,%05d,%s%d,I%d,CNRYP%d,CNRYT,%s\n",
			    i, i, 1940 + i % 60, 60600 + i % 90, pad, i,
			    10 + i % 60, i, i % 10 ? "yes" : "no"
	}' >"$gw_dir/data/new"
	)
	mv "$gw_dir/data/new" "$gw_dir/data/hospital/patients/$1"
}

hold() {
	# shellcheck disable=SC2046 # numbers
	kill -STOP $(gw_pids mill)
}
release() {
	# shellcheck disable=SC2046 # numbers
	kill -CONT $(gw_pids mill)
}

# What the mills have read, in bytes; root alone may look.
mills_read() {
	local pid sum=0 bytes
	for pid in $(gw_pids mill); do
		bytes=$(sed -n 's/^rchar: //p' "/proc/$pid/io" 2>/dev/null) ||
		    return 1
		[ -n "$bytes" ] || return 1
		sum=$((sum + bytes))
	done
	echo $sum
}

# What has to be delivered, made here from the raw rows.
cat >"$gw_top/form.py" <<'PY'
import csv, sys
with open(sys.argv[1], newline="") as file, \
        open(sys.argv[2], "w", newline="") as out:
    to = csv.writer(out, lineterminator=sys.argv[3].encode().decode(
        "unicode_escape"))
    to.writerow(["birth_date", "zip", "sex", "diagnosis"])
    for r in csv.DictReader(file):
        if r["research"] == "yes":
            to.writerow([r["birth_date"][:4], r["zip"][:3], r["sex"],
                         r["diagnosis"][:3]])
PY

# Many clients at once on one cold object; each says what it saw.
cat >"$gw_top/cold.py" <<'PY'
import hashlib, os, subprocess, sys, threading, time
sys.path.insert(0, "tests/harness")
from s3client import Client
import boto3, boto3.s3.transfer, botocore.client
url, ca, secrets, name, want_file, top = sys.argv[1:7]
mills = [int(pid) for pid in sys.argv[7:]]
path = "/train/" + name
with open(os.path.join(secrets, "TRAIN01")) as file:
    secret = file.read().strip()
with open(want_file, "rb") as file:
    want = file.read()
size = len(want)
PART = 8 << 20
lines = []
def point(text, good, note=""):
    lines.append(("ok " if good else "not ok ") + text +
                 ("" if good or note == "" else f"\n{note}"))
def client(**more):
    return Client(url, ca, "TRAIN01", secret, keep=True, **more)

def ranged(number):
    """One range of many, no two alike."""
    first = number * 1000003 % size
    end = min(size, first + 3000000)
    status, head, body = client().fetch(
        "GET", path, {"Range": f"bytes={first}-{end - 1}"})
    return status == 206 and body == want[first:end] and \
        head["content-range"] == f"bytes {first}-{end - 1}/{size}"
def common_runtime(_):
    """The first part tells size and ETag, the others come at once."""
    status, head, body = client().fetch(
        "GET", path, {"Range": f"bytes=0-{PART - 1}"})
    total, got = int(head["content-range"].rpartition("/")[2]), {0: body}
    def part(first):
        got[first] = client().fetch("GET", path, {
            "Range": f"bytes={first}-{first + PART - 1}",
            "If-Match": head["etag"]})[2]
    parts = [threading.Thread(target=part, args=(first,))
             for first in range(PART, total, PART)]
    for t in parts:
        t.start()
    for t in parts:
        t.join()
    return status == 206 and b"".join(got[k] for k in sorted(got)) == want
def whole(_):
    status, head, body = client().fetch("GET", path)
    return status == 200 and body == want
def head(_):
    status, names, body = client().fetch("HEAD", path)
    return status == 200 and names["content-length"] == str(size)
def listing(_):
    status, names, body = client().fetch("GET", "/train?list-type=2&prefix="
                                         + name)
    return status == 200 and f"<Size>{size}<".encode() in body
def transfer_manager(number):
    s3 = boto3.client("s3", endpoint_url=url, region_name="eu-central-1",
                      aws_access_key_id="TRAIN01", verify=ca,
                      aws_secret_access_key=secret,
                      config=botocore.client.Config(
                          retries={"max_attempts": 0},
                          s3={"addressing_style": "path"}))
    out = f"{top}/transfer{number}"
    s3.download_file("train", name, out, Config=
                     boto3.s3.transfer.TransferConfig(max_concurrency=10))
    with open(out, "rb") as file:
        return file.read() == want
def aws_cli(_):
    out = f"{top}/cli"
    environment = {"PATH": "/usr/bin:/bin", "HOME": top,
                   "AWS_ACCESS_KEY_ID": "TRAIN01",
                   "AWS_SECRET_ACCESS_KEY": secret, "AWS_CA_BUNDLE": ca,
                   "AWS_DEFAULT_REGION": "eu-central-1",
                   "AWS_EC2_METADATA_DISABLED": "true",
                   "AWS_MAX_ATTEMPTS": "1"}
    code = subprocess.run(
        ["/usr/bin/aws", "--endpoint-url", url, "s3", "cp", "--quiet",
         f"s3://train/{name}", out], env=environment).returncode
    with open(out, "rb") as file:
        return code == 0 and file.read() == want

failures, begun = [], []
def run(call, number):
    begun.append(call)
    try:
        good = call(number)
    except Exception as why:
        good, failures_note = False, why
        failures.append((call.__name__, number, repr(why)))
        return
    if not good:
        failures.append((call.__name__, number, "wrong"))
jobs = [(ranged, i) for i in range(24)] + [(common_runtime, i)
                                           for i in range(2)]
jobs += [(whole, 0), (whole, 1), (head, 0), (listing, 0),
         (transfer_manager, 0), (aws_cli, 0)]
# Two that ask and then read nothing, and one that asks and leaves.
stalled = client(window=4096, timeout=120)
stalled.connection = stalled.connect()
stalled.connection.request("GET", path, headers=stalled.sign("GET", path, {}))
slow = client(window=4096, timeout=120)
slow.connection = slow.connect()
slow.connection.request("GET", path, headers=slow.sign(
    "GET", path, {"Range": f"bytes=5-{size - 1}"}))
gone = client()
gone.connection = gone.connect()
gone.connection.request("GET", path, headers=gone.sign(
    "GET", path, {"Range": "bytes=0-9"}))
time.sleep(0.3)
gone.close()
threads = [threading.Thread(target=run, args=job) for job in jobs]
for t in threads:
    t.start()
time.sleep(3)
waiting = sum(t.is_alive() for t in threads)
point("all of them wait", waiting == len(jobs) == len(begun), waiting)
before = time.monotonic()
status = client().fetch("GET", "/train/a.csv")[0]
took = time.monotonic() - before
point("a warm object is served meanwhile", status == 200 and took < 5, took)
for pid in mills:
    os.kill(pid, 18)  # SIGCONT
for t in threads:
    t.join(200)
for name_ in ("ranged", "common_runtime", "whole", "head", "listing",
              "transfer_manager", "aws_cli"):
    of = sum(job[0].__name__ == name_ for job in jobs)
    bad = [f for f in failures if f[0] == name_]
    point(f"{name_.replace('_', ' ')}: {of} got every byte as it should be",
          not bad and not any(t.is_alive() for t in threads), bad)
# The stalled ones read at last, and have missed nothing.
response = slow.connection.getresponse()
point("who stalled in a range reads it in the end",
      response.status == 206 and response.read() == want[5:])
response = stalled.connection.getresponse()
point("who stalled from the first byte on, too",
      response.status == 200 and response.read() == want)
print("\n".join(lines))
PY

# ---- within the bound ---------------------------------------------------------

gw_make
gw_start
gw TRAIN01 GET /train/a.csv
case $(od -An -c "$body" | grep -c '\\r') in
0) ends='\n' ;;
*) ends='\r\n' ;;
esac
gw_long cold.csv 130000 100
raw=$gw_dir/data/hospital/patients/cold.csv
/usr/bin/python3 "$gw_top/form.py" "$raw" "$gw_top/want" "$ends"
ok "the object has 20 MB, and more" \
    test "$(stat -c %s "$gw_top/want")" -gt 20000000
before=$(mills_read)
hold
# shellcheck disable=SC2046 # numbers
tap_from /usr/bin/python3 "$gw_top/cold.py" "$url" "$gw_dir/tls/ca.pem" \
    "$gw_dir/keys/s3" cold.csv "$gw_top/want" "$gw_top" $(gw_pids mill)
release
after=$(mills_read)
size=$(stat -c %s "$raw")
if [ -n "$before" ] && [ -n "$after" ]; then
	read=$((after - before))
	ok "it was read once: $read bytes of $size" \
	    test $read -ge "$size" -a $read -lt $((size + size / 2))
else
	skip 1 "only root sees what a mill reads"
fi
gw_records >"$gw_top/records"
is "one generation for all of them" "$(grep '"object": "cold.csv"' \
    "$gw_top/records" | grep -o '"generation": "[0-9a-f]*"' | sort -u |
    wc -l)" 1

# ---- over the bound -------------------------------------------------------------

ok "it ends" stage_stop
sed -i 's/wait-s: 45/wait-s: 2/' "$gw_dir/gatehouse.yaml"
gw_start
gw TRAIN01 GET /train/cold.csv --header 'Range: bytes=9-19'
is "after a restart it is not cold" "$status" 206
gw_long late.csv 20000 900000
/usr/bin/python3 "$gw_top/form.py" \
    "$gw_dir/data/hospital/patients/late.csv" "$gw_top/want" "$ends"
hold
for method in GET HEAD; do
	gw TRAIN01 $method /train/late.csv --header 'Range: bytes=0-99'
	is "$method of a cold object, over the bound" "$status" 503
	has "$method: with a time to come back" "$head" '^retry-after: [1-9]'
done
gw TRAIN01 GET /train/late.csv --header 'Range: bytes=0-99'
has "it is SlowDown" "$body" '<Code>SlowDown<'
gw TRAIN01 GET '/train?list-type=2'
is "a listing that needs it, likewise" "$status" 503
has "which says how many it waits for" "$head" '^x-gatehouse-pending: [1-9]'

# A client that retries does not notice; the first tries find it held.
cat >"$gw_top/retry.py" <<'PY'
import sys
import boto3, botocore.client
url, ca, secret, want = sys.argv[1:5]
s3 = boto3.client("s3", endpoint_url=url, region_name="eu-central-1",
                  aws_access_key_id="TRAIN01", verify=ca,
                  aws_secret_access_key=open(secret).read().strip(),
                  config=botocore.client.Config(
                      retries={"max_attempts": 10, "mode": "standard"},
                      s3={"addressing_style": "path"}))
got = s3.get_object(Bucket="train", Key="late.csv", Range="bytes=0-999999")
again = got["ResponseMetadata"]["RetryAttempts"]
assert got["Body"].read() == open(want, "rb").read()[:1000000]
assert again > 0, again
PY
refused() {
	grep -c ' status=503 ' "$gw_dir/gatehouse.log"
}
before=$(refused)
(
	for ((i = 0; i < 300; i++)); do
		[ "$(refused)" -eq "$before" ] || break
		sleep 0.1
	done
	release
) &
ok "boto3 tries again, and then has it" /usr/bin/python3 "$gw_top/retry.py" \
    "$url" "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" "$gw_top/want"
wait $!

# The filling goes on though everybody who wanted it was sent away.
gw_long gone.csv 20000 950000
/usr/bin/python3 "$gw_top/form.py" \
    "$gw_dir/data/hospital/patients/gone.csv" "$gw_top/want" "$ends"
hold
gw TRAIN01 GET /train/gone.csv --header 'Range: bytes=0-99'
is "sent away" "$status" 503
before=$(find "$gw_dir/state/spool" -type f -size +1000k | wc -l)
release
for ((tries = 0; tries < 100; tries++)); do
	slots=$(find "$gw_dir/state/spool" -type f -size +1000k | wc -l)
	[ "$slots" -gt "$before" ] && break
	sleep 0.1
done
ok "nobody waits, and it is filled" test "$slots" -gt "$before"
gw TRAIN01 GET /train/gone.csv
ok "it has every byte" cmp "$gw_top/want" "$body"
