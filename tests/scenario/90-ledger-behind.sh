#!/bin/bash
# time limit: 300
# Behind the gateway that serves, the whole ledger is read again: what that
# finds, and what comes of it. By a process that can read the ledger, and can
# neither write it nor keep anybody waiting.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_metrics=127.0.0.1:$(stage_free_port)
log=$gw_dir/gatehouse.log
ledger=$gw_dir/state/ledger
keys=$gw_dir/keys

# said PATTERN [TIMES]: in the log, so often by now; waits for it.
said() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		[ "$(grep -acE -- "$1" "$log")" -lt "${2-1}" ] || return 0
		sleep 0.1
	done
	return 1
}
value() {
	curl -s -m 10 --noproxy '*' "http://$gw_metrics/metrics" |
	    awk -v series="$1" '$1 == series { print $2 }'
}
until_value() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		[ "$(value "$1")" != "$2" ] || return 0
		sleep 0.1
	done
	echo "$1 is $(value "$1")"
	return 1
}
size() {
	sed -n 2p "$ledger/checkpoint"
}
reload() {
	"$stage_bin/gatehouse" reload --config "$gw_dir/gatehouse.yaml"
}
# flip RECORD: the last byte of that record in the first bundle is another one.
flip() {
	/usr/bin/python3 - "$ledger/tile/entries/000" "$1" <<'PY'
import sys
with open(sys.argv[1], "r+b") as file:
    for _ in range(int(sys.argv[2]) + 1):
        length = int.from_bytes(file.read(2), "big")
        file.seek(length, 1)
    file.seek(-1, 1)
    byte = file.read(1)[0]
    file.seek(-1, 1)
    file.write(bytes([byte ^ 1]))
PY
}
# What a client gets that stays connected, from when it is not served any more:
# each status in 3 s, and "data" if some came. (A new connection needs the
# signature of a keeper, and there may be none.)
connected() {
	/usr/bin/python3 - "$url" "$gw_dir/tls/ca.pem" \
	    "$(gw_secret_file TRAIN01)" <<'PY'
import sys
import time
sys.path.insert(0, "tests/harness")
import s3client
url, ca, secret = sys.argv[1:]
client = s3client.Client(url, ca, "TRAIN01", open(secret).read().strip(),
                         keep=True)
seen = set()
end = time.monotonic() + 100
while time.monotonic() < end:
    response = client.open("GET", "/train/a.csv")
    data = response.read()
    if response.status != 200 and not seen:
        end = time.monotonic() + 3
    if response.status != 200 or seen:
        seen.add(str(response.status))
        if b"birth_date" in data:
            seen.add("data")
    time.sleep(0.1)
print(*sorted(seen))
PY
}

# ---- what was signed ---------------------------------------------------------

gw_up
ok "a new ledger is verified" said '^ledger-verified role=verifier records='
/usr/bin/python3 - "$url" "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" \
    >"$gw_top/said" <<'PY'
import sys
sys.path.insert(0, "tests/harness")
import s3client
url, ca, secret = sys.argv[1:]
client = s3client.Client(url, ca, "TRAIN01", open(secret).read().strip(),
                         keep=True)
for _ in range(300):
    response = client.open("HEAD", "/train/a.csv")
    response.read()
print(response.status)
PY
is "there is something to read" "$(cat "$gw_top/said")" 200
stage_stop
before=$(size)
ok "more than two bundles of it" test "$before" -gt 512
gw_start
ok "the whole is verified at a start" said '^ledger-verified' 2
records=$(sed -n 's/^ledger-verified .*records=//p' "$log" | tail -n 1)
ok "all that a checkpoint covered ($records of $before)" \
    test "$records" -ge "$before" -a "$records" -le "$(size)"
is "the page shows how many" "$(value gatehouse_ledger_verified_entries)" \
    "$records"
ok "and when" test $(($(date +%s) - \
    $(value gatehouse_ledger_verified_timestamp_seconds))) -lt 60
is "once" "$(value 'gatehouse_process_starts_total{role="verifier"}')" 1
is "without failure" \
    "$(value 'gatehouse_process_failures_total{role="verifier"}')" 0
ok "a reload" reload
sleep 1
is "does not make it begin anew" \
    "$(value 'gatehouse_process_starts_total{role="verifier"}')" 1

# ---- who reads it ------------------------------------------------------------

if [ "$(id -u)" -eq 0 ]; then
	is "the folder is open to the auditor's group, and to no other" \
	    "$(stat -c '%u %g %a' "$ledger")" "64001 64001 750"
	# As it was before there was a verifier; and without the right to change
	# what is another's.
	stage_stop
	chmod 700 "$ledger"
	chgrp 0 "$ledger"
	gw_start
	is "a folder that was not, is" \
	    "$(stat -c '%u %g %a' "$ledger")" "64001 64001 750"
	ok "and it is read" said '^ledger-verified' 3
	cat >"$gw_top/as_verifier.py" <<'PY'
import os
import sys
folder = os.open(sys.argv[1], os.O_RDONLY | os.O_DIRECTORY)
os.setgroups([])
os.setresgid(64001, 64001, 64001)
os.setresuid(64012, 64012, 64012)
for name in "checkpoint", "journal", "tile/entries/000":
    os.close(os.open(name, os.O_RDONLY, dir_fd=folder))
def refused(what, *arguments, **named):
    try:
        what(*arguments, **named)
    except PermissionError:
        return
    raise SystemExit(f"it can {what.__name__} {arguments}")
for name in "checkpoint", "journal", "tile/entries/000":
    refused(os.open, name, os.O_WRONLY, dir_fd=folder)
for name in "new", "tile/new", "tile/entries/new":
    refused(os.open, name, os.O_WRONLY | os.O_CREAT, dir_fd=folder)
refused(os.unlink, "checkpoint", dir_fd=folder)
refused(os.mkdir, "tile/0/new", dir_fd=folder)
PY
	ok "with its uid and group one can read, and not write" \
	    /usr/bin/python3 "$gw_top/as_verifier.py" "$ledger"
else
	skip 4 "only root gives each role a uid of its own"
fi

# By itself, over a ledger that is larger: see tests/harness/verifier.py.
mkdir "$gw_top/large"
build/release/tests/make_ledger "$gw_top/large" 100000 5 >"$gw_top/large.vkey"
alone() {
	/usr/bin/python3 tests/harness/verifier.py \
	    "$stage_bin/../libexec/gatehouse/gatehouse-verifier" \
	    "$gw_top/large" "$gw_top/large.vkey" "$@" >"$gw_top/alone" 2>&1
}
# told NAME: the number of that line.
told() {
	sed -n "s/^$1 //p" "$gw_top/alone"
}
ok "a large ledger is read" alone
is "to its checkpoint" "$(told verified)" 100000
is "by what comes after all others (SCHED_IDLE)" "$(told policy)" 5
is "in its jail" "$(told seccomp)" 2
ok "in little memory" test "$(told KiB)" -gt 0 -a "$(told KiB)" -lt 16384
ok "of a ledger that is larger than that" test \
    "$(du -s "$gw_top/large/tile" | cut -f 1)" -gt 20000
ok "when its supervisor goes away" alone hang-up
is "it ends" "$(told exit)" 0
ok "at once" test "$(told ms)" -lt 2000
ok "and says nothing of what it has not read" \
    not grep -q ledger-verified "$gw_top/alone"
rm -r "$gw_top/large"

# ---- another key -------------------------------------------------------------

stage_stop
cp "$keys/ledger.vkey" "$gw_top/vkey"
mkdir "$gw_top/other"
build/release/tests/make_ledger "$gw_top/other" 5 0 >"$keys/ledger.vkey"
gw_start
ok "another key: a line that says so" said \
    '^ledger-not-verified role=verifier reading=ledger why=".*not signed by this key'
ok "and its end" said '^role-ended .*program=verifier .*status=1'
gw TRAIN01 GET /train/a.csv
is "the gateway serves" "$status" 200
echo garbage >"$keys/ledger.vkey"
ok "a reload with what is no key" reload
ok "what is no key" said \
    '^ledger-not-verified role=verifier reading=ledger.vkey'
rm "$keys/ledger.vkey"
ok "a reload without" reload
ok "none: a line that says what to do" said \
    '^ledger-not-verified role=verifier reading=ledger.vkey why="it is not in the folder of keys: bring it back'
gw TRAIN01 GET /train/a.csv
is "the gateway still serves" "$status" 200
is "nothing was found altered" "$(grep -c '^ledger-altered' "$log")" 0
is "and nothing is said to be verified" \
    "$(value gatehouse_ledger_verified_timestamp_seconds)" 0

# ---- a ledger that is not what was signed ------------------------------------

flip 100
cp "$gw_top/vkey" "$keys/ledger.vkey"
gw TRAIN01 GET /train/a.csv
is "a byte of an old record is another one, and nobody knows" "$status" 200
ok "a reload with the right key" reload
ok "it is found, and which record it is" said \
    '^ledger-altered role=verifier record=100 why='
ok "the auditor reads everything, and does not start" said \
    '^ledger-altered role=auditor record=100 why='
ok "the page shows it" until_value gatehouse_serving 0
for ((tries = 0; tries < 10; tries++)); do
	gw TRAIN01 GET /train/a.csv
	echo "$status"
	cat "$body"
done >"$gw_top/got"
ok "who comes gets nothing" not grep -qE '^200$|birth_date' "$gw_top/got"
flip 100
ok "as it was signed again: it is served" gw_until_served 200
# It looks again after a minute, without being told.
flip 200
is "who is connected gets 503, and nothing else" "$(connected)" 503
ok "for what was found then" said \
    '^ledger-altered role=verifier record=200 why='
stage_stop
ok "the next start refuses" not stage_begin
has "and says why" "$log" '^ledger-altered role=auditor record=200 why='
flip 200
ok "as it was signed again: it starts" stage_begin
