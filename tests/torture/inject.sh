#!/bin/bash
# inject.sh: every system call of the auditor fails in turn, with each error
# that it may see, and with short counts. No receipt for a record that is not on
# the disk; the first failed write or sync is the end of that auditor; the next
# one goes on. Some minutes. tests/scenario/92-faults.sh is the same in small,
# and behind a running gateway.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
export PATH=/usr/bin:/bin:/usr/sbin:/sbin

fault_top=$gw_top
# shellcheck source=tests/harness/faults.sh
. tests/harness/faults.sh
# Full tiles, and with them folders of their own and partial ones to remove.
fault_records=280
sweep() {
	shown "$1 and $2" fault_sweep "$@"
}

# 74: a failed write; 75: no room for the last records; 1: it did not start;
# -1: a signal. 0: it came to its end as if nothing had been.
for how in EIO EAGAIN zero; do
	sweep pwrite $how "74 1"
done
for how in ENOSPC EINTR short; do
	sweep pwrite $how "0 75 1"
done
for call in fdatasync fsync; do
	for how in EIO ENOSPC EINTR EAGAIN; do
		sweep $call $how "74 1"
	done
done
for call in renameat mkdirat; do
	for how in EIO EINTR EAGAIN; do
		sweep $call $how "74 1"
	done
	sweep $call ENOSPC "0 75 1"
done
for how in EIO EINTR EAGAIN; do
	sweep openat $how "74 1"
done
# Of a folder it is a failure, of a new file a lack of room.
sweep openat ENOSPC "0 74 75 1"
# The first closings are those of what it was given.
sweep close EIO "0 74 1"
sweep unlinkat EIO "0"
sweep recvmsg EIO "74 1" 7
sweep sendmsg EIO "74 1" 7
for how in EINTR EAGAIN; do
	sweep recvmsg $how "0" 7
	# The first says that it is ready. Should that ever have to wait, the
	# waiting is a call that the jail forbids, and it dies.
	sweep sendmsg $how "0 -1" 7
done
sweep ppoll EINTR "0"
sweep ppoll EAGAIN "74"
# The key cannot be made readable: it dies rather than sign nothing.
sweep mprotect ENOMEM "-1 1" 7

believe_second_sync() {
	GATEHOUSE_FAULT_RETRY=1 fault_sweep fdatasync EIO "74 1"
}
ok "the mutant, which believes a second sync, is caught" not believe_second_sync
