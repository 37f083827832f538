#!/bin/bash
# time limit: 240
# What a data scientist reads tables with: pandas, pyarrow, DuckDB, TensorFlow.
# tests/harness/extras.sh brings them; what is not there is skipped by name.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up
raw=$gw_dir/data/hospital/patients
extras=$PWD/build/extras

cat >"$gw_top/gate.py" <<'PY'
"""What the clients below begin with: none of them takes longer than this."""
import signal
import sys

signal.alarm(60)

URL, CA, SECRET, OUT = sys.argv[1:5]
COLUMNS = ["birth_date", "zip", "sex", "diagnosis"]
with open(SECRET, encoding="ascii") as file:
    SECRET = file.read().strip()
STORAGE = {"key": "TRAIN01", "secret": SECRET, "endpoint_url": URL,
           "client_kwargs": {"region_name": "eu-central-1", "verify": CA},
           "config_kwargs": {"s3": {"addressing_style": "path"}}}


def point(name, good):
    print("ok" if good else "not ok", name, flush=True)


def refused(name, call):
    try:
        call()
        point(name, False)
    except OSError:
        point(name, True)
PY

# client NAME POINTS FOLDERS: runs NAME.py with these of the extras, and looks
# at the rows that it wrote; skips its points if one is not there.
client() {
	local name=$1 points=$2 folder path=
	for folder in $3; do
		path+=:$extras/$folder
		if [ ! -d "$extras/$folder" ]; then
			skip $((points + 2)) "$folder is not here"
			return
		fi
	done
	PYTHONPATH=${path#:} tap_from /usr/bin/python3 "$gw_top/$name.py" \
	    "$url" "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" \
	    "$gw_top/$name.csv" "$extras/httpfs"
	[ -e "$gw_top/$name.csv" ] || touch "$gw_top/$name.csv"
	sed -n "1,2s/^/# $name big.csv: /p" "$gw_top/$name.csv"
	ok "$name: big.csv has the rows that consent, each value in its form" \
	    /usr/bin/python3 tests/harness/expect_patients.py "$raw/big.csv" \
	    "$gw_top/$name.csv"
}

cat >"$gw_top/with_pandas.py" <<'PY'
from gate import COLUMNS, OUT, STORAGE, point, refused
import pandas

how = {"dtype": str, "keep_default_na": False, "storage_options": STORAGE}
whole = pandas.read_csv("s3://train/big.csv", **how)
whole.to_csv(OUT, index=False)
point("pandas: the columns", list(whole.columns) == COLUMNS)
parts = pandas.read_csv("s3://train/big.csv", chunksize=7000, **how)
point("pandas: in chunks", pandas.concat(parts).equals(whole))
typed = pandas.read_csv("s3://train/a.csv", usecols=["sex"],
                        dtype={"sex": "category"}, storage_options=STORAGE)
point("pandas: a category", set(typed.sex.cat.categories) == {"F", "M"})
refused("pandas: a write is refused", lambda: whole.to_csv(
    "s3://train/x.csv", storage_options=STORAGE))
PY
client with_pandas 4 "pandas fsspec"

cat >"$gw_top/with_pyarrow.py" <<'PY'
from gate import CA, COLUMNS, OUT, SECRET, URL, point, refused
import concurrent.futures
import pyarrow.csv
import pyarrow.dataset
import pyarrow.fs

fs = pyarrow.fs.S3FileSystem(
    access_key="TRAIN01", secret_key=SECRET, region="eu-central-1",
    scheme="https", endpoint_override=URL.removeprefix("https://"),
    tls_ca_file_path=CA, request_timeout=20, connect_timeout=5)
text = pyarrow.csv.ConvertOptions(
    column_types={name: pyarrow.string() for name in COLUMNS})
names = sorted(info.path for info in fs.get_file_info(
    pyarrow.fs.FileSelector("train")))
point("pyarrow: a listing", names == ["train/" + n for n in (
    "a.csv", "b.csv", "big.csv", "none.csv", "odd name+%.csv")])
with fs.open_input_stream("train/big.csv") as file:
    whole = file.read()
info = fs.get_file_info("train/big.csv")
point("pyarrow: info has the length", info.size == len(whole))
with fs.open_input_file("train/big.csv") as file, \
        concurrent.futures.ThreadPoolExecutor(8) as pool:
    step = 60000
    parts = pool.map(lambda at: file.read_at(step, at),
                     range(0, len(whole), step))
    point("pyarrow: ranges by eight threads make the whole",
          b"".join(parts) == whole)
table = pyarrow.csv.read_csv(fs.open_input_stream("train/big.csv"),
                             convert_options=text)
with open(OUT, "w", encoding="utf-8") as out:
    for row in [COLUMNS] + list(zip(*table.to_pydict().values())):
        out.write(",".join(row) + "\n")
both = pyarrow.dataset.dataset(
    ["train/a.csv", "train/b.csv"], filesystem=fs,
    format=pyarrow.dataset.CsvFileFormat(convert_options=text))
alone = [pyarrow.csv.read_csv(fs.open_input_stream("train/" + name)).num_rows
         for name in ("a.csv", "b.csv")]
point("pyarrow: a dataset of two objects",
      both.to_table().num_rows == sum(alone) and min(alone) > 0)
point("pyarrow: what is not there is so", fs.get_file_info(
    "train/absent.csv").type == pyarrow.fs.FileType.NotFound)


def write():
    with fs.open_output_stream("train/x.csv") as file:
        file.write(b"x")


refused("pyarrow: a write is refused", write)
PY
client with_pyarrow 6 "pyarrow pandas"

cat >"$gw_top/with_duckdb.py" <<'PY'
from gate import OUT, STORAGE, point
import duckdb
import s3fs

base = duckdb.connect()
base.register_filesystem(s3fs.S3FileSystem(**STORAGE))
base.execute("CREATE TABLE big AS SELECT * FROM read_csv("
             "'s3://train/big.csv', header = true, all_varchar = true)")
base.execute(f"COPY big TO '{OUT}' (HEADER, DELIMITER ',')")
num = base.execute("SELECT count(*) FROM big").fetchone()[0]
point("duckdb: the rows are counted on the way", base.execute(
    "SELECT count(*) FROM read_csv('s3://train/big.csv', header = true,"
    " all_varchar = true)").fetchone()[0] == num > 0)
point("duckdb: a glob of two objects", base.execute(
    "SELECT count(DISTINCT filename) FROM read_csv('s3://train/b*.csv',"
    " header = true, all_varchar = true, filename = true)"
    ).fetchone()[0] == 2)
point("duckdb: sums that are right", base.execute(
    "SELECT sum(n) FROM (SELECT count(*) AS n FROM big GROUP BY sex)"
    ).fetchone()[0] == num)
try:
    base.execute("COPY big TO 's3://train/x.csv'")
    point("duckdb: a write is refused", False)
except (duckdb.Error, OSError):
    point("duckdb: a write is refused", True)
PY
client with_duckdb 4 "duckdb fsspec"

cat >"$gw_top/with_httpfs.py" <<'PY'
from gate import CA, OUT, SECRET, URL, point
import sys
import duckdb

base = duckdb.connect()
base.execute(f"SET extension_directory = '{sys.argv[5]}'")
base.execute("LOAD httpfs")
base.execute(f"SET ca_cert_file = '{CA}'")
base.execute(
    "CREATE SECRET (TYPE s3, KEY_ID 'TRAIN01', SECRET '" + SECRET + "', "
    "REGION 'eu-central-1', URL_STYLE 'path', USE_SSL true, "
    "ENDPOINT '" + URL.removeprefix("https://") + "')")
base.execute("CREATE TABLE big AS SELECT * FROM read_csv("
             "'s3://train/big.csv', header = true, all_varchar = true)")
base.execute(f"COPY big TO '{OUT}' (HEADER, DELIMITER ',')")
point("httpfs: a glob of two objects", base.execute(
    "SELECT count(DISTINCT filename) FROM read_csv('s3://train/b*.csv',"
    " header = true, all_varchar = true, filename = true)"
    ).fetchone()[0] == 2)
PY
client with_httpfs 1 "duckdb httpfs"

cat >"$gw_top/with_tensorflow.py" <<'PY'
from gate import COLUMNS, OUT, STORAGE, point
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import s3fs
import tensorflow as tf

STEP = 65536


def parts(key):
    """The object by ranges, in order."""
    fs = s3fs.S3FileSystem(**STORAGE)
    size = fs.info(key.decode())["size"]
    for at in range(0, size, STEP):
        yield fs.cat_file(key.decode(), start=at, end=min(at + STEP, size))


def lines(key):
    held = b""
    for part in parts(key):
        *whole, held = (held + part).split(b"\n")
        yield from (line.rstrip(b"\r") for line in whole)
    if held:
        yield held


def rows(key):
    return tf.data.Dataset.from_generator(
        lines, args=[key], output_signature=tf.TensorSpec((), tf.string)
    ).skip(1).batch(512).map(lambda batch: tf.stack(
        tf.io.decode_csv(batch, [""] * len(COLUMNS)), axis=1)).prefetch(4)


epochs = [[tuple(row) for batch in rows("train/big.csv")
           for row in batch.numpy()] for _ in range(2)]
point("tensorflow: two epochs are the same", epochs[0] == epochs[1] != [])
with open(OUT, "wb") as out:
    for row in [tuple(n.encode() for n in COLUMNS)] + epochs[0]:
        out.write(b",".join(row) + b"\n")
PY
client with_tensorflow 1 "tensorflow fsspec"
