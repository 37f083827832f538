#!/bin/bash
# time limit: 120
# What a service manager sees: its socket is served, and it is told of the
# start, of a reload, of the end, and now and then that all is well.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
told=$gw_top/told

# until_told NAME COUNT: until so many lines begin with it.
until_told() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		[ "$(grep -c "^$1" "$told" 2>/dev/null)" -lt "$2" ] || return 0
		sleep 0.1
	done
	return 1
}
manage() {
	rm -f "$gw_top/notify" "$told"
	/usr/bin/python3 tests/harness/manager.py "$stage_port" \
	    "$gw_top/notify" "$told" "$PWD/$stage_bin/gatehouse" run \
	    --config "$gw_dir/gatehouse.yaml" >>"$gw_dir/gatehouse.log" 2>&1 &
	stage_pid=$!
}

manage
# The port is there before the gateway is: the connection waits.
for ((tries = 0; tries < 100; tries++)); do
	[ ! -S "$gw_top/notify" ] || break
	sleep 0.05
done
gw TRAIN01 GET /train/a.csv
is "who comes before it is ready is served" "$status" 200
ok "READY=1" until_told READY=1 1
ok "nothing is said before" grep -q '^READY=1' <(head -n 1 "$told")
ok "WATCHDOG=1, again and again" until_told WATCHDOG=1 3

kill -HUP "$stage_pid"
ok "RELOADING=1" until_told 'RELOADING=1 MONOTONIC_USEC=[0-9]*$' 1
ok "then READY=1" until_told READY=1 2
gw TRAIN01 GET /train/a.csv
is "the next generation serves the same socket" "$status" 200
sed -i 's/^workers: 2/workers: none/' "$gw_dir/gatehouse.yaml"
kill -HUP "$stage_pid"
ok "READY=1 also when the files were refused" until_told READY=1 3
sed -i 's/^workers: none/workers: 2/' "$gw_dir/gatehouse.yaml"

# Other programs: another process is the main one, and goes on where this was.
old=$stage_pid
kill -USR2 "$stage_pid"
ok "MAINPID=" until_told 'MAINPID=[0-9]*$' 1
stage_pid=$(sed -n 's/^MAINPID=//p' "$told")
gone() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		kill -0 "$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}
ok "the one before it ends" gone "$old"
wait "$old"
is "well" $? 0
num=$(grep -c ^WATCHDOG=1 "$told")
ok "WATCHDOG=1 goes on" until_told WATCHDOG=1 $((num + 2))
gw TRAIN01 GET /train/a.csv
is "the same socket is served" "$status" 200

# Without an auditor, all is not well: a ledger that somebody changed has none.
# Stopped, it does not write another checkpoint meanwhile.
auditor=$(gw_pids auditor)
kill -STOP "$auditor"
cp "$gw_dir/state/ledger/checkpoint" "$gw_top/checkpoint"
echo altered >"$gw_dir/state/ledger/checkpoint"
kill -KILL "$auditor"
has_gone() {
	grep -q '^role-ended .*program=auditor .*status=7' "$gw_dir/gatehouse.log"
}
for ((tries = 0; tries < 300; tries++)); do
	! has_gone || break
	sleep 0.1
done
ok "it does not come back" has_gone
num=$(grep -c ^WATCHDOG=1 "$told")
sleep 3
is "then nobody says that all is well" "$(grep -c ^WATCHDOG=1 "$told")" "$num"
cp "$gw_top/checkpoint" "$gw_dir/state/ledger/checkpoint"
ok "until it is mended" until_told WATCHDOG=1 $((num + 2))

kill -TERM "$stage_pid"
ok "it ends" gone "$stage_pid"
stage_pid=
ok "STOPPING=1" grep -q '^STOPPING=1' "$told"

# A socket that `listen:` does not name is of no use to anybody.
sed "s/^listen: .*/listen: [127.0.0.1:$(stage_free_port)]/" \
    "$gw_dir/gatehouse.yaml" >"$gw_top/other.yaml"
cp "$gw_dir/gatehouse.yaml" "$gw_top/right.yaml"
cp "$gw_top/other.yaml" "$gw_dir/gatehouse.yaml"
manage
wait "$stage_pid"
is "another address: no start" $? 1
stage_pid=
has "says so" "$gw_dir/gatehouse.log" 'LISTEN_FDS.*listen:'
cp "$gw_top/right.yaml" "$gw_dir/gatehouse.yaml"

# shellcheck disable=SC2016 # $$ is that shell's
ok "no start with what is no listener" not bash -c \
    'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@" 3</dev/null' bash \
    "$stage_bin/gatehouse" run --config "$gw_dir/gatehouse.yaml"
