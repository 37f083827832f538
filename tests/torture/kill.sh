#!/bin/bash
# kill.sh [ROUNDS]: each role is killed a thousand times under load, unless told
# otherwise, and serves again within a second (60-kill.sh).
cd "$(dirname "$0")/../.." || exit 2
KILL_ROUNDS=${1:-1000} exec tests/scenario/60-kill.sh
