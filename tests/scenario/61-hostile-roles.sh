#!/bin/bash
# time limit: 240
# A hostile program in the place of worker, mill and opener, started by the real
# supervisor, with the real keeper at the other end. Each attempt is killed,
# refused or cut off, good clients are served by the others meanwhile, and what
# comes after the hostile ones is as good as ever. HOSTILE_SIZE is for the whole
# campaign: how many messages a flood has, every how many-th call is tried.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
if [ ! -x build/release/tests/hostile_worker ]; then
	echo "Bail out! the hostile programs are not built"
	exit 1
fi
programs=$gw_top/programs/libexec/gatehouse

# Where the roles have users of their own, those take turns too.
hostile_make() {
	(umask 022
	mkdir -p "$programs"
	cp -r build/release/bin "$gw_top/programs/"
	cp build/release/libexec/gatehouse/gatehouse-* "$programs/"
	echo "${HOSTILE_SIZE:-20000 5}" >"$programs/hostile.size")
	chmod 711 "$gw_top/programs" "$gw_top/programs/libexec" "$programs"
	stage_bin=$gw_top/programs/bin
}

# hostile ROLE: from the next start on, its first processes are hostile.
hostile() {
	cp build/release/libexec/gatehouse/gatehouse-"$1" "$programs/$1.real"
	cp "build/release/tests/hostile_$1" "$programs/gatehouse-$1"
	: >"$programs/$1.turns"
	chmod 755 "$programs/gatehouse-$1" "$programs/$1.real"
	chmod 666 "$programs/$1.turns"
}
harmless() {
	cp "$programs/$1.real" "$programs/gatehouse-$1"
}

said() {
	grep -aE "^hostile (not )?ok $1: " "$gw_dir/gatehouse.log"
}
points() {
	said "$1" | sed 's/^hostile //'
}
# await ROLE COUNT: until it has said so many lines; generous.
await() {
	local end=$((SECONDS + 90))
	while [ "$(said "$1" | wc -l)" -lt "$2" ] && [ $SECONDS -lt $end ]; do
		sleep 0.2
	done
}
resident_kb() {
	awk '/^VmHWM:/ { print $2 }' "/proc/$(gw_pids keeper)/status"
}
still_serves() {
	gw TRAIN01 GET /train/a.csv
	is "$1: a client is served" "$status" 200
	ok "$1: the same bytes" cmp -s "$body" "$gw_top/good"
}

gw_make
# None of them ends when it is told to drain.
echo 'drain: {stop-s: 1}' >>"$gw_dir/gatehouse.yaml"
hostile_make
gw_start
gw TRAIN01 GET /train/a.csv
cp "$body" "$gw_top/good"
is "before" "$status" 200
stage_stop

# ---- a worker ----------------------------------------------------------------

hostile worker
sed -i 's/^workers: .*/workers: 22/' "$gw_dir/gatehouse.yaml"
gw_start
before=$(resident_kb)
still_serves "among hostile workers"
await worker 52
tap_from points worker
is "each worker has said its part" "$(said worker | wc -l)" 52
still_serves "after them"
ok "the keeper's memory is bounded" test "$(resident_kb)" -lt \
    $((before + 80 * 1024))
ok "a flood leaves no flood in the log" test \
    "$(wc -l <"$gw_dir/gatehouse.log")" -lt 2000
stage_stop
harmless worker

# ---- a mill ------------------------------------------------------------------

# Every mill is hostile, until those of the first start are killed.
hostile mill
sed -i -e 's/^workers: .*/workers: 2/' -e 's/^mills: .*/mills: 20/' \
    -e 's/wait-s: 45/wait-s: 3/' "$gw_dir/gatehouse.yaml"
rm -rf "$gw_dir"/state/spool/*
gw_start
wrong=0 number=0 end=$((SECONDS + 90))
while [ "$(said mill | wc -l)" -lt 46 ] && [ $SECONDS -lt $end ]; do
	gw TRAIN01 GET /train/a.csv
	number=$((number + 1))
	# One that grew is 200, and cut before a byte of it is authentic.
	[ "$status" = 503 ] || [ ! -s "$body" ] || wrong=$((wrong + 1))
done
is "none of $number answers has a byte of data" $wrong 0
tap_from points mill
is "each mill has said its part" "$(said mill | wc -l)" 46
is "what they left was never published" \
    "$(find "$gw_dir/state/spool" -type f | wc -l)" 0
for pid in $(gw_pids mill); do
	kill -KILL "$pid"
done
await_served() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		gw TRAIN01 GET /train/a.csv
		[ "$status" != 200 ] || return 0
		sleep 0.1
	done
}
await_served
still_serves "after hostile mills"
stage_stop
harmless mill

# ---- an opener ---------------------------------------------------------------

# One of the spool and three of origins: the first four pass off what is no
# file, until they are killed; then one follows the other.
hostile opener
sed -i 's/^mills: .*/mills: 2/' "$gw_dir/gatehouse.yaml"
rm -rf "$gw_dir"/state/spool/*
gw_start
served=0
look() {
	for path in train/a.csv broken/early.csv 'train?list-type=2'; do
		gw TRAIN01 GET "/$path"
		[ ! -s "$body" ] || gw_no_canary "$body" || served=1
		[ "$status" != 200 ] || [ "$path" != train/a.csv ] ||
		    [ ! -s "$body" ] || cmp -s "$body" "$gw_top/good" || served=1
	done
	gw BANK01 GET /fraud/cards.csv --source 127.9.0.1
}
look
for pid in $(gw_pids opener); do
	kill -KILL "$pid"
done
end=$((SECONDS + 90))
while [ "$(said opener | wc -l)" -lt 43 ] && [ $SECONDS -lt $end ]; do
	look
done
is "nothing but the right bytes was ever served" $served 0
tap_from points opener
await_served
still_serves "after hostile openers"
gw_settle=3 gw_records >"$gw_top/records"
ok "the ledger verifies" test -s "$gw_top/records"
ok "the log has no canary" gw_no_canary "$gw_dir/gatehouse.log"
