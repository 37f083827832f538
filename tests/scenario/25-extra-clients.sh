#!/bin/bash
# time limit: 240
# Clients that Debian does not have; tests/harness/extras.sh brings them where a
# machine asks for it. What is not there is skipped by name.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up
raw=$gw_dir/data/hospital/patients
secret_file=$(gw_secret_file TRAIN01)

# shows CLIENT NAME FILE: what it read, and that it is what it should be.
shows() {
	[ -e "$3" ] || touch "$3"
	sed -n "1,2s/^/# $1 $2: /p" "$3"
	ok "$1: $2 has the rows that consent, each value in its form" \
	    /usr/bin/python3 tests/harness/expect_patients.py "$raw/$2" "$3"
}

# ---- @aws-sdk/client-s3 ----------------------------------------------------

cat >"$gw_top/sdk.mjs" <<'JS'
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
const [modules, url, secretFile, out] = process.argv.slice(2);
const { S3Client, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command,
	PutObjectCommand } = createRequire(modules + "/")("@aws-sdk/client-s3");
const s3 = new S3Client({ endpoint: url, region: "eu-central-1",
	forcePathStyle: true, maxAttempts: 1, credentials: {
		accessKeyId: "TRAIN01",
		secretAccessKey: readFileSync(secretFile, "utf8").trim() } });
const point = (name, good) => console.log(good ? "ok" : "not ok", name);
const Bucket = "train", Key = "big.csv";
const list = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2 }));
point("sdk: a page of two", list.Contents.length === 2 && list.IsTruncated);
const next = await s3.send(new ListObjectsV2Command({ Bucket,
	ContinuationToken: list.NextContinuationToken }));
point("sdk: and the rest", next.Contents.length === 3 && !next.IsTruncated);
const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
const whole = await (await s3.send(new GetObjectCommand({ Bucket, Key })))
	.Body.transformToByteArray();
writeFileSync(out, whole);
point("sdk: HEAD has the length", head.ContentLength === whole.length);
const parts = await Promise.all([...Array(8).keys()].map(async (i) => {
	const at = Math.floor(whole.length / 8) * i;
	const end = i === 7 ? whole.length : Math.floor(whole.length / 8) * (i + 1);
	const part = await s3.send(new GetObjectCommand({ Bucket, Key,
		IfMatch: head.ETag, Range: `bytes=${at}-${end - 1}` }));
	return part.Body.transformToByteArray();
}));
point("sdk: eight ranges at once make the whole",
	Buffer.concat(parts).equals(Buffer.from(whole)));
const fails = async (command) => {
	try { await s3.send(command); } catch (error) { return error.name; }
	return "";
};
point("sdk: a key that is not there is NoSuchKey", await fails(
	new GetObjectCommand({ Bucket, Key: "none" })) === "NoSuchKey");
point("sdk: If-None-Match of the same is 304", await fails(
	new GetObjectCommand({ Bucket, Key, IfNoneMatch: head.ETag })) !== "");
point("sdk: put is refused", await fails(
	new PutObjectCommand({ Bucket, Key, Body: "x" })) !== "");
JS
modules=$PWD/build/extras/npm
if [ -d "$modules/node_modules/@aws-sdk/client-s3" ]; then
	export NODE_EXTRA_CA_CERTS=$gw_dir/tls/ca.pem
	tap_from node "$gw_top/sdk.mjs" "$modules" "$url" "$secret_file" \
	    "$gw_top/sdk.csv"
	shows sdk big.csv "$gw_top/sdk.csv"
else
	skip 9 "@aws-sdk/client-s3 is not here"
fi

# ---- s3fs of fsspec --------------------------------------------------------

cat >"$gw_top/filesystem.py" <<'PY'
import concurrent.futures
import sys

import s3fs

url, ca, secret, out = sys.argv[1:5]
fs = s3fs.S3FileSystem(
    key="TRAIN01", secret=open(secret, encoding="ascii").read().strip(),
    endpoint_url=url, client_kwargs={"region_name": "eu-central-1",
                                     "verify": ca},
    config_kwargs={"s3": {"addressing_style": "path"}},
    default_block_size=65536)


def point(name, good):
    print("ok" if good else "not ok", name)


names = ["a.csv", "b.csv", "big.csv", "none.csv", "odd name+%.csv"]
point("fsspec: ls", sorted(fs.ls("train")) == ["train/" + n for n in names])
point("fsspec: glob", fs.glob("train/b*.csv") == ["train/b.csv",
                                                  "train/big.csv"])
whole = fs.cat_file("train/big.csv")
with open(out, "wb") as file:
    file.write(whole)
point("fsspec: info has the length",
      fs.info("train/big.csv")["size"] == len(whole))
with fs.open("train/big.csv", "rb") as file:
    file.seek(100000)
    point("fsspec: seek and read", file.read(70000) == whole[100000:170000])
    file.seek(-9, 2)
    point("fsspec: the end", file.read() == whole[-9:])
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    step = 50000
    parts = pool.map(lambda at: fs.cat_file("train/big.csv", start=at,
                                            end=min(at + step, len(whole))),
                     range(0, len(whole), step))
    point("fsspec: ranges by eight threads make the whole",
          b"".join(parts) == whole)
try:
    fs.pipe_file("train/x.csv", b"x")
    point("fsspec: a write is refused", False)
except OSError:
    point("fsspec: a write is refused", True)
PY
if [ -d build/extras/fsspec ]; then
	PYTHONPATH=$PWD/build/extras/fsspec tap_from /usr/bin/python3 \
	    "$gw_top/filesystem.py" "$url" "$gw_dir/tls/ca.pem" \
	    "$secret_file" "$gw_top/fsspec.csv"
	shows fsspec big.csv "$gw_top/fsspec.csv"
else
	skip 9 "s3fs of fsspec is not here"
fi
