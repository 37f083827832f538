#!/bin/bash
# time limit: 180
# root reads the memory of every process of a gateway that works: no key lies in
# any but the keeper's, and there only the one of TLS, which OpenSSL keeps; the
# rest is in memory that the kernel hides from root too, where it has such. The
# seed that signs checkpoints is the auditor's alone. No key lies in a file that
# the gateway writes, in any form, or in swap; and no process leaves a core file.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
if [ "$(id -u)" -ne 0 ]; then
	skip 1 "only root reads the memory of others"
	exit 0
fi
# A core file would lie where the gateway was started.
ulimit -c unlimited
gw_metrics=127.0.0.1:$(stage_free_port)
gw_make
# A column of each form that has a key.
for columns in 'codes: {iban: sealed, birth: shift}' 'shapes: {iban: format}'; do
	cat <<-YAML
	  - id: ${columns%%:*}
	    who: bankers
	    recipient: shop
	    contract: C-2
	    dataset: bank/cards
	    purpose: card-fraud
	    places: [frankfurt]
	    columns: ${columns#*: }
	    until: $(date -d '+1 year' +%F)
	YAML
done >>"$gw_dir/policy.yaml"
# The root under a passphrase: what opens it, or carries it, keeps nothing of it.
cp -p "$gw_dir/keys/root.sealed" "$gw_dir/root.open"
echo 'a passphrase that nobody else has' >"$gw_dir/words"
"$stage_bin/gatehouse" key rewrap --config "$gw_dir/gatehouse.yaml" \
    --provider passphrase --new-passphrase-file "$gw_dir/words"
(
	until [ -S "$gw_dir/run/admin.sock" ] && "$stage_bin/gatehouse" unseal \
	    --config "$gw_dir/gatehouse.yaml" \
	    --passphrase-file "$gw_dir/words"; do
		sleep 0.2
	done >/dev/null 2>&1
) &
unsealer=$!
gw_start
wait $unsealer

# needles: NAME HEX of every secret, in each form that a program may keep it in.
cat >"$gw_top/needles.py" <<'PY'
import base64, glob, hashlib, hmac, os, sys
from cryptography.hazmat.primitives import serialization as s
top = sys.argv[1]
def read(name):
    return open(os.path.join(top, name), "rb").read()
def say(name, secret):
    assert len(secret) >= 12, name
    print(name, secret.hex())
def hkdf(root, info, before=b"", count=b"\1", salt=b"\0" * 32):
    prk = hmac.new(salt, root, hashlib.sha256).digest()
    return hmac.new(prk, before + info + count, hashlib.sha256).digest()
def ids(*names):
    return b"".join(n.encode() + b"\0" for n in names)
say("passphrase", read("words").strip())
text = read("root.open").split()[-1]
root = bytes.fromhex(text.decode())
say("root", root)
say("root-text", text)
for label in ("slot name", "etag", "age header", "slot meta", "list token",
              "spool identity"):
    say("subkey-" + label.split()[-1],
        hkdf(root, ids("gatehouse/subkey/v1", label)))
for line in read("keys/scopes").decode().splitlines():
    if line.startswith("scope card-fraud:bank/cards:shop 1 live "):
        seed = bytes.fromhex(line.split()[-1])
say("scope-seed", seed)
say("scope-seed-text", seed.hex().encode())
for use in "pseudonym", "sealed", "format", "shift":
    column = hkdf(root, ids(f"gatehouse/{use}/v1", "card-fraud", "bank/cards",
                            "shop", "iban") + b"\0\0\0\1", salt=seed)
    say("column-" + use, column)
    if use == "sealed":
        info = ids("gatehouse/sealed-siv/v1")
        mac = hkdf(column, info)
        say("column-mac", mac)
        say("column-ctr", hkdf(column, info, mac, b"\2"))
text = read("keys/ledger.key").strip().split(b"+", 4)[4]
say("seed-text", text[4:])
say("seed", base64.b64decode(text)[1:])
for path in glob.glob(top + "/keys/s3/*"):
    say("s3", open(path, "rb").read().strip())
pem = read("tls/server.key")
key = s.load_pem_private_key(pem, None)
scalar = key.private_numbers().private_value.to_bytes(32, "big")
say("tls-pem", pem.split(b"\n")[1])
say("tls-scalar", scalar)
say("tls-limbs", scalar[::-1])
PY
# scan NEEDLES PID...: prints "NAME PID" of what was found, and "gone PID" of
# those that have ended.
cat >"$gw_top/scan.py" <<'PY'
import sys
STEP = 1 << 20
needles = [(n, bytes.fromhex(h)) for n, h in
           (line.split() for line in open(sys.argv[1]))]
longest = max(len(key) for _, key in needles)
seen, clean = 0, set()
def look(data):
    """Nothing at all, and what others hold as well, is looked at once."""
    if not data.strip(b"\0") or hash(data) in clean:
        return set()
    found = {n for n, key in needles if key in data}
    if not found:
        clean.add(hash(data))
    return found
for pid in sys.argv[2:]:
    found = set()
    try:
        with open(f"/proc/{pid}/maps") as file:
            maps = file.readlines()
        m = open(f"/proc/{pid}/mem", "rb")
    except (FileNotFoundError, ProcessLookupError):
        print("gone", pid)
        continue
    with m:
        for line in maps:
            a, b = (int(x, 16) for x in line.split()[0].split("-"))
            if line.rstrip().endswith(("[vvar]", "[vvar_vclock]", "[vsyscall]")):
                continue
            # Page by page where the whole is not readable: also of pages that
            # the process itself has closed.
            at = a
            while at < b:
                begin = max(a, at - longest)
                try:
                    m.seek(begin)
                    data = m.read(min(b, at + STEP) - begin)
                except (OSError, ValueError, OverflowError):
                    try:
                        m.seek(at)
                        data = m.read(4096)
                    except (OSError, ValueError, OverflowError):
                        data = b""
                    begin = at
                seen += len(data)
                found |= look(data)
                at = max(begin + len(data), at + 4096)
    for name in sorted(found):
        print(name, pid)
assert seen > 1 << 20, seen
PY
# scan_files NEEDLES PATH...: prints "NAME FILE" of what is in files, and in
# those of folders: as it is, in hex, and in base64, wherever that begins.
cat >"$gw_top/scan_files.py" <<'PY'
import base64, os, sys
def forms(key):
    yield key
    yield key.hex().encode()
    yield key.hex().upper().encode()
    for skip in range(3):
        # Whole groups of the key: what is before and behind is not ours.
        whole = key[skip:skip + (len(key) - skip) // 3 * 3]
        yield base64.b64encode(whole)
        yield base64.urlsafe_b64encode(whole)
needles = [(n, form) for n, h in (line.split() for line in open(sys.argv[1]))
           for form in forms(bytes.fromhex(h))]
longest = max(len(form) for _, form in needles)
def files(path):
    if not os.path.isdir(path):
        yield path
    for folder, _, names in os.walk(path):
        yield from (os.path.join(folder, name) for name in names)
for path in (file for top in sys.argv[2:] for file in files(top)):
    if os.path.islink(path) or not (os.path.isfile(path) or
                                    path.startswith("/dev/")):
        continue
    found, rest = set(), b""
    with open(path, "rb") as file:
        while data := file.read(1 << 24):
            rest = rest[-longest:] + data
            found |= {n for n, form in needles if form in rest}
    for name in sorted(found):
        print(name, path)
PY
scan() {
	/usr/bin/python3 "$gw_top/scan.py" "$@"
}
scan_files() {
	/usr/bin/python3 "$gw_top/scan_files.py" "$@"
}
ok "every secret is known" sh -c "/usr/bin/python3 '$gw_top/needles.py' \
    '$gw_dir' >'$gw_top/needles'"
is "so many of them" "$(wc -l <"$gw_top/needles")" 25
# Whoever holds one of them in its memory is found.
/usr/bin/python3 -c '
import sys
keys = [bytes.fromhex(line.split()[1]) for line in open(sys.argv[1])]
print("ready", flush=True)
sys.stdin.read()' "$gw_top/needles" < <(sleep 30) >"$gw_top/holder" &
holder=$!
for ((i = 0; i < 100; i++)); do
	grep -q ready "$gw_top/holder" && break
	sleep 0.1
done
is "the scanner finds each" "$(scan "$gw_top/needles" $holder |
    sort -u | wc -l)" "$(cut -d ' ' -f 1 "$gw_top/needles" | sort -u | wc -l)"
kill $holder
wait $holder 2>/dev/null

# Look while it works: reading, filling, shaking hands.
work() {
	while :; do
		gw TRAIN01 GET /train/a.csv
		touch "$gw_dir/data/bank/cards/cards.csv"
		for id in fraud codes shapes; do
			gw BANK01 GET /$id/cards.csv --source 127.9.0.1
		done
		(umask 022; gw_patients big.csv 60000 $((RANDOM * 100)))
		gw TRAIN01 GET /train/big.csv
	done
}
for id in fraud codes shapes; do
	gw BANK01 GET /$id/cards.csv --source 127.9.0.1
	is "$id: a read with a key of its column" "$status" 200
done
work >/dev/null 2>&1 &
worker=$!
: >"$gw_top/found"
# A mill ends when another plan needs its place; nobody else may.
num_mills=0
for ((round = 0; round < 3; round++)); do
	declare -A roles=()
	for role in supervisor worker mill opener auditor keeper console; do
		for pid in $(gw_pids $role); do
			roles[$pid]=$role
		done
	done
	scan "$gw_top/needles" "${!roles[@]}" >"$gw_top/scanned" ||
	    echo scanner died >>"$gw_top/found"
	while read -r name pid; do
		echo "$name ${roles[$pid]}"
	done <"$gw_top/scanned" >>"$gw_top/found"
	for pid in "${!roles[@]}"; do
		[ "${roles[$pid]}" != mill ] ||
		    grep -qx "gone $pid" "$gw_top/scanned" ||
		    num_mills=$((num_mills + 1))
	done
	unset roles
done
is "the scanner came to its end" "$(grep -c 'scanner died' "$gw_top/found")" 0
ok "mills were looked at, too" [ $num_mills -gt 0 ]
kill $worker
wait $worker 2>/dev/null
grep -v '^gone mill$' "$gw_top/found" >"$gw_top/kept" || true
mv "$gw_top/kept" "$gw_top/found"
sort -u "$gw_top/found" | sed 's/^/# found: /'
# A mill is given the keys of its plan's columns, and no other.
for role in supervisor worker opener console; do
	ok "no key in a $role" not grep -q " $role\$" "$gw_top/found"
done
is "in a mill the keys of columns at most" \
    "$(grep ' mill$' "$gw_top/found" | grep -vc '^column-')" 0
is "in the auditor its seed at most" \
    "$(grep ' auditor$' "$gw_top/found" | grep -vc '^seed')" 0
if grep -q 'program=keeper .*hidden=1' "$gw_dir/gatehouse.log"; then
	is "in the keeper the key of TLS at most" \
	    "$(grep ' keeper$' "$gw_top/found" | grep -vc '^tls-')" 0
else
	skip 1 "this kernel has no memfd_secret"
fi

# ---- core files --------------------------------------------------------------

for role in supervisor keeper auditor opener worker mill console; do
	for pid in $(gw_pids $role | tail -n 1); do
		ok "$role: no core file, by its limit" grep -qE \
		    '^Max core file size +0 +0 ' "/proc/$pid/limits"
		ok "$role: none of its files in /proc is its own" test \
		    "$(stat -c %u "/proc/$pid/mem")" -eq 0
	done
done
before=$(find . "$gw_top" /var/crash /var/lib/systemd/coredump -xdev \
    -name 'core*' -type f 2>/dev/null | sort)
for role in worker keeper; do
	for pid in $(gw_pids $role | head -n 1); do
		ok "$role: kill -SEGV" kill -SEGV "$pid"
		for ((i = 0; i < 100; i++)); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
	done
done
for ((i = 0; i < 100; i++)); do
	gw TRAIN01 GET /train/a.csv
	[ "$status" != 200 ] || break
	sleep 0.1
done
is "served again" "$status" 200
is "no core file" "$(find . "$gw_top" /var/crash /var/lib/systemd/coredump \
    -xdev -name 'core*' -type f 2>/dev/null | sort)" "$before"

# ---- files -------------------------------------------------------------------

/usr/bin/python3 - "$gw_top/needles" "$gw_top/planted" <<'PY'
import base64, sys
with open(sys.argv[2], "wb") as out:
    for line in open(sys.argv[1]):
        key = bytes.fromhex(line.split()[1])
        out.write(b"x" * 5000 + base64.b64encode(b"12" + key + b"1") + b"\n")
PY
names() {
	cut -d ' ' -f 1 | sort -u | wc -l
}
is "the scanner of files finds each" \
    "$(scan_files "$gw_top/needles" "$gw_top/planted" | names)" \
    "$(names <"$gw_top/needles")"
stage_stop
ok "there are slots and a journal to look into" test \
    "$(du -sm "$gw_dir/state" | cut -f 1)" -gt 60
is "no key in the state, the run folder or the log" "$(scan_files \
    "$gw_top/needles" "$gw_dir/state" "$gw_dir/run" \
    "$gw_dir/gatehouse.log")" ""
swaps=$(tail -n +2 /proc/swaps | awk '{ print $1 }')
if [ -z "$swaps" ]; then
	skip 1 "there is no swap"
else
	# shellcheck disable=SC2086 # one word each
	is "no key in swap" "$(scan_files "$gw_top/needles" $swaps)" ""
fi
