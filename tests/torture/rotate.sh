#!/bin/bash
# rotate.sh [ROTATIONS]: keys are rotated a thousand times, unless told otherwise,
# while threads read, some on one connection, some on one each: no answer is of
# two epochs, none fails, each code is what the seed of its epoch makes of its
# value, and of no two epochs one is the same. Then a mill that takes the epoch
# anew at each block, which has to be caught.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# shellcheck source=tests/scenario/lib_mutant.sh
. tests/scenario/lib_mutant.sh
rotations=${1:-1000}
gw_make
raw=$gw_dir/data/bank/cards/cards.csv
# Some blocks of it.
(
	umask 022
	awk 'BEGIN {
		print "iban,holder,birth,postcode,amount,merchant,objected,is_fraud"
		for (i = 0; i < 40000; i++)
			printf "CNRYI%04d,CNRYH,1950-05-06,20000,1.50,Shop,no,0\n",
			    i % 40
	}' >"$raw"
)

# rotate COUNT OUTPUT: so many under load; says how many of them failed.
rotate() {
	local i failed=0 load
	/usr/bin/python3 tests/harness/epochs.py read "$url" \
	    "$gw_dir/tls/ca.pem" "$(gw_secret_file BANK01)" /fraud/cards.csv \
	    "$2" 3 &
	load=$!
	for ((i = 0; i < $1; i++)); do
		"$stage_bin/gatehouse" key rotate \
		    --config "$gw_dir/gatehouse.yaml" >/dev/null 2>>"$2.err" ||
		    failed=$((failed + 1))
	done
	touch "$2.stop"
	wait $load
	echo $failed
}
check() {
	/usr/bin/python3 tests/harness/epochs.py check \
	    "$gw_dir/keys/root.sealed" "$gw_dir/keys/scopes" "$raw" "$@"
}

gw_start
is "$rotations rotations: none fails" \
    "$(rotate "$rotations" "$gw_top/load")" 0
shown "each answer is of one epoch, and what its seed makes; none failed" \
    check $((rotations / 4)) "$gw_top/load" "$gw_top"/load.d/*
is "the ledger has each" "$(gw_records | grep '"kind": "key"' |
    grep -c '"outcome": "opened"')" $((rotations + 1))
is "nothing of an epoch is told twice" "$(gw_records |
    grep '"kind": "key"' | sed 's/.*"epoch": \([0-9]*\),.*/\1/' | sort |
    uniq -d)" ""
ok "it ends in order" stage_stop

ok "the mutant builds" mutant mill gateway/transform/transform.c \
    '1i static unsigned num_blocks;
    s/plan->key_epoch/& + num_blocks++/'
gw_start
is "it rotates, too" "$(rotate 3 "$gw_top/mutant.load")" 0
ok "its answers are of several epochs, which is seen" not check 1 \
    "$gw_top/mutant.load" "$gw_top"/mutant.load.d/*
