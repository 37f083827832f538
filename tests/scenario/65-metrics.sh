#!/bin/bash
# time limit: 180
# What is counted, as Prometheus reads it: exactly what was done, never less
# over the death of any role and over reloads, with no name of anybody in it;
# for this host only, from a process that nothing depends on.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_metrics=127.0.0.1:$(stage_free_port)
at=http://$gw_metrics
gw_up
log=$gw_dir/gatehouse.log
page=$gw_top/page

ask() {
	curl -s -m 10 --noproxy '*' "$@"
}
# look: /metrics now, into $page; waits for a console that is being started.
look() {
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		ask -f -o "$page" "$at/metrics" && return 0
		sleep 0.1
	done
	return 1
}
# value SERIES: its number, as last looked at.
value() {
	awk -v series="$1" '$1 == series { print $2 }' "$page"
}
# until_value SERIES OPERATOR NUMBER: what is counted may come a moment later.
until_value() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		look && [ -n "$(value "$1")" ] &&
		    test "$(value "$1")" "$2" "$3" && return 0
		sleep 0.1
	done
	echo "$1 is $(value "$1")"
	return 1
}

# ---- what it looks like ------------------------------------------------------

ok "there is a page" look
ask -o "$body" -D "$head" "$at/metrics"
has "of the type that Prometheus reads" "$head" \
    '^content-type: text/plain; version=0.0.4; charset=utf-8'
ask -I "$at/metrics" >"$head"
has "HEAD has the same length" "$head" '^content-length: [1-9][0-9]{3}'
code() {
	ask -o /dev/null -w '%{http_code}' "$@"
}
is "/livez" "$(code "$at/livez")" 200
is "/readyz" "$(code "$at/readyz")" 200
is "a query is let be" "$(code "$at/metrics?x=1")" 200
is "another path" "$(code "$at/")" 404
is "below it" "$(code "$at/metrics/x")" 404
is "another method" "$(code -X POST -d x "$at/metrics")" 405
is "DELETE" "$(code -X DELETE "$at/metrics")" 405
is "a head that is none" "$(code -H 'Transfer-Encoding: chunked' \
    -H 'Content-Length: 3' "$at/metrics")" 400
if [ -x /usr/bin/promtool ]; then
	ok "promtool has nothing to say" /usr/bin/promtool check metrics \
	    <"$page"
else
	skip 1 "no promtool here (package prometheus)"
fi
# The format itself, as its documentation has it.
cat >"$gw_top/parse.py" <<'PY'
import re
import sys
name = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
sample = re.compile(rf"({name})(?:\{{({label}(?:,{label})*)\}})? ([0-9.]+)\Z")
kinds, helped, seen, last = {}, set(), set(), None
buckets = {}
for line in open(sys.argv[1], encoding="utf-8", newline=""):
    assert line.endswith("\n") and "\r" not in line, line
    line = line[:-1]
    if line.startswith("# HELP "):
        family, text = line[7:].split(" ", 1)
        assert family not in helped and text.endswith("."), line
        helped.add(family)
        last = family
    elif line.startswith("# TYPE "):
        family, kind = line[7:].split(" ")
        assert family == last and family not in kinds, line
        kinds[family] = kind
        assert (kind == "counter") == family.endswith("_total"), line
    else:
        match = sample.match(line)
        assert match, line
        whole = match[1] + "{" + (match[2] or "") + "}"
        assert whole not in seen, line
        seen.add(whole)
        base = match[1]
        if kinds[last] == "histogram":
            base = re.sub("_(bucket|sum|count)$", "", base)
            rest = re.sub(r',?le="[^"]*"', "", match[2] or "")
            mine = buckets.setdefault((base, rest), [])
            if match[1].endswith("_bucket"):
                mine.append(float(match[3]))
                assert mine == sorted(mine), line
            if match[1].endswith("_count"):
                assert float(match[3]) == mine[-1], line
        assert base == last and base.startswith("gatehouse_"), line
assert helped == set(kinds) and len(kinds) > 30, kinds
PY
ok "it is what the format says" /usr/bin/python3 "$gw_top/parse.py" "$page"
if /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null; then
	ok "and what another reader reads" /usr/bin/python3 -c '
import sys
from prometheus_client.parser import text_string_to_metric_families as read
assert len(list(read(sys.stdin.read()))) > 30' <"$page"
else
	skip 1 "no prometheus_client here (package python3-prometheus-client)"
fi
# Each is in the handbook, and the handbook has no other.
sed -n 's/^# TYPE \([a-z0-9_]*\) .*/\1/p' "$page" | sort >"$gw_top/shown"
grep -oE '`gatehouse_[a-z0-9_]+' deploy/OPERATING.md | tr -d '`' | sort -u \
    >"$gw_top/told"
ok "OPERATING.md tells of each, and of no other" \
    diff "$gw_top/shown" "$gw_top/told"

# ---- exactly what was done ---------------------------------------------------

look
cp "$page" "$gw_top/before"
old() {
	awk -v series="$1" '$1 == series { print $2 }' "$gw_top/before"
}
rises() {
	ok "$2 more of $1" until_value "$1" -eq $(($(old "$1") + $2))
}
gw TRAIN01 GET /train/a.csv
size=$(stat -c %s "$body")
gw TRAIN01 GET /train/a.csv
gw TRAIN01 GET /train/a.csv --header "Range: bytes=10-19"
# Sent in several pieces, it is counted once.
gw TRAIN01 GET /train/big.csv
big=$(stat -c %s "$body")
ok "big.csv is more than one turn's" test "$big" -gt 600000
gw TRAIN01 HEAD /train/a.csv
gw TRAIN01 GET '/train?list-type=2'
gw TRAIN01 GET /train/missing.csv
gw TRAIN01 GET /pilot/a.csv
gw TRAIN01 PUT /train/a.csv
gw TRAIN01 GET /broken/early.csv
gw - GET /train/a.csv
gw STRANGER1 GET /train/a.csv
printf 'GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n' |
    openssl s_client -quiet -connect "127.0.0.1:$stage_port" \
    >"$gw_top/said" 2>&1
rises 'gatehouse_requests_total{operation="GetObject",class="2xx"}' 4
rises 'gatehouse_requests_total{operation="HeadObject",class="2xx"}' 1
rises 'gatehouse_requests_total{operation="ListObjectsV2",class="2xx"}' 1
rises 'gatehouse_requests_total{operation="GetObject",class="5xx"}' 1
rises 'gatehouse_requests_total{operation="Write",class="4xx"}' 1
rises 'gatehouse_errors_total{code="NoSuchKey"}' 1
rises 'gatehouse_errors_total{code="InvalidAccessKeyId"}' 1
rises 'gatehouse_heads_refused_total{status="400"}' 1
rises 'gatehouse_delivered_bytes_total' $((2 * size + 10 + big))
rises 'gatehouse_policy_denials_total{reason="expired"}' 1
rises 'gatehouse_refusals_total{reason="write"}' 1
rises 'gatehouse_refusals_total{reason="bad-source"}' 1
rises 'gatehouse_fills_total{outcome="refused"}' 1
rises 'gatehouse_request_duration_seconds_count{kind="list"}' 1
rises 'gatehouse_grants_total' 6
ok "an unproved one is counted" test \
    "$(value gatehouse_unproved_requests_total)" -ge 1
# `gatehouse status` says the same of the same.
"$stage_bin/gatehouse" status --config "$gw_dir/gatehouse.yaml" --json \
    >"$gw_top/status"
look
same() {
	local shown
	shown=$(/usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$gw_top/status" "$1")
	is "status: $1" "$shown" "$(value "$2")"
}
same slots-ready 'gatehouse_slots{state="ready"}'
same slots-refused 'gatehouse_slots{state="refused"}'
same spool-bytes gatehouse_spool_bytes
same spool-slots gatehouse_spool_slots
same spool-size gatehouse_spool_limit_bytes
same requests-granted gatehouse_grants_total
same requests-unproved gatehouse_unproved_requests_total
same fills-done 'gatehouse_fills_total{outcome="done"}'

# ---- no names ----------------------------------------------------------------

ok "no canary" gw_no_canary "$page"
# (The agreement `sealed` is called like a reason of the keeper's.)
for word in TRAIN01 GPU01 STRANGER1 train pilot fraud a.csv early \
    missing 127.0.0 spiffe st-anna nordbank lab hospital virginia study C-1 \
    "$gw_top"; do
	ok "no $word" not grep -qwF -- "$word" "$page"
done
is "the same lines, whoever comes" "$(cut -d ' ' -f 1 "$page" |
    grep -v '^#' | md5sum)" "$(cut -d ' ' -f 1 "$gw_top/before" |
    grep -v '^#' | md5sum)"

# ---- never less --------------------------------------------------------------

# falls OLD NEW: the counters that are less than they were.
falls() {
	awk '/^# TYPE/ { kind[$3] = $4; next } /^#/ { next }
	    { family = $1; sub(/\{.*/, "", family)
	      sub(/_(bucket|sum|count)$/, "", family)
	      if (kind[family] == "gauge") next }
	    NR == FNR { was[$1] = $2; next }
	    $2 + 0 < was[$1] + 0 { print $1, was[$1], $2 }' "$1" "$2"
}
is "nothing fell so far" "$(falls "$gw_top/before" "$page")" ""
# Of those that end together, it may be another one that is told of first.
failures() {
	awk '/^gatehouse_process_failures_total/ { n += $2 } END { print n }' "$1"
}
until_failures() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		look && [ "$(failures "$page")" -ge "$1" ] && return 0
		sleep 0.1
	done
	return 1
}
for role in worker opener keeper auditor console; do
	look
	cp "$page" "$gw_top/before"
	kill -KILL "$(gw_pids $role | head -n 1)"
	ok "a $role is killed: counted" until_failures \
	    $(($(failures "$gw_top/before") + 1))
	ok "and served again" gw_until_served 200
	ok "and shown again" look
	is "nothing fell" "$(falls "$gw_top/before" "$page")" ""
	ok "what was delivered since is on top" until_value \
	    gatehouse_delivered_bytes_total -ge \
	    $(($(old gatehouse_delivered_bytes_total) + size))
done
look
cp "$page" "$gw_top/before"
reload() {
	"$stage_bin/gatehouse" reload --config "$gw_dir/gatehouse.yaml" \
	    2>"$gw_top/err"
}
ok "a reload" reload
gw TRAIN01 GET /train/a.csv
rises 'gatehouse_reloads_total{outcome="done"}' 1
rises gatehouse_generation 1
ok "the one before has gone" until_value gatehouse_generations_draining -eq 0
is "nothing fell by it" "$(falls "$gw_top/before" "$page")" ""
rises gatehouse_delivered_bytes_total "$size"
is "as many processes as before" \
    "$(grep -v '^#' "$page" | grep ^gatehouse_processes)" \
    "$(grep -v '^#' "$gw_top/before" | grep ^gatehouse_processes)"
sed -i 's/^workers: 2/workers: none/' "$gw_dir/gatehouse.yaml"
kill -HUP "$stage_pid"
rises 'gatehouse_reloads_total{outcome="refused"}' 1
is "shows" "$(value gatehouse_config_last_reload_successful)" 0
sed -i 's/^workers: none/workers: 2/' "$gw_dir/gatehouse.yaml"
ok "one that is not" reload
ok "ends that" until_value gatehouse_config_last_reload_successful -eq 1

# ---- one hands over to the next -----------------------------------------------

# A reader who stops half-way keeps the generation that serves him.
(umask 022; gw_patients huge.csv 400000 1000000)
gw TRAIN01 GET /train/huge.csv
/usr/bin/python3 - "$url" "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" \
    "$gw_top/half" <<'PY' &
import os
import sys
import time
sys.path.insert(0, "tests/harness")
import s3client
url, ca, secret, name = sys.argv[1:]
client = s3client.Client(url, ca, "TRAIN01", open(secret).read().strip(),
                         window=4096)
response = client.open("GET", "/train/huge.csv")
with open(name, "wb") as out:
    out.write(response.read1(16384))
while not os.path.exists(name + ".go"):
    time.sleep(0.05)
PY
reader=$!
for ((tries = 0; tries < 300; tries++)); do
	[ ! -s "$gw_top/half" ] || break
	sleep 0.1
done
look
cp "$page" "$gw_top/before"
ok "a reload while somebody reads" reload
rises 'gatehouse_process_starts_total{role="console"}' 1
ok "one console is left" until_value 'gatehouse_processes{role="console"}' -eq 1
is "and two generations" "$(value gatehouse_generations_draining)" 1
is "one more keeper" "$(value 'gatehouse_processes{role="keeper"}')" 2
touch "$gw_top/half.go"
wait $reader
ok "then the first one goes" until_value gatehouse_generations_draining -eq 0

# ---- a console is nobody's master ---------------------------------------------

first=$(gw_pids worker | head -n 1)
kill -STOP "$(gw_pids console)"
gw TRAIN01 GET /train/a.csv
is "a console that hangs keeps nobody" "$status" 200
kill -KILL "$(gw_pids console)"
ok "another one comes" look
is "and no worker was touched by it" "$(gw_pids worker | head -n 1)" "$first"

# Who is slow, or many, has a limit, and others are served meanwhile.
/usr/bin/python3 - "${gw_metrics#*:}" >"$gw_top/slow" <<'PY' &
import socket
import sys
import time
sockets = []
for _ in range(40):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
    sockets.append(s)
print("begun", flush=True)
end = time.monotonic() + 30
left = 0
for s in sockets:
    s.settimeout(max(0.1, end - time.monotonic()))
    try:
        left += s.recv(1) != b""
    except ConnectionResetError:
        pass
    except TimeoutError:
        left += 1
print("left", left)
PY
slow=$!
for ((tries = 0; tries < 100; tries++)); do
	[ ! -s "$gw_top/slow" ] || break
	sleep 0.1
done
is "beside forty that never ask" "$(code "$at/livez")" 200
wait $slow
has "all of those are given up" "$gw_top/slow" '^left 0$'

# ---- for this host only --------------------------------------------------------

listens() {
	awk -v port="$(printf '%04X' "${gw_metrics#*:}")" \
	    'split($2, a, ":") && a[2] == port && $4 == "0A" { print a[1] }' \
	    /proc/net/tcp /proc/net/tcp6
}
is "it listens at the loopback alone" "$(listens | sort -u)" 0100007F
is "at no other address of it" \
    "$(code "http://127.0.0.2:${gw_metrics#*:}/metrics")" 000
refused() {
	local code
	sed "s/^metrics: .*/metrics: $1/" "$gw_dir/gatehouse.yaml" \
	    >"$gw_top/other.yaml"
	timeout 20 "$stage_bin/gatehouse" run --config "$gw_top/other.yaml" \
	    >"$gw_top/said" 2>"$gw_top/err" </dev/null
	code=$?
	is "metrics: $1 is refused" $code 2
	has "metrics: $1: says why" "$gw_top/err" 'metrics.*loopback'
}
refused 0.0.0.0:9464
refused 192.0.2.1:9464
refused '"[::]:9464"'
refused '"[::ff00:7f00:1]:9464"'
is "it is in its jail" "$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' \
    "/proc/$(gw_pids console)/status" | tr '\n' ' ')" "1 2 "
if [ "$(id -u)" -eq 0 ]; then
	is "with a uid that no other has" "$(for pid in \
	    $(stage_family "$stage_pid"); do stat -c %u "/proc/$pid"; done |
	    grep -cx "$(stat -c %u "/proc/$(gw_pids console)")")" 1
	is "of the pages, it can write its own" "$(grep -c memfd:metrics \
	    "/proc/$(gw_pids console)/maps") $(grep memfd:metrics \
	    "/proc/$(gw_pids console)/maps" | grep -c ' rw')" \
	    "$((5 + $(gw_pids worker | wc -l) + 2)) 1"
else
	skip 2 "only root sees what a role has"
fi
look
ok "no canary in what many asked for" gw_no_canary "$page"
gw_records >"$gw_top/records"
reads=$(grep -c '"command": "metrics"' "$gw_top/records")
ok "that it was read is in the ledger, by hour and address" \
    test "$reads" -ge 1 -a "$reads" -le 2
has "with the address" "$gw_top/records" \
    '"command": "metrics".*"peer": "127.0.0.1"'

# ---- off, elsewhere, and a port that is in use -----------------------------------

sed -i "s/^metrics: .*/metrics: off/" "$gw_dir/gatehouse.yaml"
ok "a reload turns it off" reload
for ((tries = 0; tries < 100; tries++)); do
	[ -n "$(listens)" ] || break
	sleep 0.1
done
is "nobody listens any more" "$(listens)" ""
is "no console runs" "$(gw_pids console)" ""
# squat PORT: it is in use, by us or by whoever has it already.
squat() {
	rm -f "$gw_top/squat"
	/usr/bin/python3 - "$1" >"$gw_top/squat" <<-'PY' &
	import socket, sys, time
	s = socket.socket()
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	try:
	    s.bind(("127.0.0.1", int(sys.argv[1])))
	    s.listen()
	except OSError:
	    pass
	print("bound", flush=True)
	time.sleep(60)
	PY
	squatter=$!
	for ((tries = 0; tries < 100; tries++)); do
		[ ! -s "$gw_top/squat" ] || break
		sleep 0.1
	done
}
unsquat() {
	kill $squatter
	wait $squatter 2>/dev/null
}
squat 9464
sed -i '/^metrics: /d' "$gw_dir/gatehouse.yaml"
ok "the place that nobody named is in use: a reload all the same" reload
has "which says so" "$log" '^metrics-not-served .*port=9464'
is "and has no console" "$(gw_pids console)" ""
unsquat
squat "${gw_metrics#*:}"
echo "metrics: off" >>"$gw_dir/gatehouse.yaml"
sed -i "s/^metrics: .*/metrics: $gw_metrics/" "$gw_dir/gatehouse.yaml"
ok "a port that was named, and is in use, is refused" not reload
has "by its name" "$log" "metrics: port ${gw_metrics#*:}: Address already"
unsquat
ok "and is taken when it is free" reload
ok "there it is again" look
gw TRAIN01 GET /train/a.csv
is "what was served is served" "$status" 200
