#!/bin/bash
# time limit: 150
# Limits: what left, as the clients measure it, is never over them, whatever is
# stopped, killed, reloaded or upgraded meanwhile. Days are of a zone in which
# none begins within the hour.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
policy=$gw_dir/policy.yaml

# One of these two, which are twelve hours apart, is at least three hours from
# its midnight.
zone=UTC tz=UTC0
case $(TZ=$tz date +%H) in
2[1-3] | 0[0-2]) zone=Pacific/Wake tz=WAK-12 ;;
esac
next=$(TZ=$tz date -d 'tomorrow 00:00' +%s)
opens=$(date -u -d "@$next" +%FT%TZ)
sed -i "s|time-zone: UTC|time-zone: $zone|" "$policy"

# limited ID WHO LIMITS...: one more agreement.
limited() {
	cat <<-YAML
	  - id: $1
	    who: [$2]
	    recipient: lab
	    contract: C-1
	    dataset: hospital/patients
	    purpose: study
	    places: [virginia]
	    columns: {birth_date: year, zip: zip3, sex: keep, diagnosis: prefix 3}
	    until: $(date -d '+1 year' +%F)
	YAML
	shift 2
	printf '    %s\n' "$@"
}
sed -i 's/^people:/people:\n  others:\n    - access-key: OTHER01\n    - access-key: OTHER02/' \
    "$policy"
stage_key OTHER01
stage_key OTHER02
# a.csv has 26 rows for whom it is read by.
rows=26
{
	limited by-bytes 'trainers, others' 'limits: {bytes-per-day: 250000}'
	limited by-rows 'trainers, others' 'limits: {rows-per-day: 60}'
	limited by-part 'trainers' 'limits: {rows-per-day: 5}'
	limited by-minute 'trainers, others' 'limits: {requests-per-minute: 12}' \
	    'per-caller: {requests-per-minute: 5}'
	limited by-caller 'trainers, others' 'limits: {bytes-per-day: 1 GB}' \
	    'per-caller: {bytes-per-day: 3000}'
} >>"$policy"
ok "the policy loads" "$stage_bin/gatehouse" policy check "$policy"
cp "$gw_top/said" "$gw_top/checked"
ok "nothing of it waits" not grep W901 "$gw_top/checked"
gw_start

# asked KEY TIMES PATH [OPTION...]: how many of each status came.
asked() {
	rm -f "$gw_top/asked"
	/usr/bin/python3 tests/harness/load.py --url "$url" --keep --threads 1 \
	    --ca "$gw_dir/tls/ca.pem" --key "$1" --count "$2" \
	    --secret-file "$(gw_secret_file "$1")" \
	    --output "$gw_top/asked" "${@:4}" "$3"
	sed 's/.*"status": \([0-9]*\).*/\1/' "$gw_top/asked" | sort | uniq -c |
	    xargs
}

# ---- rows -----------------------------------------------------------------------

gw TRAIN01 GET /train/a.csv
is "the object has the rows that are counted on" "$(($(wc -l <"$body") - 1))" \
    $rows
size=$(stat -c %s "$body")
is "his rows are charged once" "$(asked TRAIN01 4 /by-rows/a.csv)" "4 200"
gw OTHER01 GET /by-rows/a.csv
is "another caller's are others" "$status" 200
gw OTHER02 GET /by-rows/a.csv
is "a third finds too few left" "$status" 403
has "and hears when it opens again" "$head" \
    "x-gatehouse-reason: .*by-rows. allows 60 rows a day: 52 are used, this would be 26 more; it opens again at $opens"
has "in the body as well" "$body" "<Code>AccessDenied</Code>.*$opens"
gw OTHER02 HEAD /by-rows/a.csv
is "a HEAD costs no row" "$status" 200
gw OTHER02 GET '/by-rows/?list-type=2'
is "nor does a listing" "$status" 200
gw OTHER02 GET /by-rows/a.csv --header 'Range: bytes=0-0'
is "what is left is left for a part" "$status" 206
left=$(gw_records | grep -c '"reason": "limits: rows-per-day"')
is "the denial is in the ledger" "$left" 1

is "a byte costs a row, again and again" \
    "$(asked TRAIN01 9 /by-part/a.csv --range bytes=1-1)" "5 206 4 403"

# ---- what is used -----------------------------------------------------------------

# used AGREEMENT CALLER LIMIT: what the gateway says is used of it, of how much,
# and when that begins again.
used() {
	"$stage_bin/gatehouse" status --limits --json \
	    --config "$gw_dir/gatehouse.yaml" | /usr/bin/python3 -c '
import json, sys
for row in json.load(sys.stdin):
    if [row["agreement"], row["caller"], row["limit"]] == sys.argv[1:]:
        print(row["used"], row["allowed"], row["opens-again"])
' "$@"
}
is "rows that are used" "$(used by-rows all rows-per-day)" "53 60 $opens"
is "of another" "$(used by-part all rows-per-day)" "5 5 $opens"
is "what nobody read" "$(used by-bytes all bytes-per-day)" "0 250000 $opens"
is "what only each caller has a limit of" \
    "$(used by-caller all requests-per-minute)" ""
is "what one caller read" "$(used by-rows access-key:TRAIN01 rows-per-day)" \
    "26 - $opens"
is "and one who read a part" "$(used by-rows access-key:OTHER02 rows-per-day)" \
    "1 - $opens"
is "nobody else" "$(used by-part access-key:OTHER01 rows-per-day)" ""
"$stage_bin/gatehouse" status --limits --config "$gw_dir/gatehouse.yaml" \
    >"$gw_top/limits"
has "as a table" "$gw_top/limits" \
    "^by-rows +all +rows-per-day +$opens +53 +60 "
has "with each caller" "$gw_top/limits" \
    "^by-rows +access-key:OTHER01 +rows-per-day +$opens +26 +- "
is "who looked is in the ledger" \
    "$(gw_records | grep -c '"command": "status --limits"')" 8

# ---- the minute -------------------------------------------------------------------

is "a caller has five" "$(asked TRAIN01 7 /by-minute/a.csv)" "5 200 2 503"
gw TRAIN01 GET /by-minute/a.csv
has "and hears that they are his" "$head" 'requests a minute to each caller'
is "so has another" "$(asked OTHER01 6 /by-minute/a.csv)" "5 200 1 503"
is "a third finds what is left of twelve" \
    "$(asked OTHER02 4 /by-minute/a.csv)" "2 200 2 503"
gw OTHER02 GET /by-minute/a.csv
is "then 503" "$status" 503
has "SlowDown" "$body" '<Code>SlowDown</Code>'
wait_s=$(sed -n 's/^retry-after: *//Ip' "$head" | tr -d '\r')
ok "with Retry-After of the minute: $wait_s" [ "${wait_s:-0}" -ge 1 ]
ok "and not more" [ "${wait_s:-99}" -le 61 ]
has "and why" "$head" 'x-gatehouse-reason: .*by-minute. allows 12 requests a minute'

# ---- each caller --------------------------------------------------------------------

fits=$((3000 / size))
for key in TRAIN01 OTHER01; do
	is "$key has his own" "$(asked $key $((fits + 2)) /by-caller/a.csv)" \
	    "$fits 200 2 403"
done
gw OTHER01 GET /by-caller/a.csv
has "and hears that it is his" "$head" \
    'x-gatehouse-reason: .*by-caller. allows 3000 bytes a day to each caller'
is "which is shown" "$(used by-caller access-key:OTHER01 bytes-per-day)" \
    "$((fits * size)) 3000 $opens"

# ---- bytes, whatever happens ----------------------------------------------------------

# Readers of both workers, of three callers, in parallel, of the whole and of
# parts; each notes what it got, also of what was cut.
read_on() {
	/usr/bin/python3 tests/harness/load.py --url "$url" \
	    --ca "$gw_dir/tls/ca.pem" --key "$1" \
	    --secret-file "$(gw_secret_file "$1")" --threads 3 --rest 0.1 \
	    --seconds 20000 --output "$gw_top/load.$1" "${@:2}" \
	    /by-bytes/a.csv &
	readers+=($!)
}
readers=()
read_on TRAIN01
read_on OTHER01 --keep
read_on OTHER02 --range bytes=0-99
again() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		gw TRAIN01 GET /train/a.csv
		[ "$status" != 200 ] || return 0
		sleep 0.1
	done
	return 1
}
for role in auditor keeper worker; do
	kill -9 "$(gw_pids $role | head -n 1)"
	ok "$role was killed, and it serves again" again
done
ok "a reload" "$stage_bin/gatehouse" reload --config "$gw_dir/gatehouse.yaml"
kill -9 "$stage_pid"
wait "$stage_pid" 2>/dev/null
stage_pid=
gw_start
ok "all of it was killed, and it serves again" again
ok "an upgrade" "$stage_bin/gatehouse" upgrade --config "$gw_dir/gatehouse.yaml"
for ((i = 0; i < 300; i++)); do
	! grep -q '^upgrade-done ' "$gw_dir/gatehouse.log" || break
	sleep 0.1
done
stage_pid=$(sed -n 's/^upgrade-done .*pid=\([0-9]*\).*/\1/p' \
    "$gw_dir/gatehouse.log")
ok "it serves still" again
# Until all is used up: not even a hundred bytes are left.
used_up() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		gw TRAIN01 GET /by-bytes/a.csv --header 'Range: bytes=0-99'
		[ "$status" != 403 ] || return 0
		sleep 0.1
	done
	return 1
}
ok "the day's bytes are used up" used_up
kill "${readers[@]}"
wait "${readers[@]}" 2>/dev/null
# An error is no data.
total=$(/usr/bin/python3 -c 'import json, sys
print(sum(n["bytes"] for f in sys.argv[1:] for n in map(json.loads, open(f))
    if n["status"] in (200, 206)))' "$gw_top"/load.*)
echo "# clients have $total of 250000 bytes"
ok "no more left than a day allows" [ "$total" -le 250000 ]
ok "and most of it did" [ "$total" -gt 150000 ]
gw_records >"$gw_top/records"
charged=$(grep '"agreement": "by-bytes"' "$gw_top/records" | grep '"kind": "intent"' |
    sed -n 's/.*"charge": {"bytes": \([0-9]*\),.*/\1/p' | paste -sd+ | bc)
ok "what the ledger says was charged is within the limit: $charged" \
    [ "$charged" -le 250000 ]
ok "and is no less than what left" [ "$charged" -ge "$total" ]

# ---- another limit, the same day ---------------------------------------------------------

sed -i 's/bytes-per-day: 250000/bytes-per-day: 260000/' "$policy"
ok "a wider limit is loaded" "$stage_bin/gatehouse" reload \
    --config "$gw_dir/gatehouse.yaml"
gw TRAIN01 GET /by-bytes/a.csv --header 'Range: bytes=0-99'
is "what it adds may be read" "$status" 206
sed -i 's/bytes-per-day: 260000/bytes-per-day: 5000/' "$policy"
ok "a narrower one" "$stage_bin/gatehouse" reload \
    --config "$gw_dir/gatehouse.yaml"
gw TRAIN01 GET /by-bytes/a.csv --header 'Range: bytes=0-0'
is "what was read before counts against it" "$status" 403
