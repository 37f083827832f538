#!/bin/bash
# kill.sh [ROUNDS [RECORDS [ROLE...]]]: each role is killed a thousand times
# under load, unless told otherwise, and serves again within a second
# (60-kill.sh), with so many records in the ledger before: a million.
cd "$(dirname "$0")/../.." || exit 2
KILL_ROUNDS=${1:-1000} KILL_LEDGER=${2:-1000000} KILL_ROLES=${*:3} \
    exec tests/scenario/60-kill.sh
