#!/bin/bash
# A policy of several files, a folder, the configured one: what `policy check`,
# `policy explain` and `transform` read is what the gateway reads.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
gw_make
tool=$stage_bin/gatehouse

# check NAME STATUS TEXT ARGUMENTS...: how it ends, and what it says.
check() {
	local name=$1 wanted=$2 text=$3 status=0
	shift 3
	"$tool" "$@" >"$gw_top/answer" 2>&1 <"$gw_top/input" || status=$?
	is "$name: status" "$status" "$wanted"
	ok "$name: says so" grep -q -- "$text" "$gw_top/answer" ||
	    sed 's/^/# /' "$gw_top/answer"
}

head -n 1 "$gw_dir/data/hospital/patients/a.csv" >"$gw_top/input"
mkdir "$gw_top/folder"
cp "$gw_dir"/*.csv "$gw_top/folder/" 2>/dev/null
# The sections from `datasets:` on in a file of their own.
awk -v one="$gw_top/folder/10-facts.yaml" -v two="$gw_top/folder/20-rest.yaml" \
    '/^datasets:/ { rest = 1 } { print > (rest ? two : one) }' \
    "$gw_dir/policy.yaml"

check "one file" 0 "loadable" policy check "$gw_dir/policy.yaml"
check "the configured one" 0 "loadable" \
    policy check --config "$gw_dir/gatehouse.yaml"
check "a folder" 0 "10-facts.yaml and 1 more: 0 errors" policy check "$gw_top/folder"
check "its files, named" 0 "loadable" policy check \
    "$gw_top/folder/10-facts.yaml" "$gw_top/folder/20-rest.yaml"
check "half of it" 3 "not loadable" policy check "$gw_top/folder/20-rest.yaml"
check "nothing there" 2 "No such file" policy check "$gw_top/absent"
mkdir "$gw_top/empty"
check "an empty folder" 2 "no \*.yaml" policy check "$gw_top/empty"
check "explain, of the folder" 0 "ALLOWED" policy explain \
    --who trainers --read train --place virginia "$gw_top/folder"
check "explain, of the configuration" 0 "ALLOWED" policy explain \
    --who trainers --read train --place virginia --config "$gw_dir/gatehouse.yaml"
check "transform, of the folder" 0 "rows: 0 read" transform --test-key \
    --policy "$gw_top/folder" --agreement train

# The same id in two files: the error is where the second is, and names the
# first.
awk '/^people:/ { on = 1; print; next } /^[a-z]/ { on = 0 } on' \
    "$gw_dir/policy.yaml" >"$gw_top/folder/30-again.yaml"
check "an id twice" 3 "30-again.yaml:.*error" policy check "$gw_top/folder"
ok "an id twice: names the first" grep -q "see .*10-facts.yaml:" "$gw_top/answer"
rm "$gw_top/folder/30-again.yaml"

# And the gateway agrees.
sed -i "s|^policy: .*|policy: $gw_top/folder|" "$gw_dir/gatehouse.yaml"
gw_start
gw TRAIN01 GET /train/a.csv
is "served under the folder" "$status" 200
