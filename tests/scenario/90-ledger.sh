#!/bin/bash
# time limit: 240
# The ledger's verbs, and a verifier that shares no code with them, over a
# ledger that is whole, and over ledgers that somebody has worked on.
set -u
cd "$(dirname "$0")/../.." || exit 2
umask 077

tool=build/bin/gatehouse
make=build/release/tests/make_ledger
python() { /usr/bin/python3 deploy/verify/verify_ledger.py "$@"; }
top=$(mktemp -d "${GATEHOUSE_TEST_TMP:-${TMPDIR:-/tmp}}/l.XXXXXX") || exit 2
maker=
trap '[ -z "$maker" ] || kill "$maker" 2>/dev/null; rm -rf "$top"' EXIT

number=0 failures=0

# check NAME STATUS COMMAND...: it ends with that status; its output stays in
# $top/out and $top/err. see: the same for a look at those.
check() {
	local name=$1 wanted=$2
	shift 2
	"$@" >"$top/out" 2>"$top/err"
	judge "$name" "$wanted" $?
}

see() {
	local name=$1 wanted=$2
	shift 2
	"$@" >/dev/null 2>&1
	judge "$name" "$wanted" $?
}

judge() {
	local name=$1 wanted=$2 got=$3
	number=$((number + 1))
	if [ "$got" = "$wanted" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		echo "#   status $got, wanted $wanted"
		head -n 5 "$top/err" | sed 's/^/#   /'
		failures=$((failures + 1))
	fi
}

# flip FILE OFFSET: its lowest bit.
flip() {
	/usr/bin/python3 - "$1" "$2" <<'END'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)[0]
    file.seek(int(sys.argv[2]))
    file.write(bytes([byte ^ 1]))
END
}

fresh() {
	rm -rf "$top/copy"
	cp -a "$top/ledger" "$top/copy"
}

mkdir "$top/ledger"
check "a ledger is made" 0 "$make" "$top/ledger" 700 5
cp "$top/out" "$top/vkey"
key=@$top/vkey

check "verify: as it was signed" 0 "$tool" audit verify "$top/ledger" --key "$key"
see "verify says how many" 0 grep -q '^records     700,' "$top/out"
see "verify counts what only the journal has" 0 \
    grep -q '^after it    5,' "$top/out"
check "the other verifier agrees" 0 python "$top/ledger" "$key"
check "the key as an argument" 0 \
    "$tool" audit verify "$top/ledger" --key "$(cat "$top/vkey")"
check "a key's file as the key" 2 \
    "$tool" audit verify "$top/ledger" --key "$top/vkey"
see "is told how a file is named" 0 grep -q '@FILE reads it' "$top/err"
check "a key's file that is not there" 2 \
    "$tool" audit verify "$top/ledger" --key "@$top/nokey"
see "is named" 0 grep -q "^gatehouse: $top/nokey: " "$top/err"

# ---- reading ---------------------------------------------------------------

check "tail" 0 "$tool" audit tail "$top/ledger" -n 3
see "tail shows the last" 0 grep -q '^704 ' "$top/out"
check "show by number" 0 "$tool" audit show "$top/ledger" 699
see "show says what it is" 0 grep -Eq '^  object +2026/' "$top/out"
check "show by request" 0 "$tool" audit show "$top/ledger" req-699
check "show, as JSON" 0 "$tool" audit show "$top/ledger" 0 --json
see "JSON is JSON" 0 /usr/bin/python3 -m json.tool "$top/out"
check "show: no such record" 1 "$tool" audit show "$top/ledger" 705
check "show: no such request" 1 "$tool" audit show "$top/ledger" req-x
check "show: a folder, and no record" 2 "$tool" audit show "$top/ledger"
check "hostile text: shown" 0 "$tool" audit show "$top/ledger" 9
see "hostile text: visibly" 0 \
    grep -Fq '2026/\u{1b}[2J\u{202e}' "$top/out"
check "hostile text: in the list" 0 "$tool" audit tail "$top/ledger" -n 705
see "hostile text: no control, no change of direction" 1 \
    grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae' "$top/out"
see "hostile text: a line is a record" 0 \
    test "$(wc -l <"$top/out")" = 705

# ---- working on it ---------------------------------------------------------

for file in checkpoint tile/0/000 tile/0/002.p/188 tile/1/000.p/2 \
    tile/entries/001 tile/entries/002.p/188; do
	size=$(stat -c %s "$top/ledger/$file")
	for at in 3 $((size / 2)) $((size - 2)); do
		fresh
		flip "$top/copy/$file" "$at"
		check "$file, byte $at: found" 7 \
		    "$tool" audit verify "$top/copy" --key "$key"
		check "$file, byte $at: found by the other" 7 \
		    python "$top/copy" "$key"
	done
done

fresh
flip "$top/copy/tile/entries/001" 2
check "an altered record is found" 7 \
    "$tool" audit verify "$top/copy" --key "$key"
see "and named" 0 grep -q 'record 256:' "$top/err"
check "also by the other" 7 python "$top/copy" "$key"
see "which names it too" 0 grep -q 'record 256:' "$top/err"

fresh
flip "$top/copy/journal" 100
check "an altered journal is found" 7 \
    "$tool" audit verify "$top/copy" --key "$key"
see "with the record" 0 grep -q 'record 700:' "$top/err"

# What an older checkpoint speaks of: the first 100 of the 188.
fresh
head -c 3200 "$top/copy/tile/0/002.p/188" >"$top/copy/tile/0/002.p/100"
check "an older partial tile" 0 "$tool" audit verify "$top/copy" --key "$key"
flip "$top/copy/tile/0/002.p/100" 1600
check "an altered older partial tile is found" 7 \
    "$tool" audit verify "$top/copy" --key "$key"
see "and named" 0 grep -q 'tile/0/002.p/100:' "$top/err"

fresh
rm "$top/copy/tile/entries/000"
check "a missing bundle is found" 7 \
    "$tool" audit verify "$top/copy" --key "$key"
fresh
rm "$top/copy/checkpoint"
check "a missing checkpoint is found" 7 \
    "$tool" audit verify "$top/copy" --key "$key"

mkdir "$top/other"
"$make" "$top/other" 700 5 >"$top/other.vkey"
check "another key" 7 "$tool" audit verify "$top/ledger" --key "@$top/other.vkey"
check "another key, by the other" 7 python "$top/ledger" "@$top/other.vkey"
fresh
cp "$top/other/checkpoint" "$top/copy/checkpoint"
check "another ledger's checkpoint" 7 \
    "$tool" audit verify "$top/copy" --key "$key"

check "a checkpoint that was kept" 0 "$tool" audit verify "$top/ledger" \
    --key "$key" --checkpoint "$top/ledger/checkpoint"
check "a checkpoint of somebody else" 2 "$tool" audit verify "$top/ledger" \
    --key "$key" --checkpoint "$top/other/checkpoint"

# ---- while it is written ---------------------------------------------------

mkdir "$top/live"
"$make" "$top/live" 0 30000 >"$top/live.vkey" &
maker=$!
tries=0
while [ ! -s "$top/live/journal" ] && [ $tries -lt 100 ]; do
	sleep 0.05
	tries=$((tries + 1))
done
shown=0
while kill -0 $maker 2>/dev/null && [ $shown -lt 20 ]; do
	"$tool" audit tail "$top/live" -n 1 >/dev/null 2>"$top/err" || break
	shown=$((shown + 1))
	sleep 0.05
done
see "a living ledger can be read" 0 test "$shown" -gt 0
wait $maker
maker=
check "and verified" 0 \
    "$tool" audit verify "$top/live" --key "@$top/live.vkey"

# ---- mistakes --------------------------------------------------------------

check "verify without a key" 2 "$tool" audit verify "$top/ledger"
check "a key that is none" 2 "$tool" audit verify "$top/ledger" --key x+y+z
check "a folder that is not there" 1 \
    "$tool" audit verify "$top/no" --key "$key"
check "an unknown option" 2 "$tool" audit tail "$top/ledger" --no
check "show without a number" 2 "$tool" audit show

echo "1..$number"
[ $failures = 0 ]
