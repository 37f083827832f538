#!/bin/bash
# Thousands of requests of nobody: the ledger grows by a record for each source
# prefix and minute, however many they are, and a good client is served
# meanwhile. FLOOD is how many; tests/torture/flood.sh has more.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up
flood=${FLOOD:-9000}
prefixes=4

gw TRAIN01 GET /train/a.csv
is "a good client is served" "$status" 200
gw_records >"$gw_top/before"
minutes=$(($(date +%s) / 60))
PYTHONPATH=tests/harness timeout 900 /usr/bin/python3 tests/harness/flood.py \
    "$stage_port" "$gw_dir/tls/ca.pem" "$flood" $prefixes >"$gw_top/flood" \
    2>&1 &
flooder=$!
served=0
asked=0
while kill -0 $flooder 2>/dev/null; do
	gw TRAIN01 GET /train/a.csv
	asked=$((asked + 1))
	[ "$status" != 200 ] || served=$((served + 1))
done
wait $flooder
is "every request of the flood was answered" $? 0
sed 's/^/# answered: /' "$gw_top/flood"
is "all by 403" "$(awk '{ all += $2 } $1 == 403 { denied += $2 }
    END { print (all >= '"$flood"' && denied == all) }' "$gw_top/flood")" 1
ok "a good client was asking meanwhile" test $asked -gt 0
is "and was served each time" $served $asked
stage_stop
minutes=$(($(date +%s) / 60 - minutes + 1))
gw_records >"$gw_top/after"

# Each good request has two records, and the stop has one or two.
grew=$(($(wc -l <"$gw_top/after") - $(wc -l <"$gw_top/before")))
echo "# $flood refused requests: $grew records, $asked good ones among them"
ok "the ledger grew by one record a prefix and minute" test \
    $((grew - 2 * asked)) -le $((prefixes * (minutes + 1) + 4))
is "in which all of them are counted" "$(sed -n \
    's/.*"count": \([0-9]*\),.*"kind": "refused-summary".*/\1/p' \
    "$gw_top/after" | awk '{ sum += $1 } END { print sum + 0 }')" \
    "$(awk '{ all += $2 } END { print all }' "$gw_top/flood")"
is "from $prefixes prefixes" "$(grep '"kind": "refused-summary"' \
    "$gw_top/after" | grep -o '"peer": "[^"]*"' | sort -u | wc -l)" $prefixes
