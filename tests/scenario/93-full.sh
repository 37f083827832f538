#!/bin/bash
# time limit: 240
# The ledger's own disk fills up under load: the log warns at 20, 10 and 5 %;
# then no byte goes out without its record, but 503 with the reason; and when
# there is room, service, by itself.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

disk=$gw_dir/state/ledger
if [ "$(id -u)" -ne 0 ]; then
	skip 1 "no right to mount a small disk"
	exit 0
fi
gw_make
mkdir -p "$disk"
# The journal is half of it.
if ! mount -t tmpfs -o size=128m,mode=700 tmpfs "$disk" 2>/dev/null; then
	skip 1 "no right to mount a small disk"
	exit 0
fi
unmount() {
	stage_stop
	umount "$disk"
}
trap 'unmount; gw_end' EXIT

gw_start
gw TRAIN01 GET /train/a.csv
is "with room: served" "$status" 200
gw TRAIN01 GET /train/b.csv
ok "with room: no warning" not grep -q ledger-room "$gw_dir/gatehouse.log"

# leave PERCENT: of the disk free.
leave() {
	dd if=/dev/zero of="$disk/ballast" bs=64k \
	    count=$(((100 - $1) * 128 * 16 / 100 - 64 * 16)) 2>/dev/null
}

# warned COUNT: so many warnings, in time.
warned() {
	for _ in {1..300}; do
		[ "$(grep -c '^ledger-room-low ' "$gw_dir/gatehouse.log")" \
		    != "$1" ] || return 0
		sleep 0.1
	done
	return 1
}

leave 15
ok "a warning below 20 %" warned 1
leave 8
ok "a warning below 10 %" warned 2
leave 3
ok "a warning below 5 %" warned 3
has "it says how much is left" "$gw_dir/gatehouse.log" \
    'ledger-room-low role=supervisor left-percent=[234]$'

# From here on somebody reads all the time, until all is over.
/usr/bin/python3 tests/harness/load.py --url "$url" \
    --ca "$gw_dir/tls/ca.pem" --key TRAIN01 --keep --threads 4 \
    --secret-file "$(gw_secret_file TRAIN01)" --output "$gw_top/load" \
    --count 100000 --seconds 200 /train/a.csv /train/b.csv &
load=$!
# seen STATUS [MOMENT]: a response of that status that was asked for later, in
# time.
seen() {
	for _ in {1..300}; do
		/usr/bin/python3 - "$gw_top/load" "$@" <<-'END' && return 0
			import json, sys
			path, status, since = sys.argv[1], int(sys.argv[2]), 0
			since = float(sys.argv[3]) if sys.argv[3:] else 0
			for line in open(path, encoding="ascii"):
			    try:
			        note = json.loads(line)
			    except ValueError:
			        continue  # it is being written
			    if note["status"] == status and note["at"] >= since:
			        print(f"{note['at'] - since:.3f} {note['took']:.3f}")
			        sys.exit(0)
			sys.exit(1)
		END
		sleep 0.1
	done
	return 1
}

ok "under load: served" seen 200
dd if=/dev/zero of="$disk/ballast2" bs=64k 2>/dev/null
dd if=/dev/zero of="$disk/crumbs" bs=1 count=8192 2>/dev/null
full=$(date +%s.%N)
ok "full: 503" seen 503 "$full"
echo "# 503, seconds after the disk was full, and how long it took:" \
    "$(<"$gw_top/said")"
gw TRAIN01 GET /train/a.csv
is "full: not served" "$status" 503
has "full: with the reason" "$head" "^x-gatehouse-reason: .*disk is full"
rm "$disk/ballast" "$disk/ballast2" "$disk/crumbs"
room=$(date +%s.%N)
ok "room again: served" seen 200 "$room"
echo "# 200, seconds after there was room, and how long it took:" \
    "$(<"$gw_top/said")"
for _ in {1..300}; do
	grep -q '^ledger-room-back ' "$gw_dir/gatehouse.log" && break
	sleep 0.1
done
ok "the log says so" grep -q '^ledger-room-back ' "$gw_dir/gatehouse.log"
kill $load
wait $load 2>/dev/null

# What the reader was writing when it ended is no line.
grep '}$' "$gw_top/load" >"$gw_top/noted"
echo "# $(grep -c '"status": 200' "$gw_top/noted") served," \
    "$(grep -c '"status": 503' "$gw_top/noted") refused; the slowest 503 took" \
    "$(/usr/bin/python3 -c 'import json, sys
print(max(n["took"] for n in map(json.loads, sys.stdin)
    if n["status"] == 503))' <"$gw_top/noted") s"
gw_settle=3 gw_records >"$gw_top/records"
tap_from /usr/bin/python3 tests/harness/bounds.py "$gw_top/records" \
    "$gw_top/noted"
ok "the ledger is whole" "$stage_bin/gatehouse" audit verify "$disk" \
    --key "@$gw_dir/keys/ledger.vkey"
