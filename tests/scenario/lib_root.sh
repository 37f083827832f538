# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what lib.sh and the scenario have
# lib_root.sh: what the scenarios of root.sealed share, after lib.sh. `first` is
# what read_codes gave under the root as it was made.
log=$gw_dir/gatehouse.log
sealed=$gw_dir/keys/root.sealed

# run_gw STATUS NAME VERB...: a command of the operator; its words in out, err.
run_gw() {
	local wanted=$1 name=$2 got=0
	shift 2
	# Without a terminal, wherever this runs.
	setsid -w "$stage_bin/gatehouse" "$@" \
	    --config "$gw_dir/gatehouse.yaml" </dev/null >"$gw_top/out" 2>"$gw_top/err" || got=$?
	is "$name: status" "$got" "$wanted"
	[ "$got" = "$wanted" ] || sed 's/^/# /' "$gw_top/err"
}
# A read with codes; `codes` is what it gave.
read_codes() {
	gw BANK01 GET /fraud/cards.csv --source 127.9.0.1
	codes=$(sha256sum <"$body" | cut -d ' ' -f 1)
}
reads_the_same() {
	read_codes
	is "$1: a read" "$status" 200
	is "$1: the same codes" "$codes" "$first"
}
# no_start NAME PATTERN: one line of that kind, and no start.
no_start() {
	local got=0
	: >"$log"
	timeout 60 "$stage_bin/gatehouse" run \
	    --config "$gw_dir/gatehouse.yaml" </dev/null >>"$log" 2>&1 || got=$?
	is "$1: no start" "$got" "${3-1}"
	has "$1: a line says why" "$log" "$2"
	is "$1: and no second one" "$(grep -c '^gatehouse: ' "$log")" 1
}
# until_log PATTERN COUNT
until_log() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		[ "$(grep -cE -- "$1" "$log")" -lt "$2" ] || return 0
		sleep 0.1
	done
	return 1
}
