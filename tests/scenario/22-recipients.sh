#!/bin/bash
# Several recipients of one agreement; one comes, one goes. A new one costs a
# header and no refill; whoever left opens nothing that is delivered after.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make

for name in ada bob cyd; do
	age-keygen -o "$gw_top/$name.txt" 2>/dev/null
done

# agree NAME...: these are the recipients from the next start on.
agree() {
	local name keys=
	for name in "$@"; do
		keys+="${keys:+, }$(age-keygen -y "$gw_top/$name.txt")"
	done
	sed -i "s/recipients: .*/recipients: [$keys]/" "$gw_dir/policy.yaml"
	chmod 644 "$gw_dir/policy.yaml"
	stage_stop
	gw_start
}

# fetch FILE [OBJECT]: the object, and its ETag in $etag.
fetch() {
	gw GPU01 GET "/sealed/${2-b.csv}.age" --cert "$gw_dir/tls/trainer.pem" \
	    --cert-key "$gw_dir/tls/trainer.key"
	cp "$body" "$gw_top/$1"
	etag=$(sed -n 's/^etag: //p' "$head")
}

# payload FILE: what follows the header.
payload() {
	/usr/bin/python3 -c '
import sys
data = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(data[data.index(b"\n", data.index(b"\n--- ") + 1) + 1:])
' "$gw_top/$1" 2>&1 | sha256sum
}

slots() {
	find "$gw_dir/state/spool" -maxdepth 1 -name '*.meta' | wc -l
}

opens() {
	age -d -i "$gw_top/$1.txt" "$gw_top/$2" >"$gw_top/by-age" 2>/dev/null &&
	    "$stage_bin/gatehouse" open -i "$gw_top/$1.txt" "$gw_top/$2" \
	        >"$gw_top/by-us" 2>/dev/null && cmp "$gw_top/by-age" "$gw_top/by-us"
}

# ---- two recipients --------------------------------------------------------

agree ada bob
fetch two
two=$etag
is "served to two" "$status" 200
ok "the one opens it, with age and with gatehouse" opens ada two
cp "$gw_top/by-age" "$gw_top/plain"
ok "the other opens it, too" opens bob two
ok "to the same bytes" cmp "$gw_top/plain" "$gw_top/by-age"
ok "a third does not" not opens cyd two
is "the header has two stanzas" \
    "$(grep -ac '^-> X25519 ' "$gw_top/two")" 2
fetch again
is "again: the same ETag" "$etag" "$two"
ok "and the same bytes, header included" cmp "$gw_top/two" "$gw_top/again"
gw GPU01 HEAD /sealed/b.csv.age --cert "$gw_dir/tls/trainer.pem" \
    --cert-key "$gw_dir/tls/trainer.key"
is "HEAD has its length" "$(sed -n 's/^content-length: //p' "$head")" \
    "$(stat -c %s "$gw_top/two")"
fetch cold big.csv
cold=$etag
fetch warm big.csv
is "a large one, while it is filled and after: one ETag" "$etag" "$cold"
ok "and the same bytes" cmp "$gw_top/cold" "$gw_top/warm"
at=$(($(stat -c %s "$gw_top/two") / 2))
header=$((70 + 98 * 2))
for range in 0-0 100-$((header - 1)) $((header - 7))-$((header + 20)) \
    $((header - 1))-$header $header-$((header + 15)) "$((header + 3))-" 5-$at; do
	gw GPU01 GET /sealed/b.csv.age --cert "$gw_dir/tls/trainer.pem" \
	    --cert-key "$gw_dir/tls/trainer.key" --header "Range: bytes=$range" \
	    --header "If-Match: $two"
	to=${range#*-}
	tail -c +$((${range%-*} + 1)) "$gw_top/two" |
	    head -c $((${to:-$((at * 9))} - ${range%-*} + 1)) >"$gw_top/slice"
	is "range $range is a part" "$status" 206
	ok "of those bytes" cmp "$gw_top/slice" "$body"
done
agree bob ada
fetch turned
is "named the other way round: the same ETag" "$etag" "$two"
ok "and the same bytes" cmp "$gw_top/two" "$gw_top/turned"

# ---- one comes -------------------------------------------------------------

before=$(find "$gw_dir/state/spool" -maxdepth 1 -type f ! -name '*.meta' \
    -printf '%f %i %T@\n' | sort)
agree ada bob cyd
fetch three
is "a third comes: it is served" "$status" 200
is "no refill: the spool has the file that it had" "$(find \
    "$gw_dir/state/spool" -maxdepth 1 -type f ! -name '*.meta' \
    -printf '%f %i %T@\n' | sort)" "$before"
is "the payload is the same bytes" "$(payload three)" "$(payload two)"
ok "behind another header" not cmp -n 300 "$gw_top/two" "$gw_top/three"
ok "under another ETag" test "$etag" != "$two"
for name in ada bob cyd; do
	ok "$name opens it" opens $name three
done
gw GPU01 GET /sealed/b.csv.age --cert "$gw_dir/tls/trainer.pem" \
    --cert-key "$gw_dir/tls/trainer.key" --header "If-Match: $two"
is "the ETag of the two is 412" "$status" 412

# ---- one goes --------------------------------------------------------------

three=$etag
agree ada cyd
stage_stop
gw_start
fetch without
is "one goes: it is served" "$status" 200
ok "under another ETag" test "$etag" != "$three"
ok "another generation: another payload" \
    test "$(payload without)" != "$(payload three)"
is "and the old one is gone" "$(slots)" 2
has "the log says why" "$gw_dir/gatehouse.log" \
    'slot-revoked role=keeper agreement=sealed'
ok "who stayed opens it" opens ada without
ok "to the plaintext of before" cmp "$gw_top/plain" "$gw_top/by-age"
ok "who left does not" not opens bob without

# An old header does not help: its file key is another.
cat >"$gw_top/graft.py" <<'PY'
import sys
old, new = (open(name, "rb").read() for name in sys.argv[1:3])
def end(data):
    return data.index(b"\n", data.index(b"\n--- ") + 1) + 1
sys.stdout.buffer.write(old[:end(old)] + new[end(new):])
PY
graft() {
	/usr/bin/python3 "$gw_top/graft.py" "$gw_top/$1" "$gw_top/$2" >"$gw_top/$3"
}
graft two three kept
ok "an old header opens the generation that it is of" opens bob kept
graft two without kept
ok "and not the one after" not opens bob kept

# ---- one comes back, and a crash -------------------------------------------

after=$(payload without)
agree ada bob cyd
fetch back
is "back again: the new generation" "$(payload back)" "$after"
ok "which they open" opens bob back
agree ada cyd
agree ada bob cyd
fetch unasked
is "gone and back with nobody asking: nothing changed" "$(payload unasked)" \
    "$after"
# What was remembered is on the disk: killed at once, it still counts.
# shellcheck disable=SC2046 # a list of numbers
kill -KILL $(stage_family "$stage_pid")
wait "$stage_pid" 2>/dev/null
stage_pid=
agree ada cyd
fetch killed
is "killed, then without one: served" "$status" 200
ok "as another generation" test "$(payload killed)" != "$after"
ok "that they do not open" not opens bob killed

# ---- under TLS, and back ---------------------------------------------------

sealed=$(payload killed)
sed -i '/encrypt: age/d; s/^\( *\)recipients: .*/\1encrypt: tls/' \
    "$gw_dir/policy.yaml"
stage_stop
gw_start
gw GPU01 GET /sealed/b.csv --cert "$gw_dir/tls/trainer.pem" \
    --cert-key "$gw_dir/tls/trainer.key"
is "in the clear, under TLS" "$status" 200
ok "the same plaintext" cmp "$gw_top/plain" "$body"
sed -i 's/^\( *\)encrypt: tls/\1encrypt: age\n\1recipients: []/' \
    "$gw_dir/policy.yaml"
agree cyd
fetch cyd
ok "sealed again, to one: opens" opens cyd cyd
ok "and is another generation" test "$(payload cyd)" != "$sealed"
