#!/bin/bash
# Descriptors run out. A gateway with few of them gives up who has waited
# longest; a worker that gets none for a while does not spin, keeps and serves
# the connections that it has, and goes on when there are some again.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
# shellcheck source=tests/harness/slow.sh
. tests/harness/slow.sh
gw_make
sed -i 's/^workers: .*/workers: 1/' "$gw_dir/gatehouse.yaml"

# ---- few from the start: two a connection, and 32 for the rest -------------

few=192
room=$(((few - 32) / 2))
mkdir "$gw_top/bin"
cat >"$gw_top/bin/gatehouse" <<SH
#!/bin/sh
ulimit -n $few
exec $PWD/$stage_bin/gatehouse "\$@"
SH
chmod 755 "$gw_top/bin/gatehouse"
whole_bin=$stage_bin
stage_bin=$gw_top/bin
gw_start
slow_begin tcp $((room + 150)) 4 0
ok "with $few descriptors the last $room of $((room + 150)) are held" \
    slow_until 60 tcp "\$2 == $room && \$3 == 150 && \$4 == 150"
gw TRAIN01 GET /train/a.csv
is "a good client is served" "$status" 200
ok "for one that said nothing" slow_until 60 tcp '$3 > 150'
slow_end tcp
stage_stop
stage_bin=$whole_bin

# ---- none for a while -------------------------------------------------------

# A worker that is told when there are none (tests/preload/no_descriptors.c).
switch=$gw_top/none
head -c 16 /dev/zero >"$switch"
chmod 666 "$switch"
# say WHAT: 1: there are none; 0: there are some.
say() {
	printf %s "$1" | dd of="$switch" conv=notrunc status=none
}
# How often it was told so.
told() {
	od -A n -t u8 -j 8 -N 8 "$switch" | tr -d ' '
}
mkdir -p "$gw_top/told/bin" "$gw_top/told/libexec/gatehouse"
cp -L "$whole_bin/gatehouse" "$gw_top/told/bin/"
cp -L build/release/libexec/gatehouse/* "$gw_top/told/libexec/gatehouse/"
ok "a worker that can be told" gcc -O2 -pie -D_GNU_SOURCE \
    -DNO_DESCRIPTORS="\"$switch\"" \
    -o "$gw_top/told/libexec/gatehouse/gatehouse-worker" \
    tests/preload/no_descriptors.c build/release/obj/gateway/worker/worker.o \
    build/release/libgatehouse.a -lssl -lcrypto -lsodium -lseccomp
chmod -R a+rX "$gw_top/told"
stage_bin=$gw_top/told/bin
# In hundredths of a second, as the kernel counts.
processor_time() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# A good client between two requests: it says "served" after the first, waits
# for the file, and makes the second one on the same connection.
idle_client() {
	PYTHONPATH=tests/harness /usr/bin/python3 - "$url" \
	    "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" "$gw_top/go" <<-'PY'
	import os, sys, time
	import s3client
	url, ca, secret, go = sys.argv[1:]
	client = s3client.Client(url, ca, "TRAIN01", open(secret).read().strip(),
	                         keep=True)
	for _ in range(2):
	    print(client.fetch("GET", "/train/a.csv")[0], flush=True)
	    for _ in range(300):
	        if os.path.exists(go):
	            break
	        time.sleep(0.1)
	PY
}

gw_start
worker=$(gw_pids worker)
idle_client >"$gw_top/idle" 2>&1 &
idle=$!
for ((tries = 0; tries < 200; tries++)); do
	[ ! -s "$gw_top/idle" ] || break
	sleep 0.1
done
say 1
slow_begin tcp 60 4 0
ok "sixty more are at the door" slow_until 60 tcp '$2 == 60'
used=$(processor_time "$worker")
since=$SECONDS
sleep 4
used=$(($(processor_time "$worker") - used))
lasted=$((SECONDS - since))
echo "# $used hundredths of processor time in $lasted seconds"
ok "the worker does not spin" test $used -le $((lasted * 5))
tries=$(told)
ok "it tries less and less often" test "$tries" -ge 1 -a \
    "$tries" -le $((5 + (SECONDS - since) / 4))
touch "$gw_top/go"
wait $idle
is "who was connected is kept, and served" "$(tr '\n' ' ' <"$gw_top/idle")" \
    "200 200 "
has "and says so" "$gw_dir/gatehouse.log" '^descriptors-exhausted .*pause-s=2'
say 0
slow_end tcp
for ((tries = 0; tries < 20; tries++)); do
	gw TRAIN01 GET /train/a.csv
	[ "$status" != 200 ] || break
done
is "and others again, when there are descriptors" "$status" 200
is "it is the same worker" "$(gw_pids worker)" "$worker"
gw_record >"$gw_top/record"
has "and what it serves is recorded" "$gw_top/record" '"kind": "intent"'
