#!/bin/bash
# time limit: 180
# A root under a key of Vault's Transit: with a real server, that of
# tests/harness/extras.sh (HashiCorp's core and Transit), where it is here; and
# one clear line for each server that is none, away, or refuses.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/../scenario/lib.sh" || exit 1
# shellcheck source=tests/scenario/lib_root.sh
. tests/scenario/lib_root.sh
gw_make
servers=()
end_servers() {
	[ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null
	gw_end
}
trap end_servers EXIT
# until_file FILE: a server writes it when it listens.
until_file() {
	local tries
	for ((tries = 0; tries < 300; tries++)); do
		[ ! -e "$1" ] || return 0
		sleep 0.1
	done
	return 1
}
cp "$gw_dir/gatehouse.yaml" "$gw_top/plain.yaml"
echo s.token >"$gw_top/token"
# settings [KEY VALUE]...: those of the scenario, some of them otherwise; a
# value that is empty leaves its key out.
settings() {
	declare -A root=([vault-url]=https://localhost:$port
	    [vault-ca]=$gw_dir/tls/ca.pem [vault-key]=gatehouse-root
	    [vault-token-file]=$gw_top/token)
	local key
	while [ $# -gt 0 ]; do
		root[$1]=$2
		shift 2
	done
	cp "$gw_top/plain.yaml" "$gw_dir/gatehouse.yaml"
	echo root: >>"$gw_dir/gatehouse.yaml"
	for key in "${!root[@]}"; do
		[ -z "${root[$key]}" ] ||
		    echo "  $key: '${root[$key]}'" >>"$gw_dir/gatehouse.yaml"
	done
}
# seals STATUS NAME PATTERN: with these settings nothing is sealed, for one
# reason, and what was there stays. opens: the same of a root that is sealed.
seals() {
	run_gw "$1" "$2" key rewrap --provider vault
	has "$2: a line says why" "$gw_top/err" "root.sealed: $3|$3"
	is "$2: and no second one" "$(grep -c '^gatehouse: ' "$gw_top/err")" 1
	ok "$2: nothing was changed" cmp "$gw_top/kept" "$sealed"
	ok "$2: nothing is left" not test -e "$sealed.new"
}
opens() {
	run_gw "$1" "$2" key rewrap --provider none
	has "$2: a line says why" "$gw_top/err" "root.sealed: $3"
	is "$2: and no second one" "$(grep -c '^gatehouse: ' "$gw_top/err")" 1
}

# ---- settings ------------------------------------------------------------------

cp -p "$sealed" "$gw_top/kept"
port=1
settings vault-token-file ''
seals 2 "no token's file" 'vault-token-file. is missing'
settings vault-url ''
seals 2 "no URL" '.root: vault-url. is missing'
settings vault-ca ''
seals 2 "no certificate to trust" '.root: vault-ca. is missing'
settings vault-key ''
seals 2 "no key's name" '.root: vault-key. is missing'
settings vault-url http://localhost:1
seals 2 "not https" '.root: vault-url. is https://HOST'
settings vault-key ../../sys/seal
seals 2 "a key that leaves its mount" '.root: vault-key.* are names of'
chmod 644 "$gw_top/token"
settings
seals 1 "a token that others read" 'has to be a file that others cannot read'
chmod 600 "$gw_top/token"
settings vault-ca "$gw_top/nothing.pem"
seals 1 "no such file" 'nothing.pem: No such file'
settings
seals 75 "nobody is there" 'the server of .root: vault-url. is away'
settings vault-url https://nowhere.invalid
seals 75 "a host without an address" 'the host of .root: vault-url. has no address'
settings vault-url https://169.254.169.254
seals 1 "an address of a cloud's own" 'where no server is'

# ---- servers that are none -------------------------------------------------------

/usr/bin/python3 tests/harness/vaultstub.py "$gw_top" \
    "$gw_dir/tls/server.pem" "$gw_dir/tls/server.key" >"$gw_top/asked" 2>&1 &
servers+=($!)
ok "a server that is no Vault listens" until_file "$gw_top/stub-port"
port=$(<"$gw_top/stub-port")
# stub STATUS MOUNT PATTERN
stub() {
	settings vault-mount "$2" vault-namespace team/one
	seals "$1" "sealing, $2" "$3"
}
stub 1 forbidden 'the server refuses: the token has ended'
stub 1 missing 'the server has nothing there'
stub 1 refused 'the server does not seal under that key'
stub 75 sealed 'the server is sealed, a standby'
stub 75 failed 'the server is sealed, a standby'
stub 1 empty 'the server answers as no Transit does'
stub 1 page 'the server answers as no Transit does'
stub 1 other 'the server answers as no Transit does'
stub 1 strange 'not what Transit seals'
stub 1 long 'a longer answer than any of Transit'
stub 1 moved 'the server sends elsewhere, which is not followed'
stub 75 cut 'the server broke off'
ok "it followed nowhere" not grep -q 'asked /v1/strange/encrypt.*' \
    <(sed '1,/moved/d' "$gw_top/asked")
export https_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1
stub 1 forbidden 'the server refuses: the token has ended'
unset https_proxy ALL_PROXY
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=other -keyout "$gw_top/other.key" -out "$gw_top/other.pem" 2>/dev/null
settings vault-ca "$gw_top/other.pem"
seals 1 "another certificate to trust" 'certificate is not of .root: vault-ca'
settings vault-url "https://127.0.0.2:$port"
seals 75 "an address that nobody listens at" 'is away'
settings vault-ca "$gw_dir/policy.yaml"
seals 2 "no certificate in it" '.root: vault-ca. holds no certificate'
settings
printf 's.to\nken' >"$gw_top/token"
seals 2 "no token in it" 'holds is no token'
echo s.token >"$gw_top/token"
# What a server opened that is no key; and what none of it opens.
printf 'gatehouse-root-v2 vault\ncheck %s\nwrapped vault:v1:QUJD\nsalt %s\nsealed %s\n' \
    "$(printf '%032d' 0)" "$(printf '%032d' 0)" "$(printf '%0144d' 0)" >"$sealed"
settings vault-mount strange vault-namespace team/one
opens 1 "what it opens is no key" 'what the server opens is no key'
settings vault-mount refused vault-namespace team/one
opens 1 "it opens nothing" 'the server opens it under no version of that key'
settings vault-mount cut vault-namespace team/one
opens 75 "it breaks off" 'the server broke off'
no_start "it breaks off at a start" 'root.sealed: the server broke off'
cp -p "$gw_top/kept" "$sealed"

# ---- a real one ------------------------------------------------------------------

if [ ! -x build/extras/vault/vaultserver ]; then
	skip 40 "no Vault is here: GATEHOUSE_TEST_EXTRA=1 tests/harness/extras.sh"
	exit
fi
mkdir "$gw_top/vault"
cp "$gw_dir/tls/server.pem" "$gw_dir/tls/server.key" "$gw_top/vault"
build/extras/vault/vaultserver "$gw_top/vault" >"$gw_top/vault/log" 2>&1 &
server=$!
servers+=("$server")
ok "Vault listens" until_file "$gw_top/vault/address"
port=$(sed 's/.*://' "$gw_top/vault/address")
# vault METHOD PATH BODY: as its root.
vault() {
	curl -s -m 20 --noproxy '*' --cacert "$gw_dir/tls/ca.pem" -X "$1" \
	    -H "X-Vault-Token: $(<"$gw_top/vault/root")" -d "$3" \
	    "https://localhost:$port/v1/$2"
}
# A token that may use the key, and no other; not even make one.
vault POST sys/mounts/transit '{"type":"transit"}'
vault POST transit/keys/gatehouse-root '{}'
vault PUT sys/policies/acl/gatehouse "$(printf '{"policy": "%s %s"}' \
    'path \"transit/encrypt/gatehouse-root\" {capabilities = [\"update\"]}' \
    'path \"transit/decrypt/gatehouse-root\" {capabilities = [\"update\"]}')"
vault POST auth/token/create '{"policies":["gatehouse"]}' |
    sed 's/.*"client_token":"\([^"]*\)".*/\1/' >"$gw_top/token"
gw_start
read_codes
is "a read" "$status" 200
first=$codes
stage_stop
settings
run_gw 0 "under a key of Vault" key rewrap --provider vault
has "its file says so" "$sealed" '^gatehouse-root-v2 vault$'
has "and has what Vault made" "$sealed" '^wrapped vault:v1:'
ok "the root is not in it" not grep -qF \
    "$(sed -n 's/^root //p' "$gw_top/kept")" "$sealed"
cp -p "$sealed" "$gw_top/kept"
gw_start
reads_the_same "under a key of Vault"
vault POST transit/keys/gatehouse-root/rotate '{}'
stage_stop
gw_start
reads_the_same "after its key was rotated"
# It goes on without: neither a reload nor a restart of the keeper asks again.
kill -STOP $server
run_gw 0 "a reload without Vault" reload
gw_pids keeper | xargs kill -9
ok "a keeper that was killed needs no Vault" gw_until_served 300
reads_the_same "without Vault"
kill -CONT $server
stage_stop
run_gw 0 "under its newest version" key rewrap --provider vault
has "the file says which" "$sealed" '^wrapped vault:v2:'
sed '/^wrapped/s/:v2:./:v2:_/' "$sealed" >"$gw_top/edited"
cp -p "$gw_top/kept" "$sealed"
# The old file still opens, since the server keeps the old version.
gw_start
reads_the_same "the file of before"
stage_stop

cp -p "$gw_top/edited" "$sealed"
opens 1 "an edited file: another form" 'not what Transit seals'
sed '/^sealed 0/{s/0/1/;b}; s/^sealed ./sealed 0/' "$gw_top/kept" >"$sealed"
no_start "an edited file" 'root.sealed: it does not open under this key'
sed '/^check 0/{s/0/1/;b}; s/^check ./check 0/' "$gw_top/kept" >"$sealed"
opens 1 "an edited check" 'it does not open under this key'
sed '/^wrapped/s/:v1:.../:v1:AAA/' "$gw_top/kept" >"$sealed"
opens 1 "another wrapped key" 'the server opens it under no version of that key'
cp -p "$gw_top/kept" "$sealed"
settings vault-key another
opens 1 "a key that the token may not use" 'the server refuses'
settings vault-mount kv
opens 1 "another mount" 'the server refuses'
settings
cp "$gw_top/token" "$gw_top/token.good"
echo s.nobody >"$gw_top/token"
no_start "a token that has ended" 'root.sealed: the server refuses'
cp "$gw_top/token.good" "$gw_top/token"
vault PUT sys/seal '{}'
no_start "Vault is sealed" 'root.sealed: the server is sealed'
kill $server
wait $server 2>/dev/null
no_start "Vault is away" 'root.sealed: the server of .root: vault-url. is away'
