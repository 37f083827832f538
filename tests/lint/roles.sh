#!/bin/bash
# roles.sh [FOLDER]: what each role program must not link (DESIGN.md, 2).
#
# A jail says what a role may do; this says what it could do if the jail had a
# hole. FOLDER holds the role programs, build/release/apart if not given: as
# linked without optimization of the whole, where no function is inlined away.
# A name is a prefix of symbols, defined or undefined.
set -u
folder=${1:-build/release/apart}

table='
supervisor  csv_ jsonl_ keyring_ age_stream_ age_header_ hmac_key_ pseudonym_ llhttp_ yaml_ config_read image_decode connect bind SSL_ inflate deflate ZSTD_ curl_ root_ crypto_pwhash secret_fd_
loader      csv_ jsonl_ keyring_ age_stream_ age_header_ hmac_key_ pseudonym_ llhttp_ SSL_ inflate deflate ZSTD_ curl_ root_open root_key root_seal crypto_pwhash secret_fd_get secret_fd_put
keeper      http_ llhttp_ yaml_ csv_ transform_ connect execve fexecve execveat inflate deflate ZSTD_ curl_ root_open root_key root_run crypto_pwhash
auditor     http_ llhttp_ yaml_ csv_ SSL_ age_stream_ age_header_ hmac_key_ pseudonym_ aead_ keyring_ connect inflate deflate ZSTD_ curl_ root_ crypto_pwhash secret_fd_
opener      http_ llhttp_ yaml_ csv_ SSL_ age_stream_ age_header_ hmac_key_ pseudonym_ keyring_ connect inflate deflate ZSTD_ curl_ root_ crypto_pwhash secret_fd_
worker      keyring_ yaml_ policy_load csv_ transform_ openat connect execve inflate deflate ZSTD_ curl_ root_ crypto_pwhash secret_fd_
mill        http_ llhttp_ SSL_ sigv4_ keyring_ note_ yaml_ socket connect execve curl_ root_ crypto_pwhash secret_fd_
console     keyring_ yaml_ csv_ jsonl_ transform_ sigv4_ SSL_ age_ hmac_key_ pseudonym_ aead_ note_ merkle_ open openat socket connect bind fork execve fexecve execveat inflate deflate ZSTD_ curl_ root_ crypto_pwhash secret_fd_
policyc     http_ llhttp_ SSL_ csv_ keyring_ age_stream_ age_header_ hmac_key_ pseudonym_ socket connect execve inflate deflate ZSTD_ curl_ root_
verifier    http_ llhttp_ yaml_ csv_ jsonl_ transform_ config_ SSL_ age_ aead_ hmac_key_ pseudonym_ keyring_ ledger_open ledger_append publish_ open socket connect bind listen fork execve fexecve execveat inflate deflate ZSTD_ curl_ root_ crypto_pwhash secret_fd_
rootpkcs11  http_ llhttp_ yaml_ SSL_ csv_ jsonl_ transform_ config_ keyring_ age_ note_ socket connect bind fork execve fexecve execveat inflate deflate ZSTD_ curl_
rootfile    http_ llhttp_ yaml_ SSL_ csv_ jsonl_ transform_ config_ keyring_ age_ note_ socket connect bind open openat dlopen fork execve fexecve execveat inflate deflate ZSTD_ curl_
rootvault   http_ llhttp_ yaml_ SSL_ csv_ jsonl_ transform_ config_ keyring_ age_ note_ bind listen accept4 open openat dlopen fork execve fexecve execveat inflate deflate ZSTD_
codebook    http_ llhttp_ yaml_ csv_ jsonl_ transform_ SSL_ age_ token_ hmac_key_ pseudonym_ keyring_ derive_ note_ connect execve inflate deflate ZSTD_ curl_ root_ crypto_pwhash secret_fd_
'

status=0
while read -r role names; do
	[ -n "$role" ] || continue
	# The codebook's tables are one role's.
	[ "$role" = codebook ] || names+=" sqlite3_ PQconnectdbParams"
	program=$folder/gatehouse-$role
	if [ ! -f "$program" ]; then
		echo "$program is not there; build it first"
		status=1
		continue
	fi
	symbols=$(nm -P "$program" | cut -d ' ' -f 1 | cut -d @ -f 1)
	for name in $names; do
		case $name in
		*_) pattern="^$name" ;;
		*) pattern="^$name\$" ;;
		esac
		if found=$(grep -m 3 -- "$pattern" <<<"$symbols"); then
			echo "gatehouse-$role links" $found
			status=1
		fi
	done
done <<<"$table"
exit $status
