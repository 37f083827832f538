#!/bin/bash
# No raw value in any body, header, error, listing, log, spool or ledger file,
# nor in the memory of a process that has no business with it; in no encoding.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_metrics=127.0.0.1:$(stage_free_port)
gw_up

mkdir "$gw_top/seen"
number=0
# look KEY METHOD PATH [OPTION...]: a request; what came back is kept.
look() {
	gw "$@"
	number=$((number + 1))
	mv "$body" "$gw_top/seen/$number.body"
	mv "$head" "$gw_top/seen/$number.head"
}

cert=(--cert "$gw_dir/tls/trainer.pem" --cert-key "$gw_dir/tls/trainer.key")
look TRAIN01 GET /train/a.csv
is "there is something to look at" "$status" 200
for object in b.csv big.csv none.csv odd%20name%2B%25.csv; do
	look TRAIN01 GET "/train/$object"
	look TRAIN01 HEAD "/train/$object"
done
look TRAIN01 GET /train/big.csv --header "Range: bytes=10-5000"
look TRAIN01 GET /train/big.csv --header "Range: bytes=99999999-"
look TRAIN01 GET '/train?list-type=2'
look TRAIN01 GET /train
look TRAIN01 GET /
for object in early.csv late.csv column.csv; do
	look TRAIN01 GET "/broken/$object"
	look TRAIN01 HEAD "/broken/$object"
done
look TRAIN01 GET '/broken?list-type=2'
look TRAIN01 GET /pilot/a.csv
look TRAIN01 GET /train/a.csv --source 127.9.0.1
look BANK01 GET /fraud/cards.csv --source 127.9.0.1
look BANK01 GET /overseas/cards.csv
look GPU01 GET /sealed/a.csv.age "${cert[@]}"
for trick in ../a.csv ..%2fpatients%2fa.csv %2e%2e/bank/cards/cards.csv \
    a.csv%00 .%2fa.csv %2fetc%2fpasswd '..\a.csv' %c0%ae%c0%ae%2fa.csv; do
	look TRAIN01 GET "/train/$trick"
	ok "the key $trick is not served" not grep -qx 200 <<<"$status"
done

ok "what is counted is shown" curl -sf -m 10 --noproxy '*' \
    -o "$gw_top/seen/metrics" "http://$gw_metrics/metrics"
cat >"$gw_top/scan.py" <<'PY'
import base64, gzip, os, re, sys, zlib
mark = b"CNRY"
needles = [re.compile(rb"CNRY[A-Z][0-9]{2}|CNRYT,"),
           re.compile(rb"(?i)434e5259[45][0-9a-f]3[0-9]"),
           re.compile("CNRY[A-Z][0-9]".encode("utf-16-le").replace(
               "[A-Z]".encode("utf-16-le"), rb"[A-Z]\x00").replace(
               "[0-9]".encode("utf-16-le"), rb"[0-9]\x00"))]
for letter in b"MNPHI":
    for digit in b"0123456789":
        word = mark + bytes([letter, digit])
        for shift in range(3):
            text = base64.b64encode(b"\0" * shift + word + b"\0\0\0")
            first = -(-shift * 8 // 6)
            needles.append(re.compile(re.escape(
                text[first:(shift + len(word)) * 8 // 6])))
def hit(data):
    return any(n.search(data) for n in needles[:3]) or (
        len(data) < 1 << 22 and any(n.search(data) for n in needles[3:]))
assert hit(b"xxCNRYM0000123") and hit(base64.b64encode(b"zCNRYN0123456"))
assert hit(b"CNRYM0001".hex().encode()) and hit("CNRYM1".encode("utf-16-le"))
def unpacked(data):
    for wbits in (31, 15):
        try:
            yield zlib.decompressobj(wbits).decompress(data, 1 << 24)
        except zlib.error:
            pass
found = 0
for top in sys.argv[1:]:
    for folder, _, names in os.walk(top) if os.path.isdir(top) else [
            (os.path.dirname(top), [], [os.path.basename(top)])]:
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.isfile(path):
                continue
            data = open(path, "rb").read()
            if hit(data) or hit(name.encode()) or any(
                    hit(d) for d in unpacked(data)):
                print(path)
                found = 1
sys.exit(found)
PY
ok "the scanner finds one" not /usr/bin/python3 "$gw_top/scan.py" \
    "$gw_dir/data/bank"
is "every answer was kept" "$(find "$gw_top/seen" -name '*.head' | wc -l)" \
    "$number"
ok "no canary in bodies, headers, errors, listings, counters" \
    /usr/bin/python3 "$gw_top/scan.py" "$gw_top/seen"
ok "none in the log" /usr/bin/python3 "$gw_top/scan.py" "$gw_dir/gatehouse.log"
ok "none in state: spool, ledger" /usr/bin/python3 "$gw_top/scan.py" \
    "$gw_dir/state" "$gw_dir/run"
ok "the spool is not empty" sh -c "find $gw_dir/state/spool -type f -size +1k |
    grep -q ."

cat >"$gw_top/memory.py" <<'PY'
import re, sys
needle = re.compile(rb"CNRY[A-Z][0-9]{3}")
found = seen = 0
for pid in sys.argv[1:]:
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as m:
        for line in maps:
            area, mode = line.split()[:2]
            a, b = (int(x, 16) for x in area.split("-"))
            if "r" not in mode or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            try:
                m.seek(a)
                data = m.read(b - a)
            except (OSError, ValueError, OverflowError):
                continue
            seen += len(data)
            if needle.search(data):
                print(pid, line.strip())
                found = 1
assert seen > 1 << 20, seen
sys.exit(found)
PY
if [ "$(id -u)" -eq 0 ]; then
	for role in worker keeper auditor; do
		# shellcheck disable=SC2046 # a list of numbers
		ok "none in the memory of the $role" /usr/bin/python3 \
		    "$gw_top/memory.py" $(gw_pids $role)
	done
else
	skip 3 "only root reads the memory of others"
fi
