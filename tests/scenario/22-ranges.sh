#!/bin/bash
# time limit: 300
# A Range is a slice of one generation: random partitions of an object stitch
# to the object, sealed or not; every form of Range and If-Range; and what a
# client gets that reads in parts while the source is being replaced.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make
(umask 022; gw_patients mid.csv 30000 1000)
gw_start

cat >"$gw_top/ranges.py" <<'PY'
import os, random, sys, threading
sys.path.insert(0, "tests/harness")
from s3client import Client
url, ca, secrets, tls, path, partitions, out = sys.argv[1:8]
sealed = path.startswith("/sealed")
def client():
    key = "GPU01" if sealed else "TRAIN01"
    with open(os.path.join(secrets, key)) as file:
        secret = file.read().strip()
    pem = os.path.join(tls, "trainer.pem"), os.path.join(tls, "trainer.key")
    return Client(url, ca, key, secret, keep=True,
                  cert=pem[0] if sealed else None,
                  cert_key=pem[1] if sealed else None)
def point(name, good, note=""):
    print("ok" if good else "not ok", path.split("/")[1] + ": " + name)
    if not good and note != "":
        print(note)
one = client()
status, head, whole = one.fetch("GET", path)
size, etag = len(whole), head["etag"]
point("the whole, of several chunks", status == 200 and size > 2 * 65536,
      (status, size))
with open(out, "wb") as file:
    file.write(whole)

# ---- a thousand random partitions -------------------------------------------

class Bad(Exception):
    pass
borders = [i * 65536 + d for i in range(1, size // 65536 + 1)
           for d in range(-20, 220) if 0 < i * 65536 + d < size]
def cuts(rng):
    some = set()
    for _ in range(rng.randrange(1, 5)):
        some.add(rng.choice(borders) if rng.random() < 0.5
                 else rng.randrange(1, size))
    return [0] + sorted(some) + [size]
def form(rng, first, end):
    if end < size:
        return f"bytes={first}-{end - 1}"
    return rng.choice((f"bytes={first}-", f"bytes=-{size - first}",
                       f"bytes={first}-{end - 1}",
                       f"bytes={first}-{size + rng.randrange(10**9)}"))
def one_partition(c, rng):
    edges = cuts(rng)
    pieces = list(zip(edges, edges[1:]))
    rng.shuffle(pieces)
    got = bytearray(b"\0" * size)
    for first, end in pieces:
        headers = {"Range": form(rng, first, end)}
        if rng.random() < 0.7:
            headers["If-Match"] = etag
        if rng.random() < 0.3:
            headers["If-Range"] = etag
        status, head, body = c.fetch("GET", path, headers)
        if (status != 206 or len(body) != end - first
                or head["content-range"] != f"bytes {first}-{end - 1}/{size}"
                or head["content-length"] != str(end - first)
                or head["etag"] != etag):
            raise Bad(headers, status, head, len(body))
        got[first:end] = body
    if got != whole:
        raise Bad("the pieces do not make the whole", edges)
    return len(pieces)
failures, done, requests = [], [0], [0]
lock = threading.Lock()
seed = int.from_bytes(os.urandom(4), "big")
def run(number):
    rng, c = random.Random(seed + number), client()
    while not failures:
        with lock:
            if done[0] == int(partitions):
                return
            done[0] += 1
        try:
            asked = one_partition(c, rng)
        except Exception as why:
            failures.append(why)
            return
        with lock:
            requests[0] += asked
threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(f"# seed {seed}: {done[0]} partitions, {requests[0]} requests")
point(f"{partitions} random partitions stitch to the whole",
      not failures and done[0] == int(partitions)
      and requests[0] >= 2 * done[0], failures)

# ---- the forms ---------------------------------------------------------------

head_of = one.fetch("HEAD", path)[1]
for text, first, end in (
        ("bytes=0-0", 0, 1), ("bytes=0-", 0, size), ("bytes=-1", size - 1, size),
        (f"bytes=-{size + 5}", 0, size), (f"bytes={size - 1}-", size - 1, size),
        (f"bytes=7-{2**64}", 7, size), ("BYTES=65535-65536", 65535, 65537),
        ("bytes=0005-0009", 5, 10)):
    status, head, body = one.fetch("GET", path, {"Range": text})
    point(text, status == 206 and body == whole[first:end]
          and head["content-range"] == f"bytes {first}-{end - 1}/{size}",
          (status, head))
for text in (f"bytes={size}-", f"bytes={size}-{size}", "bytes=-0",
             f"bytes={2**70}-"):
    status, head, body = one.fetch("GET", path, {"Range": text})
    point(text, status == 416 and b"<Code>InvalidRange<" in body
          and f"<ActualObjectSize>{size}<".encode() in body, (status, body))
for text in ("bytes=0-1,3-4", "bytes=5-2", "bytes=", "bytes=-", "bytes=a-b",
             "lines=0-1", "0-1", "bytes=0-1;2", "bytes=+1-2", "bytes=1 -2"):
    status, head, body = one.fetch("GET", path, {"Range": text})
    point(f"{text}: ignored", status == 200 and body == whole,
          (status, len(body)))
part = {"Range": "bytes=100-199"}
for name, value, wanted in (
        ("the ETag", etag, 206), ("the date", head_of["last-modified"], 206),
        ("another ETag", '"0"', 200), ("a weak ETag", "W/" + etag, 200),
        ("an older date", "Mon, 01 Jan 2001 00:00:00 GMT", 200),
        ("nonsense", "nonsense", 200)):
    status, head, body = one.fetch("GET", path, {"If-Range": value, **part})
    point(f"If-Range, {name}: {wanted}", status == wanted
          and body == (whole[100:200] if wanted == 206 else whole), status)
for name, headers, wanted in (
        ("If-Match", {"If-Match": '"0"'}, 412),
        ("If-None-Match", {"If-None-Match": etag}, 304),
        ("If-Modified-Since", {"If-Modified-Since": head_of["last-modified"]},
         304),
        ("If-Unmodified-Since",
         {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 412),
        ("If-Match wins over the date",
         {"If-Match": etag,
          "If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 206),
        ("a condition goes before an impossible Range",
         {"If-Match": '"0"', "Range": f"bytes={size}-"}, 412)):
    status, head, body = one.fetch("GET", path, {**part, **headers})
    point(f"{name}: {wanted}", status == wanted, status)
status, head, body = one.fetch("HEAD", path, part)
point("HEAD has the head of the part", status == 206
      and head["content-length"] == "100" and body == b"", (status, head))
PY
for path in /train/mid.csv /sealed/mid.csv.age; do
	tap_from /usr/bin/python3 "$gw_top/ranges.py" "$url" \
	    "$gw_dir/tls/ca.pem" "$gw_dir/keys/s3" "$gw_dir/tls" "$path" 1000 \
	    "$gw_top/$(basename $path)"
done
ok "the sealed one opens" age -d -i "$gw_dir/identity.txt" \
    -o "$gw_top/plain" "$gw_top/mid.csv.age"
is "to the rows that consent" "$(wc -l <"$gw_top/plain")" \
    "$(wc -l <"$gw_top/mid.csv")"

# ---- one generation ------------------------------------------------------------

cat >"$gw_top/replace.py" <<'PY'
import os, shutil, sys, threading, time
sys.path.insert(0, "tests/harness")
from s3client import Client
url, ca, secret, raw, versions = sys.argv[1:6]
path = "/train/mid.csv"
def client():
    with open(secret) as file:
        return Client(url, ca, "TRAIN01", file.read().strip(), keep=True)
def point(name, good, note=""):
    print("ok" if good else "not ok", name)
    if not good and note != "":
        print(note)
def replace(version):
    new = f"{versions}/mid.csv.new"
    shutil.copyfile(f"{versions}/{version}", new)
    os.chmod(new, 0o644)
    os.rename(new, raw)
one = client()
forms = []
for version in "ab":
    replace(version)
    status, head, body = one.fetch("GET", path)
    forms.append(body)
old, new = forms
replace("a")
etag_old = one.fetch("HEAD", path)[1]["etag"]
replace("b")
status, head, body = one.fetch("GET", path, {
    "Range": "bytes=0-9", "If-Match": etag_old})
point("If-Match on an older generation is 412", status == 412, status)
status, head, body = one.fetch("GET", path, {
    "Range": "bytes=0-9", "If-Range": etag_old})
point("If-Range on an older generation is the whole new one",
      status == 200 and body == new, (status, len(body)))
point("the two differ", old != new and len(old) != len(new))
stop, wrong = threading.Event(), []
counts = {"whole": 0, "changed": 0, "again": 0}
def fetch(c, headers):
    """A source that changes while it is filled is 503: come again."""
    while True:
        status, head, body = c.fetch("GET", path, headers)
        if status != 503:
            return status, head, body
        counts["again"] += 1
        if b"<Code>SlowDown<" not in body or "retry-after" not in head:
            return status, head, body
        time.sleep(0.1)
def read():
    c = client()
    while not stop.is_set():
        status, head, body = fetch(c, {"Range": "bytes=0-49999"})
        if status != 206:
            wrong.append(("first", status))
            return
        size = int(head["content-range"].rpartition("/")[2])
        etag = head["etag"]
        for first in range(50000, size, 50000):
            status, head, more = fetch(c, {
                "Range": f"bytes={first}-{first + 49999}", "If-Match": etag})
            if status == 412:
                break
            if status != 206 or head["etag"] != etag:
                wrong.append((first, status))
                return
            body += more
        else:
            if body not in (old, new):
                wrong.append("a mixture")
                return
            counts["whole"] += 1
            continue
        counts["changed"] += 1
readers = [threading.Thread(target=read) for _ in range(3)]
for t in readers:
    t.start()
for i in range(24):
    time.sleep(0.05 * (i % 8))
    replace("ab"[i % 2])
time.sleep(2)
stop.set()
for t in readers:
    t.join()
print("#", counts)
point("parts with If-Match are of one generation, or 412", not wrong, wrong)
point("some came through", counts["whole"] > 0, counts)
point("some were told that it changed", counts["changed"] > 0, counts)
PY
# Two versions, beside the folder: what is in it is served.
versions=$gw_dir/data/versions
mkdir "$versions"
mv "$gw_dir/data/hospital/patients/mid.csv" "$versions/a"
gw_patients mid.csv 30500 70000
mv "$gw_dir/data/hospital/patients/mid.csv" "$versions/b"
tap_from /usr/bin/python3 "$gw_top/replace.py" "$url" "$gw_dir/tls/ca.pem" \
    "$(gw_secret_file TRAIN01)" "$gw_dir/data/hospital/patients/mid.csv" \
    "$versions"
ok "no raw byte was seen" gw_no_canary "$gw_top/mid.csv" "$gw_top/plain"
ok "audit verify" "$stage_bin/gatehouse" audit verify "$gw_dir/state/ledger" \
    --key "@$gw_dir/keys/ledger.vkey"
