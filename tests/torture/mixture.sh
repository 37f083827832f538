#!/bin/bash
# mixture.sh [SECONDS]: everything at once, for four minutes, or for SOAK_HOURS
# hours; what must hold is in tests/harness/mixture.py. Then the ledger verifies,
# and every intent in it has its end. The spool is small, so that much is evicted.
# Roles are killed while a slot grows (answer-failed) and while they start
# (role-not-started): the log says so, and nothing that is not named here.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1

seconds=${1:-240}
[ -z "${SOAK_HOURS-}" ] || seconds=$((SOAK_HOURS * 3600))
gw_make
rm -f "$gw_dir"/data/hospital/patients/*
sed -i -e 's/size: 512M/size: 16M/' "$gw_dir/gatehouse.yaml"
echo 'drain: {reload-s: 20}' >>"$gw_dir/gatehouse.yaml"
# Two policies, of which each response is of one.
sed -i 's/{birth_date: decade, sex: keep}/{birth_date: year, sex: keep}/' \
    "$gw_dir/policy.yaml"
cp "$gw_dir/policy.yaml" "$gw_dir/policy.yaml.first"
sed 's/sex: keep, diagnosis: prefix 3/sex: keep/' "$gw_dir/policy.yaml" \
    >"$gw_dir/policy.yaml.second"
cat >"$gw_top/rclone.conf" <<CFG
[gate]
type = s3
provider = Other
access_key_id = TRAIN01
secret_access_key = $(<"$gw_dir/keys/s3/TRAIN01")
endpoint = $url
region = eu-central-1
force_path_style = true
CFG
mkdir "$gw_top/home"
printf '[TRAIN01]\naws_access_key_id = TRAIN01\naws_secret_access_key = %s\n' \
    "$(<"$gw_dir/keys/s3/TRAIN01")" >"$gw_top/home/credentials"
mkdir "$gw_top/secrets"
cp "$gw_dir"/keys/s3/* "$gw_top/foreign/STRANGER1" "$gw_top/secrets/"
gw_start
tap_from /usr/bin/python3 tests/harness/mixture.py --seconds "$seconds" \
    --url "$url" --ca "$gw_dir/tls/ca.pem" --keys "$gw_top/secrets" \
    --folder "$gw_dir/data/hospital/patients" --tool "$stage_bin/gatehouse" \
    --config "$gw_dir/gatehouse.yaml" --policy "$gw_dir/policy.yaml" \
    --identity "$gw_dir/identity.txt" --cert "$gw_dir/tls/trainer.pem" \
    --cert-key "$gw_dir/tls/trainer.key" --rclone "$gw_top/rclone.conf" \
    --credentials "$gw_top/home/credentials" --spool "$gw_dir/state/spool" \
    --spool-most $((16 << 20)) --pid "$stage_pid" \
    --log "$gw_dir/gatehouse.log" --expected "supervisor-ready role-ready
    role-ended generation-serves generation-drains generation-ended
    reload-refused keeper-lost refusals-not-recorded ledger-verified request
    transfers-cut-by-policy answer-failed:changed
    role-not-started:closed"
ok "no canary in the log" gw_no_canary "$gw_dir/gatehouse.log"
stage_stop
ok "audit verify" "$stage_bin/gatehouse" audit verify "$gw_dir/state/ledger" \
    --key "@$gw_dir/keys/ledger.vkey"
# One record after the other: a day has more of them than fit into memory.
gw_settle=0 gw_records | /usr/bin/python3 -c '
import json, sys
open_now, wrong = {}, 0
for index, line in enumerate(sys.stdin):
    record = json.loads(line)
    if record["kind"] == "intent":
        open_now[index] = True
    elif record["kind"] in ("complete", "interrupted"):
        wrong += open_now.pop(record["intent"], False) is False
print(f"{index + 1} records")
print("left open or ended twice:", len(open_now) + wrong)' >"$gw_top/ends"
sed 's/^/# /' "$gw_top/ends"
has "every intent has its end, once" "$gw_top/ends" 'twice: 0$'
