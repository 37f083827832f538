#!/bin/bash
# The schema for editors and the list of keys, as the tool prints them.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
tool=$stage_bin/gatehouse

"$tool" policy schema >"$gw_top/schema.json"
is "the schema is printed" $? 0
tap_from /usr/bin/python3 tests/harness/policy_schema.py "$gw_top/schema.json" \
    tests/vectors/policy/mistakes.txt
"$tool" policy schema --reference >"$gw_top/reference"
ok "the reference ends with what the tool prints" bash -c \
    'cmp "$1" <(sed "1,/^<!-- made by .gatehouse policy schema/d" "$2")' - \
    "$gw_top/reference" policy/README.md
ok "another option is none" bash -c '"$@"; [ $? -eq 2 ]' - \
    "$tool" policy schema --json
ok "the whole language loads" "$tool" policy check \
    tests/vectors/policy/whole.yaml
