#!/bin/bash
# time limit: 300
# kill -9 of each role under load: no byte without its record, and the service
# comes back by itself. At the end the supervisor itself is killed. KILL_ROUNDS
# is for the whole campaign: how often each is killed, and then it is measured
# whether it is felt for a second. KILL_LEDGER is how long the ledger is then,
# KILL_ROLES who is killed, if not all.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
# One of each: nobody is there in the place of who is killed.
sed -i -e 's/^workers: .*/workers: 1/' -e 's/^mills: .*/mills: 1/' \
    "$gw_dir/gatehouse.yaml"
echo 'drain: {reload-s: 2}' >>"$gw_dir/gatehouse.yaml"
# The last of them is what train delivers, with a random code.
sed -n '/- id: train/,/until:/p' "$gw_dir/policy.yaml" |
    sed -e 's/id: train/id: coded/' -e 's/columns: {/&mrn: token, /' \
        >>"$gw_dir/policy.yaml"
[ -z "${KILL_LEDGER-}" ] || gw_long_ledger "$KILL_LEDGER" 0
gw_start
gw TRAIN01 GET /train/big.csv
is "before the storm" "$status" 200

# Far more than the sockets hold: what the kernel has, it delivers even when
# the worker is dead, and nothing would be cut off.
(umask 022; gw_patients huge.csv 600000 2000000)
gw TRAIN01 GET /train/huge.csv
is "an object larger than the socket buffers" "$status" 200

# Exactly one process, by its number: to kill, an empty argument or 0 would be
# the whole group, which is not ours.
slay() {
	[[ $1 =~ ^[1-9][0-9]*$ ]] && kill -KILL "$1"
}

# The whole campaign is long: its ledger stays short.
rest=0
[ -z "${KILL_ROUNDS-}" ] || rest=0.3
/usr/bin/python3 tests/harness/load.py --url "$url" \
    --ca "$gw_dir/tls/ca.pem" --key TRAIN01 \
    --secret-file "$(gw_secret_file TRAIN01)" --output "$gw_top/load" \
    --threads 4 --slow 2 --rest "$rest" --seconds 20000 \
    /train/huge.csv /train/big.csv /train/a.csv /train/b.csv &
load=$!
tap_from /usr/bin/python3 tests/harness/killer.py --url "$url" \
    --ca "$gw_dir/tls/ca.pem" --secret-file "$(gw_secret_file TRAIN01)" \
    --folder "$gw_dir/data/hospital/patients" --pid "$stage_pid" \
    --rounds "${KILL_ROUNDS:-3}" ${KILL_ROUNDS:+--p99 1000} \
    ${KILL_ROLES:+--roles $KILL_ROLES}
kill -TERM $load 2>/dev/null
wait $load 2>/dev/null
ok "a reload afterwards" "$stage_bin/gatehouse" reload \
    --config "$gw_dir/gatehouse.yaml"

# The supervisor dies, and everything with it; nothing of ours stays behind.
roles=$(stage_family "$stage_pid" | tail -n +2 | tr '\n' ' ')
slay "$stage_pid"
wait "$stage_pid" 2>/dev/null
stage_pid=
sleep 1
# shellcheck disable=SC2046,SC2086 # a list of numbers
ok "there were roles" test -n "$roles"
# shellcheck disable=SC2046 # one word per process
ok "no role outlives the supervisor" not grep -l '^State:.[^Z]' \
    $(for pid in $roles; do echo "/proc/$pid/status"; done)
gw_start
gw TRAIN01 GET /train/a.csv
is "served after the restart" "$status" 200

# The jailed half alone: the starter ends the rest.
jailed=$(gw_pids supervisor | sed -n 2p)
is "the supervisor is two processes" "$(gw_pids supervisor | wc -l)" 2
is "one of them has no new privileges and a filter" \
    "$(awk '/^(NoNewPrivs|Seccomp):/ { printf "%s ", $2 }' \
	"/proc/$jailed/status")" "1 2 "
ok "the jailed half: kill -9" slay "$jailed"
wait "$stage_pid"
is "the starter ends with 1" $? 1
stage_pid=
gw_start
gw TRAIN01 GET /train/a.csv
is "served after the second restart" "$status" 200

gw_settle=3 gw_records >"$gw_top/records"
ok "the ledger verifies" test -s "$gw_top/records"
# What the reader was writing when it ended is no line.
grep '}$' "$gw_top/load" >"$gw_top/noted"
tap_from /usr/bin/python3 tests/harness/bounds.py --cut "$gw_top/records" \
    "$gw_top/noted"
ok "audit verify agrees" "$stage_bin/gatehouse" audit verify \
    "$gw_dir/state/ledger" --key "@$gw_dir/keys/ledger.vkey"
ok "the log has no canary" gw_no_canary "$gw_dir/gatehouse.log"
