#!/bin/bash
# Clients that say nothing, half a handshake, or a byte of a head a second: each
# is cut at its deadline, one address has a share and no more, and who asks for
# something is served meanwhile. Judged by counts. Readers that do not read, and
# ten thousand of each kind, are tests/torture/slow.sh.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
# shellcheck source=tests/harness/slow.sh
. tests/harness/slow.sh
gw_make
# One worker, for each has a share for every address.
sed -i 's/^workers: .*/workers: 1/' "$gw_dir/gatehouse.yaml"
gw_start
share=$(awk '$1 == "WORKER_MAX_PER_ADDRESS" { print $3 + 0 }' \
    gateway/base/limits.h)

slow_begin tcp $((share + 300)) 1 0
ok "one address holds $share connections, and loses its oldest" \
    slow_until 60 tcp "\$2 == $share && \$3 == 300 && \$4 == 300"
slow_begin hello 150 3 0
ok "150 with half a handshake" slow_until 60 hello '$2 == 150'
slow_begin head 150 3 0
ok "150 with a growing head" slow_until 60 head '$2 == 150'
for object in a.csv b.csv none.csv; do
	gw TRAIN01 GET "/train/$object"
	is "a good client is served $object" "$status" 200
done
gw TRAIN01 GET /train/a.csv --source 127.0.1.1
is "one from their address is heard" "$status" 403
for kind in tcp hello head; do
	ok "$kind: every one is cut" slow_until 60 $kind '$2 == 0 && $3 == $1'
	slow_end $kind
done
gw TRAIN01 GET /train/a.csv
is "and a good client is served" "$status" 200
