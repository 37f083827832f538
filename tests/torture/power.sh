#!/bin/bash
# power.sh [CUTS]: the power goes at random moments, 200 times if not told
# otherwise. The machine is user-mode Linux with an ext4 on a disk whose write
# cache is lost (tests/preload/uml_host.c); on it the real auditor works, and
# says each receipt on the console. After each cut another guest starts on what
# is left: every record with a receipt must be there, `audit verify` hold, the
# auditor go on. Then the disk also fails, for a moment before the cut. Then
# auditors that sync wrongly, one after the other, until each is caught.
#
# It takes about 3 s a cut. Needs no root and no KVM; the Debian packages are
# user-mode-linux and e2fsprogs.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
export PATH=/usr/bin:/bin:/usr/sbin:/sbin

if ! command -v linux.uml mkfs.ext4 >/dev/null; then
	skip 6 "no user-mode-linux or no e2fsprogs here"
	exit 0
fi
cuts=${1:-200}
# cut NAME ARGUMENTS...: of powercut.py.
cut() {
	local name=$1
	shift
	shown "$name" /usr/bin/python3 tests/torture/powercut.py "$@"
}
cut "after power cuts every receipt holds" "$cuts" --expect kept
cut "after a disk that fails, too" $((cuts / 4)) --expect kept --disk-fails
cut "an auditor that does not sync is caught" 40 --expect lost --mutant no-sync
cut "one that acknowledges early" 40 --expect lost --mutant early
cut "one that does not sync its folder" 40 --expect lost \
    --mutant no-folder-sync
cut "one that tries a failed sync again" 40 --expect lost --mutant retry \
    --disk-fails
