#!/bin/bash
# time limit: 180
# kill -9 of `gatehouse key rewrap`, before each system call of it that can
# change a file, of the command and of the program that seals: what is left is
# the old root.sealed or the new one, whole, and opens as the same root.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# shellcheck source=tests/scenario/lib_root.sh
. tests/scenario/lib_root.sh
gw_make
head -c 32 /dev/urandom | base64 >"$gw_top/credential"
echo "root: {credential: $gw_top/credential}" >>"$gw_dir/gatehouse.yaml"
root=$(grep '^root ' "$sealed")
rewrap() {
	"$stage_bin/gatehouse" key rewrap --provider "$1" \
	    --config "$gw_dir/gatehouse.yaml" </dev/null >"$gw_top/out" 2>&1
}
# left FILE PROVIDER: which of the two lies there; `other` is none of them.
left() {
	if cmp -s "$1" "$sealed"; then
		echo old
	elif [ "$(head -n 1 "$sealed")" = "gatehouse-root-v2 $2" ]; then
		echo new
	else
		echo other
	fi
}
# killed CALL NUMBER TO: a rewrap that ends there; its status, 0 if it came to
# its end before. strace counts in each process; "own:CALL" is the command's.
killed() {
	local follow=-f
	[ "${1#own:}" = "$1" ] || follow=-q
	set -- "${1#own:}" "$2" "$3"
	{ strace $follow -qq -o /dev/null -e "trace=$1" \
	    -e "inject=$1:signal=KILL:when=$2" "$stage_bin/gatehouse" \
	    key rewrap --provider "$3" --config "$gw_dir/gatehouse.yaml" \
	    </dev/null >"$gw_top/out" 2>&1; } 2>/dev/null
}
# kills FROM TO: before each of these calls, the first time, the second, … until
# a run comes to its end.
kills() {
	local from=$1 to=$2 call number what points=0
	local -A seen=([old]=0 [new]=0 [other]=0 [shut]=0)
	cp -p "$sealed" "$gw_top/$from"
	for call in unlinkat sendmsg write fchown fsync renameat exit_group \
	    own:exit_group own:sendmsg; do
		number=0
		while cp -p "$gw_top/$from" "$sealed" && [ $number -lt 40 ] &&
		    not killed $call $((number += 1)) "$to"; do
			what=$(left "$gw_top/$from" "$to")
			seen[$what]=$((seen[$what] + 1))
			points=$((points + 1))
			# As it lies there, with what else was left.
			rewrap none &&
			    [ "$(grep '^root ' "$sealed")" = "$root" ] ||
			    seen[shut]=$((seen[shut] + 1))
		done
		ok "$from to $to, $call: there was one, and the last run ended" \
		    test $number -gt 1 -a $number -lt 40
	done
	echo "# $from to $to: $points points, ${seen[old]} old, ${seen[new]} new"
	is "$from to $to: nothing but the old one or the new one" "${seen[other]}" 0
	is "$from to $to: each opens, and is the same root" "${seen[shut]}" 0
	ok "$from to $to: it was killed on both sides of its change" \
	    test "${seen[old]}" -ge 8 -a "${seen[new]}" -ge 2
	ok "$from to $to: nothing is left beside" not test -e "$sealed.new"
}
kills none systemd
rewrap systemd
kills systemd none
