#!/bin/bash
# time limit: 300
# Where the root comes from: each provider of root.sealed, what a client and an
# operator see of it, and one clear line for each way in which it is not there.
# Another provider never makes other codes.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# shellcheck source=tests/scenario/lib_root.sh
. tests/scenario/lib_root.sh
gw_metrics=127.0.0.1:$(stage_free_port)
gw_make
cp "$gw_top/said" "$gw_top/init"
# It serves nobody yet, so /readyz does not say when it is there.
start_sealed() {
	: >"$log"
	"$stage_bin/gatehouse" run --config "$gw_dir/gatehouse.yaml" \
	    </dev/null >>"$log" 2>&1 &
	stage_pid=$!
	ok "$1: it starts sealed" until_log '^sealed ' 1
}
readyz() {
	curl -s -m 5 --noproxy '*' --cacert "$gw_dir/tls/ca.pem" \
	    -w '%{http_code}' "$url/readyz"
}
metric() {
	curl -s -m 5 --noproxy '*' "http://$gw_metrics/metrics" |
	    sed -n "s/^gatehouse_$1 //p"
}

# ---- none ----------------------------------------------------------------------

has "init says what protects it" "$gw_top/init" 'WARNING: nothing but its file mode'
gw_start
read_codes
is "a read" "$status" 200
first=$codes
run_gw 0 "status" status
has "status: it is not sealed" "$gw_top/out" '^sealed +no$'
run_gw 1 "a second root" key init --provider none
has "a second root: what is there stays" "$gw_top/err" 'is there already'
stage_stop

cp -p "$sealed" "$gw_top/none"
truncate -s -1 "$sealed"
no_start "cut by a byte" 'root.sealed: the file.s end is missing'
truncate -s 40 "$sealed"
no_start "cut in its first lines" 'root.sealed: the file.s end is missing'
sed 's/root-v2/root-v3/' "$gw_top/none" >"$sealed"
no_start "of another version" 'root.sealed: of a version that this program does not'
sed '1s/none/abacus/' "$gw_top/none" >"$sealed"
no_start "of another provider" 'root.sealed: sealed in a way that is not known'
sed '/^root 0/{s/0/1/;b}; s/^root ./root 0/' "$gw_top/none" >"$sealed"
no_start "a digit that fell over" 'root.sealed: it is of another root'
cp -p "$gw_top/none" "$sealed"
chmod 640 "$sealed"
no_start "others can read it" 'root.sealed: others can read it'
chmod 600 "$sealed"
# As it was written by the first version of this program.
echo "gatehouse-root-v1 none $(sed -n 's/^root //p' "$gw_top/none")" >"$sealed"
gw_start
reads_the_same "version 1 of the file"
stage_stop
cp -p "$gw_top/none" "$sealed"

# ---- a passphrase ----------------------------------------------------------------

echo 'four words of a person' >"$gw_top/words"
echo 'four words of another' >"$gw_top/others"
echo 'too short' >"$gw_top/short"
run_gw 2 "a short passphrase" key rewrap --provider passphrase \
    --new-passphrase-file "$gw_top/short"
has "a short passphrase: a line" "$gw_top/err" 'has at least 12 bytes'
ok "a short passphrase: nothing was changed" cmp "$gw_top/none" "$sealed"
ok "a short passphrase: nothing is left" not test -e "$sealed.new"
# What a command that was killed has left.
echo half >"$sealed.new"
run_gw 0 "under a passphrase" key rewrap --provider passphrase \
    --new-passphrase-file "$gw_top/words"
ok "it has its mode" test "$(stat -c %a "$sealed")" = 600
ok "the root is not in it" not grep -qF \
    "$(sed -n 's/^root //p' "$gw_top/none")" "$sealed"
cp -p "$sealed" "$gw_top/passphrase"

start_sealed "under a passphrase"
is "sealed: /readyz" "$(readyz)" "$(printf 'sealed\n503')"
is "sealed: the metric" "$(metric sealed)" 1
is "sealed: it does not serve" "$(metric serving)" 0
gw TRAIN01 GET /train/a.csv
is "sealed: a read" "$status" 503
has "sealed: the reason" "$head" '^x-gatehouse-reason: the gateway is sealed'
gw TRAIN01 GET /
is "sealed: buckets" "$status" 503
gw BANK01 HEAD /fraud/cards.csv --source 127.9.0.1
is "sealed: HEAD" "$status" 503
gw STRANGER1 GET /train/a.csv
is "sealed: nobody's key" "$status" 403
run_gw 0 "sealed: status" status
has "sealed: status says so" "$gw_top/out" '^sealed +yes$'
run_gw 75 "sealed: spool list" spool list
has "sealed: spool list says why" "$gw_top/err" 'sealed: gatehouse unseal'
run_gw 75 "sealed: preview" preview --agreement train --place virginia \
    "$gw_dir/data/hospital/patients/a.csv"
run_gw 0 "sealed: key status" key status
is "sealed: key status says so" "$(cat "$gw_top/out")" "root                      sealed"
run_gw 75 "sealed: key list" key list
has "sealed: key list says why" "$gw_top/err" 'sealed: gatehouse unseal'
run_gw 75 "sealed: the public keys" key export-public
ok "sealed: all of them have left the keeper as it was" \
    not grep -q '^role-ended' "$log"
run_gw 0 "sealed: a reload" reload
has "sealed: a reload says so" "$gw_top/err" 'the gateway is sealed'
ok "sealed: the log says so again" until_log '^sealed ' 2

run_gw 1 "a wrong passphrase" unseal --passphrase-file "$gw_top/others"
has "a wrong passphrase: a line" "$gw_top/err" 'root.sealed: wrong passphrase'
chmod 644 "$gw_top/words"
run_gw 1 "a passphrase that others read" unseal --passphrase-file "$gw_top/words"
chmod 600 "$gw_top/words"
sed 's/^argon2id .*/argon2id 1048576 64/' "$gw_top/passphrase" >"$sealed"
run_gw 1 "a hostile cost" unseal --passphrase-file "$gw_top/words"
has "a hostile cost: a line" "$gw_top/err" 'asks for more than is given'
sed 's/^check ../check 00/' "$gw_top/passphrase" >"$sealed"
run_gw 1 "an edited file" unseal --passphrase-file "$gw_top/words"
cp -p "$gw_top/passphrase" "$sealed"
# Of another gateway: it opens, and is not ours.
mv "$sealed" "$gw_top/ours"
run_gw 0 "another root" key init --provider passphrase \
    --passphrase-file "$gw_top/others"
mv "$sealed" "$gw_top/theirs"
mv "$gw_top/ours" "$sealed"
gw TRAIN01 GET /train/a.csv
is "still sealed" "$status" 503

run_gw 0 "unseal" unseal --passphrase-file "$gw_top/words"
reads_the_same "unsealed"
is "unsealed: /readyz" "$(readyz)" "$(printf 'ok\n200')"
is "unsealed: the metric" "$(metric sealed)" 0
gw_records >"$gw_top/records"
is "it is in the ledger" "$(grep -c '"command": "unseal"' "$gw_top/records")" 1
run_gw 0 "unseal again" unseal --passphrase-file "$gw_top/words"
has "unseal again: there is nothing to do" "$gw_top/err" 'it is not sealed'
gw_pids keeper | xargs kill -9
ok "a keeper that was killed has it again" gw_until_served 300
reads_the_same "after kill -9"
run_gw 0 "a reload" reload
reads_the_same "after a reload"
run_gw 0 "an upgrade" upgrade
ok "an upgrade: the log names the process" until_log '^upgrade-done ' 1
stage_pid=$(sed -n 's/^upgrade-done .*pid=\([0-9]*\).*/\1/p' "$log")
reads_the_same "after an upgrade"
# A root that is not the one it runs with is refused, and nothing changes.
mv "$sealed" "$gw_top/ours"
cp -p "$gw_top/theirs" "$sealed"
run_gw 1 "a reload with another root" reload
has "a reload with another root: a line" "$log" \
    'not-started .*root.*is of another root'
mv "$gw_top/ours" "$sealed"
reads_the_same "with the root that it has"
stage_stop

# At a terminal: it is asked for, and not shown.
cat >"$gw_top/type.py" <<'PY'
import os, pty, signal, sys
signal.alarm(60)
words, argv = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(argv[0], argv)
seen, sent = b"", False
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if b"Passphrase: " in seen and not sent:
        os.write(fd, words.encode() + b"\n")
        sent = True
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
start_sealed "again"
ok "unseal at a terminal" /usr/bin/python3 "$gw_top/type.py" \
    "$(cat "$gw_top/words")" "$stage_bin/gatehouse" unseal \
    --config "$gw_dir/gatehouse.yaml"
cp "$gw_top/said" "$gw_top/seen"
has "it was asked for" "$gw_top/seen" 'Passphrase: '
ok "it was not shown" not grep -qF "$(cat "$gw_top/words")" "$gw_top/seen"
reads_the_same "unsealed at a terminal"
run_gw 1 "without a terminal" key rewrap --provider none
has "without a terminal: a line" "$gw_top/err" 'no terminal to ask at'
stage_stop

# ---- systemd -------------------------------------------------------------------

# What the service manager does: a folder of files that the unit may read, of
# which it names the place.
echo 'root: {credential: root-key}' >>"$gw_dir/gatehouse.yaml"
mkdir "$gw_top/credentials"
export CREDENTIALS_DIRECTORY=$gw_top/credentials
run_gw 1 "without its credential" key rewrap --provider systemd \
    --passphrase-file "$gw_top/words"
has "without its credential: a line" "$gw_top/err" 'credentials/root-key: No such'
head -c 31 /dev/urandom >"$CREDENTIALS_DIRECTORY/root-key"
run_gw 2 "a short credential" key rewrap --provider systemd \
    --passphrase-file "$gw_top/words"
has "a short credential: a line" "$gw_top/err" 'has at least 32 bytes'
ok "what was there is there" cmp "$gw_top/passphrase" "$sealed"
head -c 32 /dev/urandom | base64 >"$CREDENTIALS_DIRECTORY/root-key"
run_gw 0 "under a credential" key rewrap --provider systemd \
    --passphrase-file "$gw_top/words"
gw_start
reads_the_same "under a credential"
stage_stop
mv "$CREDENTIALS_DIRECTORY/root-key" "$gw_top/credential"
no_start "no credential" 'credentials/root-key: No such'
head -c 32 /dev/urandom | base64 >"$CREDENTIALS_DIRECTORY/root-key"
no_start "another credential" 'root.sealed: another credential'
mv "$gw_top/credential" "$CREDENTIALS_DIRECTORY/root-key"
folder=$CREDENTIALS_DIRECTORY
unset CREDENTIALS_DIRECTORY
no_start "no systemd" 'root-key: there is no credential'
export CREDENTIALS_DIRECTORY=$folder
unset CREDENTIALS_DIRECTORY

# ---- an HSM ----------------------------------------------------------------------

hsm=$gw_top/hsm
mkdir -p "$hsm/tokens"
printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$hsm" >"$hsm/conf"
SOFTHSM2_CONF=$hsm/conf softhsm2-util --init-token --free --label gatehouse \
    --so-pin 12345678 --pin 24680135 >"$gw_top/out" 2>&1
# The program of the HSM has a uid of its own.
chmod -R a+rwX "$hsm"
chmod 711 "$gw_top"
echo 24680135 >"$gw_top/pin"
chmod 600 "$gw_top/pin"
cp -p "$gw_top/passphrase" "$sealed"
sed -i '/^root:/d' "$gw_dir/gatehouse.yaml"
run_gw 2 "no settings of an HSM" key rewrap --provider pkcs11 \
    --passphrase-file "$gw_top/words"
has "no settings of an HSM: a line" "$gw_top/err" 'pkcs11-pin-file. is missing'
cat >>"$gw_dir/gatehouse.yaml" <<-YAML
	root:
	  pkcs11-module: /usr/lib/softhsm/libsofthsm2.so
	  pkcs11-token: gatehouse
	  pkcs11-key: gatehouse-root
	  pkcs11-pin-file: $gw_top/pin
	  pkcs11-environment: [SOFTHSM2_CONF=$hsm/conf]
YAML
run_gw 0 "under a key of an HSM" key rewrap --provider pkcs11 \
    --passphrase-file "$gw_top/words"
has "its file says so" "$sealed" '^gatehouse-root-v2 pkcs11$'
gw_start
reads_the_same "under a key of an HSM"
# It goes on without: neither a reload nor a restart of the keeper asks again.
mv "$hsm/tokens" "$hsm/away"
mkdir -m 777 "$hsm/tokens"
run_gw 0 "a reload without the HSM" reload
gw_pids keeper | xargs kill -9
ok "a keeper that was killed needs no HSM" gw_until_served 300
reads_the_same "without the HSM"
stage_stop
no_start "no HSM" 'root.sealed: no token of the label' 1
rmdir "$hsm/tokens"
mv "$hsm/away" "$hsm/tokens"
echo 11111111 >"$gw_top/pin"
no_start "a wrong PIN" 'root.sealed: the token does not take the PIN'
echo 24680135 >"$gw_top/pin"
cp -p "$sealed" "$gw_top/pkcs11"
sed '/^sealed 0/{s/0/1/;b}; s/^sealed ./sealed 0/' "$gw_top/pkcs11" >"$sealed"
no_start "an edited file of an HSM" \
    'root.sealed: another key of the token, or the file is not what was sealed'
cp -p "$gw_top/pkcs11" "$sealed"
sed -i 's/pkcs11-key: gatehouse-root/pkcs11-key: another/' "$gw_dir/gatehouse.yaml"
no_start "no such key" 'root.sealed: the token has no AES key of the label'
sed -i 's/pkcs11-key: another/pkcs11-key: gatehouse-root/' "$gw_dir/gatehouse.yaml"
sed -i 's/libsofthsm2.so/libnothing.so/' "$gw_dir/gatehouse.yaml"
no_start "no such module" 'pkcs11-module. is no library'
sed -i 's/libnothing.so/libsofthsm2.so/' "$gw_dir/gatehouse.yaml"
run_gw 0 "back to the file's mode" key rewrap --provider none
has "back: it says what protects it" "$gw_top/err" 'WARNING: nothing but'
is "back: the root is what it was" "$(grep '^root ' "$sealed")" \
    "$(grep '^root ' "$gw_top/none")"
