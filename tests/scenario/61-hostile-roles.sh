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
# left ROLE COUNT: so many that were cut off and stayed all the same were ended,
# which the log tells, in time.
left() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		[ "$(grep -c "^role-left-behind .*program=$1 " \
		    "$gw_dir/gatehouse.log")" -lt "$2" ] || return 0
		sleep 0.1
	done
	return 1
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

# look KEY [OPTION...] PATH...: reads from now on; looked NAME: all that do,
# until now, and well.
lookers=()
look() {
	local key=$1
	shift
	/usr/bin/python3 tests/harness/looker.py --url "$url" \
	    --ca "$gw_dir/tls/ca.pem" --key "$key" \
	    --secret-file "$(gw_secret_file "$key")" "$@" \
	    >"$gw_top/looked-$key" 2>&1 &
	lookers+=("$!")
}
looked() {
	local pid
	for pid in "${lookers[@]}"; do
		kill -TERM "$pid"
		ok "$1" wait "$pid"
	done
	sed 's/^/# /' "$gw_top"/looked-*
	lookers=()
	rm "$gw_top"/looked-*
}

gw_make
# None of them ends when it is told to drain; one fills a spool.
echo 'drain: {stop-s: 1}' >>"$gw_dir/gatehouse.yaml"
sed -i 's/size: 512M/size: 32M/' "$gw_dir/gatehouse.yaml"
hostile_make
gw_start
gw TRAIN01 GET /train/a.csv
cp "$body" "$gw_top/good"
gw BANK01 GET /fraud/cards.csv --source 127.9.0.1
cp "$body" "$gw_top/good-cards"
is "before" "$status" 200
stage_stop

# ---- a worker ----------------------------------------------------------------

hostile worker
sed -i 's/^workers: .*/workers: 24/' "$gw_dir/gatehouse.yaml"
gw_start
before=$(resident_kb)
still_serves "among hostile workers"
await worker 55
tap_from points worker
is "each worker has said its part" "$(said worker | wc -l)" 55
# All but those two with whom the keeper finds no fault.
ok "those that were cut off are ended" left worker 18
still_serves "after them"
ok "the keeper's memory is bounded" test "$(resident_kb)" -lt \
    $((before + 80 * 1024))
ok "a flood leaves no flood in the log" test \
    "$(wc -l <"$gw_dir/gatehouse.log")" -lt 2000
stage_stop
harmless worker

# ---- a mill ------------------------------------------------------------------

# Every mill is hostile. While the supervisor is stopped, none of them has a
# successor that would take the orders of the others.
hostile mill
: >"$programs/mill.hold"
sed -i -e 's/^workers: .*/workers: 2/' -e 's/^mills: .*/mills: 20/' \
    -e 's/wait-s: 45/wait-s: 1/' "$gw_dir/gatehouse.yaml"
rm -rf "$gw_dir"/state/spool/*
gw_start
supervisor=$(gw_pids supervisor | sed -n 2p)
kill -STOP "$supervisor"
rm "$programs/mill.hold"
look TRAIN01 /train/a.csv
await mill 47
looked "none of the answers has a byte of data"
tap_from points mill
is "each mill has said its part" "$(said mill | wc -l)" 47
is "what they left was never published" \
    "$(find "$gw_dir/state/spool" -type f | wc -l)" 0
kill -CONT "$supervisor"
ok "each of them is ended" left mill 20
gw_until_served
still_serves "after hostile mills"
stage_stop
harmless mill

# ---- an opener ---------------------------------------------------------------

# One of the spool and three of origins; one follows the other.
hostile opener
sed -i 's/^mills: .*/mills: 2/' "$gw_dir/gatehouse.yaml"
rm -rf "$gw_dir"/state/spool/*
gw_start
look TRAIN01 --good "$gw_top/good" /train/a.csv /broken/early.csv \
    '/train?list-type=2' '/broken?list-type=2'
look BANK01 --source 127.9.0.1 --good "$gw_top/good-cards" /fraud/cards.csv \
    '/fraud?list-type=2'
ok "each of them is ended" left opener 18
gw_until_served
looked "nothing but the right bytes was ever served"
tap_from points opener
said opener >"$gw_top/openers"
has "one has passed off another thing" "$gw_top/openers" \
    'opener: a (folder|pipe|device|file that is open for writing)$'
has "and one has tried each call" "$gw_top/openers" 'opener: uid 0$'
still_serves "after hostile openers"
gw_records >"$gw_top/records"
ok "the ledger verifies" test -s "$gw_top/records"
ok "the log has no canary" gw_no_canary "$gw_dir/gatehouse.log"
