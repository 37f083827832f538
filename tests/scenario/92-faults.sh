#!/bin/bash
# time limit: 240
# System calls of the auditor that fail: some of each kind, chosen; all of them
# in turn is tests/torture/inject.sh. Then behind a running gateway: 503 or a
# cut connection, never a byte without its record, and service again. The
# harness can tell: an auditor that believes a sync after a failed one is
# caught.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

fault_top=$gw_top
# shellcheck source=tests/harness/faults.sh
. tests/harness/faults.sh

# ---- the auditor alone -----------------------------------------------------

# 74: a failed write or sync; 75: no room for the last records; 1: no start.
while read -r call how statuses; do
	ok "$call, $how" fault_sweep "$call" "$how" "$statuses" 6
	sed 's/^/# /' "$gw_top/said"
done <<-END
	pwrite EIO 74 1
	pwrite zero 74 1
	pwrite ENOSPC 0 75 1
	pwrite short 0 75 1
	pwrite EINTR 0
	fdatasync EIO 74 1
	fdatasync EINTR 74 1
	fsync EIO 74 1
	openat EIO 74 1
	renameat EIO 74 1
	renameat ENOSPC 0 75 1
	mkdirat EIO 74 1
	ppoll EINTR 0
	sendmsg EIO 74 1
END
export GATEHOUSE_FAULT_RETRY=1
ok "the mutant is caught" not fault_sweep fdatasync EIO "74 1" 6
cp "$gw_top/said" "$gw_top/caught"
has "because it goes on" "$gw_top/caught" 'ended with 0'
unset GATEHOUSE_FAULT_RETRY

# ---- behind a gateway ------------------------------------------------------

# The auditor with the shim in it: the roles get no environment of ours.
control=$gw_top/control
mkdir -p "$gw_top/faulty/bin" "$gw_top/faulty/libexec/gatehouse"
cp -L build/release/bin/gatehouse "$gw_top/faulty/bin/"
cp -L build/release/libexec/gatehouse/* "$gw_top/faulty/libexec/gatehouse/"
eval "flags=($(make -s flags))"
# shellcheck disable=SC2154 # eval has just set it
ok "an auditor that can fail builds" gcc "${flags[@]}" -fno-lto \
    -DFAULT_FILE="\"$control\"" -pie \
    -o "$gw_top/faulty/libexec/gatehouse/gatehouse-auditor" \
    gateway/auditor/auditor.c tests/preload/ledger_faults.c \
    build/release/libgatehouse.a -lssl -lcrypto -lsodium -lyaml -lseccomp \
    -lcjson -lpthread
chmod -R go+rX "$gw_top/faulty"
fault_say "$control" "none"
chmod 666 "$control"
stage_bin=$gw_top/faulty/bin
gw_up
gw TRAIN01 GET /train/a.csv
is "served" "$status" 200
gw TRAIN01 GET /train/b.csv

load() {
	/usr/bin/python3 tests/harness/load.py --url "$url" \
	    --ca "$gw_dir/tls/ca.pem" --key TRAIN01 \
	    --secret-file "$(gw_secret_file TRAIN01)" --threads 4 --count 20 \
	    --keep --seconds 100 --output "$gw_top/load" /train/a.csv /train/b.csv
}

# Under load one call fails; then it is served again. What is published comes a
# second after what is committed.
while read -r call how first fate; do
	before=$(gw_pids auditor)
	fault_say "$control" "$call $how $first 1"
	load
	for _ in {1..200}; do
		fault_heard "$control"
		[ "$fault_hits" = 0 ] || break
		sleep 0.05
	done
	is "$call fails with $how under load" "$fault_hits" 1
	ok "$call, $how: served afterwards" gw_until_served 200
	after=$(gw_pids auditor)
	if [ "$fate" = ends ]; then
		ok "$call, $how: by another auditor" not test "$before" = "$after"
		fault_heard "$control"
		is "$call, $how: no receipt after it" "$fault_late" 0
		has "$call, $how: the log says how it ended" \
		    "$gw_dir/gatehouse.log" 'role-ended.*auditor.*74'
	else
		is "$call, $how: by the same auditor" "$after" "$before"
	fi
done <<-END
	fdatasync EIO 12 ends
	renameat EIO 2 ends
	pwrite short 3 lasts
	renameat ENOSPC 1 lasts
END
echo "# $(grep -c '"status": 200' "$gw_top/load") served," \
    "$(grep -c '"status": 503' "$gw_top/load") refused," \
    "$(grep -c '"broken"' "$gw_top/load") broken connections"
# Twenty rounds are more syncs than it takes, whatever is published meanwhile.
ok "it was noticed: refused, or cut" grep -qv '"status": 200' "$gw_top/load"

# A file system that has no room even for what is written over: the intent is
# there, its completion is refused, as are tiles; and comes when there is room.
until_fault_hits() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		fault_heard "$control"
		[ "$fault_hits" -lt "$1" ] || return 0
		sleep 0.1
	done
	return 1
}
until_completed() {
	local tries
	for ((tries = 0; tries < 60; tries++)); do
		gw_settle=0.5 gw_records | grep '"kind": "complete"' |
		    grep -q "\"request\": \"$1\"" && return 0
	done
	return 1
}
before=$(gw_pids keeper)
sleep 2 # until all is published
fault_say "$control" "pwrite ENOSPC 2 4"
gw TRAIN01 GET /train/a.csv
is "no room but for the intent: served" "$status" 200
request=$(sed -n 's/^x-amz-request-id: //p' "$head")
ok "no room for the completion, and for tiles" until_fault_hits 4
ok "it comes when there is room" until_completed "$request"
has "the log says so" "$gw_dir/gatehouse.log" '^completion-waits-for-room '
is "all by the same keeper" "$(gw_pids keeper)" "$before"

gw_settle=3 gw_records >"$gw_top/records"
tap_from /usr/bin/python3 tests/harness/bounds.py "$gw_top/records" \
    "$gw_top/load"
ok "audit verify agrees" "$stage_bin/gatehouse" audit verify \
    "$gw_dir/state/ledger" --key "@$gw_dir/keys/ledger.vkey"
