#!/bin/bash
# Requests whose borders could be seen in two ways: the running gateway sees
# none of them, answers once, and closes. What other servers make of the same
# bytes is tests/torture/framing.sh.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up

tap_from /usr/bin/python3 tests/harness/framing.py "$stage_port" \
    "$gw_dir/tls/ca.pem"
gw TRAIN01 GET /train/a.csv
is "and a good request is still served" "$status" 200
