#!/bin/bash
# flood.sh [REQUESTS]: a hundred thousand requests of nobody, unless told
# otherwise; what must hold is in tests/scenario/36-floods.sh.
cd "$(dirname "$0")/../.." || exit 2
FLOOD=${1:-100000} exec tests/scenario/36-floods.sh
