#!/bin/bash
# time limit: 240
# The spool has a size: what was not used for longest goes, a spool smaller than
# its dataset lists and serves all of it. And the commands that show and mend it.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
tool=$stage_bin/gatehouse

rm -f "$gw_dir"/data/hospital/patients/*.csv
edit() {
	sed -i "$1" "$gw_dir/gatehouse.yaml"
}
grep -q '^spool:' "$gw_dir/gatehouse.yaml" &&
    edit '/^spool:/,/^[a-z]/{/^spool:/d;/^ /d}'
echo 'spool: {size: 1M, wait-s: 40}' >>"$gw_dir/gatehouse.yaml"
gw_start

# fetch OBJECT: its ETag is in $etag.
fetch() {
	gw TRAIN01 GET "/train/$1"
	etag=$(sed -n 's/^etag: //p' "$head")
}

# command NAME STATUS ARGUMENTS...: what it prints goes to $gw_top/out.
command() {
	local name=$1 wanted=$2 status=0
	shift 2
	"$tool" "$@" --config "$gw_dir/gatehouse.yaml" >"$gw_top/out" \
	    2>"$gw_top/err" || status=$?
	is "$name: status" "$status" "$wanted"
}
# value NAME: of a pair.
value() {
	awk -v name="$1" '$1 == name { print $2 }' "$gw_top/out"
}
slots() {
	find "$gw_dir/state/spool" -maxdepth 1 -type f ! -name '*.meta' | wc -l
}
in_use() {
	find "$gw_dir/state/spool" -maxdepth 1 -type f -printf '%s\n' |
	    awk '{ sum += $1 } END { print sum + 0 }'
}

# Nothing is there yet, and no limit.
command "spool list of nothing" 0 spool list train
has "which it says" "$gw_top/err" '^gatehouse: there is no object$'
command "spool list of nothing, as JSON" 0 spool list train --json
is "an empty list, and no more" "$(cat "$gw_top/out" "$gw_top/err")" '[]'
command "status --limits, of which there are none" 0 status --limits
has "which it says, too" "$gw_top/err" '^gatehouse: no agreement in force has a limit$'

# ---- a size ----------------------------------------------------------------

# Eight files whose forms need some 320 kB each; room for about three.
for i in 1 2 3 4 5 6 7 8; do
	(umask 022; gw_patients "f$i.csv" 34000 $((i * 40000)))
done
declare -A etags sums
for i in 1 2 3 4 5 6 7 8; do
	fetch "f$i.csv"
	is "f$i.csv: served" "$status" 200
	etags[$i]=$etag
	sums[$i]=$(sha256sum <"$body")
	ok "f$i.csv: the spool keeps its size" test "$(in_use)" -le 1048576
done
ok "some had to go" test "$(slots)" -lt 8
ok "some are there" test "$(slots)" -ge 2
gw TRAIN01 GET '/train?list-type=2'
is "the listing: all of them" "$(grep -o '<Key>' "$body" | wc -l)" 8
fetch f8.csv
is "what was used last is still there" "$etag" "${etags[8]}"
fetch f1.csv
is "what had to go is served again" "$status" 200
ok "as another generation" test "$etag" != "${etags[1]}"
is "of the same content" "$(sha256sum <"$body")" "${sums[1]}"

# Used now and then, a file stays while others come and go.
fetch f1.csv
kept=$etag
for i in 2 3 4; do
	fetch "f$i.csv"
	fetch f1.csv
done
fetch f5.csv

# ---- commands --------------------------------------------------------------

command "status" 0 status
is "status: workers" "$(value workers)" 2
ok "status: the spool's bytes" test "$(value spool-bytes)" -le 1048576
is "status: the spool's size" "$(value spool-size)" 1048576
is "status: what lies there" "$(value spool-slots)" "$(slots)"
command "status, as JSON" 0 status --json
ok "which is JSON" /usr/bin/python3 -c '
import json, sys
got = json.load(open(sys.argv[1]))
assert got["agreements"] >= 3 and len(got["policy"]) == 64, got' "$gw_top/out"

command "spool list" 0 spool list train
is "spool list: each file" "$(grep -c 'f[1-8]\.csv' "$gw_top/out")" 8
is "spool list: what is ready" "$(grep -c ' ready ' "$gw_top/out")" "$(slots)"
is "spool list: the rest had to go" "$(grep -c ' evicted ' "$gw_top/out")" \
    $((8 - $(slots)))
command "spool list, as JSON" 0 spool list --json
ok "which is JSON too" /usr/bin/python3 -c '
import json, sys
rows = json.load(open(sys.argv[1]))
assert {"agreement", "object", "state", "bytes", "rows"} == set(rows[0]), rows
assert all(row["bytes"] > 1000 for row in rows if row["state"] == "ready")' \
    "$gw_top/out"

before=$(slots)
command "spool verify" 0 spool verify train
is "spool verify: all that were ready" "$(value same)" "$before"
is "spool verify: none differs" "$(value different)" 0
fetch f1.csv
command "spool drop, one" 0 spool drop train f1.csv
is "spool drop: one went" "$(value dropped)" 1
before=$(slots)
fetch f1.csv
is "it is filled again" "$status" 200
ok "as another generation" test "$etag" != "$kept"
ok "and lies there" test "$(slots)" -ge "$before"
command "spool warm, one" 0 spool warm train f2.csv
is "spool warm: one object" "$(value objects)" 1
for ((tries = 0; tries < 100; tries++)); do
	"$tool" spool list train --config "$gw_dir/gatehouse.yaml" >"$gw_top/out"
	grep -q 'f2\.csv.* ready ' "$gw_top/out" && break
	sleep 0.2
done
ok "it comes without a client" grep -q 'f2\.csv.* ready ' "$gw_top/out"
command "spool drop, all" 0 spool drop train
is "nothing of it is left" "$(slots)" 0

# ---- the list is what is so --------------------------------------------------

restart() {
	stage_stop
	gw_start
}
state_of() {
	awk -v object="$1" '$2 == object { print $3 }' "$gw_top/out"
}
restart
command "spool list after a restart" 0 spool list train
is "all that the origin has" "$(grep -c 'f[1-8]\.csv' "$gw_top/out")" 8
is "nothing of it is filled" "$(grep -c ' not-filled ' "$gw_top/out")" 8
is "nor was it by the list" "$(slots)" 0
fetch f3.csv
fetch f5.csv
command "spool list of some" 0 spool list train
is "f3.csv" "$(state_of f3.csv)" ready
is "f4.csv" "$(state_of f4.csv)" not-filled
is "f5.csv" "$(state_of f5.csv)" ready
cp "$gw_top/out" "$gw_top/before"
restart
command "spool list, after another restart" 0 spool list train
ok "is the same" cmp "$gw_top/before" "$gw_top/out"
is "and fills nothing" "$(slots)" 2
command "spool list of everything" 0 spool list
is "every agreement" \
    "$(awk 'NR > 1 { print $1 }' "$gw_top/out" | sort -u | tr '\n' ' ')" \
    "broken fraud overseas pilot sealed train "

command "an agreement that is none" 2 spool drop nothing
ok "says so" grep -q 'no such agreement' "$gw_top/err"
command "an object that is none" 2 spool warm train nothing.csv
command "no agreement at all" 2 spool drop
ok "says how it is used" grep -q '^usage: gatehouse spool drop' "$gw_top/err"

# ---- who may, and what is left in the ledger ---------------------------------

is "the socket is its owner's alone" \
    "$(stat -c %a "$gw_dir/run/admin.sock")" 700
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$gw_top" "$gw_dir" "$gw_dir/run"
	chmod 777 "$gw_dir/run/admin.sock"
	ok "another user is refused" not setpriv --reuid 65533 --clear-groups \
	    "$tool" spool list --config "$gw_dir/gatehouse.yaml"
	chmod 600 "$gw_dir/run/admin.sock"
else
	skip 1 "only root can be somebody else"
fi
ok "a second gateway does not take the socket" not "$tool" run \
    --config "$gw_dir/gatehouse.yaml"
stage_stop
command "nobody is there" 75 status
ok "says so" grep -q 'no gateway is running' "$gw_top/err"
gw_settle=3 gw_records >"$gw_top/records"
is "each command that shows or changes is a record" \
    "$(grep -c '"command": "spool drop"' "$gw_top/records")" 2
ok "with the uid that typed it" \
    grep -q "\"command\": \"spool verify\".*\"uid\": $(id -u)" \
    "$gw_top/records"
