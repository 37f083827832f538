#!/bin/bash
# containment.sh: hostile roles, all of it: every number of a system call in each
# role's jail, and floods of a hundred thousand messages (61-hostile-roles.sh).
set -eu
cd "$(dirname "$0")/../.."
HOSTILE_SIZE='100000 1' exec tests/scenario/61-hostile-roles.sh
