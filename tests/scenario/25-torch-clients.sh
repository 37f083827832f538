#!/bin/bash
# time limit: 240
# PyTorch: a DataLoader whose worker processes read by boto3, and one that reads
# by the CRT of s3torchconnector. Where python3 has no torch they are skipped.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
raw=$gw_dir/data/hospital/patients
connector=$PWD/build/extras/s3torch
if ! /usr/bin/python3 -c 'import torch' 2>/dev/null; then
	skip 17 "python3 has no torch"
	exit 0
fi
gw_up

# shows CLIENT NAME: what it read, and that it is what it should be.
shows() {
	[ -e "$gw_top/$1.csv" ] || touch "$gw_top/$1.csv"
	sed -n "1,2s/^\(.\{,40\}\).*/# $1 $2: \1/p" "$gw_top/$1.csv"
	ok "$1: $2 has the rows that consent, each value in its form" \
	    /usr/bin/python3 tests/harness/expect_patients.py "$raw/$2" \
	    "$gw_top/$1.csv"
}

cat >"$gw_top/gate.py" <<'PY'
"""What the clients below begin with: none of them takes longer than this."""
import signal
import sys

signal.alarm(90)
URL, CA, SECRET, OUT = sys.argv[1:5]
HEAD = b"birth_date,zip,sex,diagnosis"
with open(SECRET, encoding="ascii") as file:
    SECRET = file.read().strip()


def point(name, good, note=""):
    print("ok" if good else "not ok", name, flush=True)
    if not good and note != "":
        print(" ", note, flush=True)


def write(lines):
    with open(OUT, "wb") as out:
        out.write(b"".join(line + b"\n" for line in [HEAD] + lines))
PY

# The object is cut into shards of one size, without a look inside. A row
# belongs to the shard in which it begins; so does everybody's input pipeline.
cat >"$gw_top/loader.py" <<'PY'
from gate import CA, HEAD, SECRET, URL, point, write
import os
import random
import boto3
import botocore.config
import torch.utils.data

SHARD = 30000
MORE = 200  # beyond the end of a shard, for its last row


def connect():
    return boto3.client(
        "s3", endpoint_url=URL, region_name="eu-central-1", verify=CA,
        aws_access_key_id="TRAIN01", aws_secret_access_key=SECRET,
        config=botocore.config.Config(retries={"total_max_attempts": 1},
                                      s3={"addressing_style": "path"}))


class Shards(torch.utils.data.Dataset):
    """Item N: who read it, and the rows that begin in shard N."""

    def __init__(self, key):
        head = connect().head_object(Bucket="train", Key=key)
        self.key, self.size = key, head["ContentLength"]
        self.etag = head["ETag"]
        self.s3 = None  # a connection of each process

    def __len__(self):
        return -(-self.size // SHARD)

    def __getitem__(self, number):
        self.s3 = self.s3 or connect()
        first = max(0, number * SHARD - 1)
        last = min(self.size, (number + 1) * SHARD + MORE) - 1
        part = self.s3.get_object(
            Bucket="train", Key=self.key, IfMatch=self.etag,
            Range=f"bytes={first}-{last}")["Body"].read()
        assert len(part) == last - first + 1
        # The byte before the shard tells whether a row begins with it.
        at = 0 if number == 0 else part.index(b"\n") + 1
        rows, end = [], (number + 1) * SHARD - first
        while at < min(end, len(part)):
            stop = part.index(b"\n", at)
            rows.append(part[at:stop].rstrip(b"\r"))
            at = stop + 1
        return os.getpid(), number, rows


class Rows(torch.utils.data.IterableDataset):
    """The same rows one by one; each worker has its share of the shards."""

    def __init__(self, shards):
        self.shards = shards

    def __iter__(self):
        info = torch.utils.data.get_worker_info()
        for number in range(info.id, len(self.shards), info.num_workers):
            yield from self.shards[number][2]


def epoch(shards, **how):
    """The rows in the order of the object, and who read them."""
    got = list(torch.utils.data.DataLoader(shards, batch_size=None,
                                           num_workers=4, **how))
    assert sorted(number for _, number, _ in got) == list(range(len(shards)))
    order = [number for _, number, _ in got]
    lines = [row for _, _, rows in sorted(got, key=lambda item: item[1])
             for row in rows]
    return order, {pid for pid, _, _ in got}, lines


if __name__ == "__main__":
    random.seed(25)
    shards = Shards("big.csv")
    body = connect().get_object(Bucket="train", Key="big.csv")["Body"].read()
    whole = body.replace(b"\r", b"").splitlines()
    order, who, lines = epoch(shards, shuffle=True)
    point("loader: the columns", lines[0] == HEAD)
    point("loader: every row once, in the first epoch", lines == whole,
          (len(lines), len(whole)))
    point("loader: by four processes", len(who) == 4 and os.getpid() not in who)
    again, _, lines = epoch(shards, shuffle=True)
    point("loader: every row once, in the second", lines == whole)
    point("loader: which had another order", again != order)
    write(lines[1:])
    point("loader: spawned workers, likewise", epoch(
        shards, multiprocessing_context="spawn")[2] == whole)
    rows = torch.utils.data.DataLoader(Rows(shards), batch_size=256,
                                       num_workers=4)
    point("loader: rows in batches of 256", sorted(
        row for batch in rows for row in batch) == sorted(whole))
PY
tap_from /usr/bin/python3 -W ignore "$gw_top/loader.py" "$url" \
    "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" "$gw_top/loader.csv"
shows loader big.csv
gw_records >"$gw_top/records"
size=$(sed 's/$/\r/' "$gw_top/loader.csv" | wc -c)
ok "the ledger has a record for each range of these four passes" \
    test "$(grep -c '"object": "big.csv"' "$gw_top/records")" -ge \
    $((size / 30000 * 4))

# Long rows, so that the CRT reads the object by several requests at once.
(
umask 022
awk -F, -v OFS=, -v pad="$(printf '%0250d' 0)" \
    '/^CNRYM/ { $5 = $5 pad } 1' "$raw/big.csv" >"$raw/wide.csv"
)

# The CRT trusts what the system trusts: here a system of its own, in which our
# CA is the only one.
cat >"$gw_top/trusting.sh" <<'SH'
mount --bind "$1" /etc/ssl/certs/ca-certificates.crt || exit 77
shift
exec "$@"
SH
cat >"$gw_top/connector.py" <<'PY'
from gate import URL, point, write
import torch.utils.data
import s3torchconnector

PART = 5 << 20  # the least that it takes
HOW = {
    "region": "eu-central-1", "endpoint": URL,
    "s3client_config": s3torchconnector.S3ClientConfig(
        force_path_style=True, part_size=PART, max_attempts=1)}


def text(reader):
    return reader.key, reader.read().replace(b"\r", b"").splitlines()


objects = s3torchconnector.S3IterableDataset.from_prefix(
    "s3://train/", transform=text, enable_sharding=True, **HOW)
loader = torch.utils.data.DataLoader(objects, batch_size=None, num_workers=3)
epochs = [dict(loader) for _ in range(2)]
names = ["a.csv", "b.csv", "big.csv", "none.csv", "odd name+%.csv",
         "wide.csv"]
point("connector: every object, by three workers", sorted(epochs[0]) == names,
      sorted(epochs[0]))
point("connector: two epochs are the same", epochs[0] == epochs[1])
write(epochs[0]["wide.csv"][1:])


def seek(reader):
    size = reader.seek(0, 2)
    reader.seek(size // 2)
    middle = reader.read(1000)
    reader.seek(-9, 2)
    return middle, reader.read(), size


def whole(reader):
    data = reader.read()
    middle = data[len(data) // 2:]
    return middle[:1000], data[-9:], len(data)


ranged = s3torchconnector.S3ReaderConstructor.range_based(buffer_size=0)
point("connector: seek and read", list(
    s3torchconnector.S3MapDataset.from_objects(
        ["s3://train/wide.csv"], transform=seek, reader_constructor=ranged,
        **HOW)) == list(s3torchconnector.S3MapDataset.from_objects(
            ["s3://train/wide.csv"], transform=whole, **HOW)))
try:
    with s3torchconnector.S3Checkpoint(**HOW).writer("s3://train/x") as out:
        out.write(b"x")
    point("connector: a write is refused", False)
except s3torchconnector.S3Exception:
    point("connector: a write is refused", True)
PY
if [ ! -d "$connector" ]; then
	skip 7 "s3torchconnector is not here"
elif ! unshare -rm true 2>/dev/null; then
	skip 7 "s3torchconnector needs a mount namespace, for our CA"
else
	export AWS_ACCESS_KEY_ID=TRAIN01 AWS_EC2_METADATA_DISABLED=true
	AWS_SECRET_ACCESS_KEY=$(<"$(gw_secret_file TRAIN01)")
	export AWS_SECRET_ACCESS_KEY
	PYTHONPATH=$connector tap_from unshare -rm bash "$gw_top/trusting.sh" \
	    "$gw_dir/tls/ca.pem" /usr/bin/python3 -W ignore \
	    "$gw_top/connector.py" \
	    "$url" "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" \
	    "$gw_top/connector.csv"
	shows connector wide.csv
	gw_records >"$gw_top/records"
	ok "connector: wide.csv was read by ranges of 5 MiB" \
	    grep -q '"object": "wide.csv".*"first": 5242880' "$gw_top/records"
fi
