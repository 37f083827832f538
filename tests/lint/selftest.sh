#!/bin/bash
# Does each lint see what it is there for? Every row plants one violation in a
# small tree of its own; the lint must pass without it and fail with it.
set -u
cd "$(dirname "$0")/../.." || exit 2
here=$PWD/tests/lint
top=$(mktemp -d)
tree=$top/tree
trap 'rm -rf "$top"' EXIT
status=0

clean() {
	rm -rf "$tree"
	mkdir -p "$tree"/{crypto/memory,policy,gateway/{base,ipc,s3,http,worker}} \
	    "$tree/tests/lint" "$top/bin" "$top/obj/crypto"
	cp .clang-format "$tree/"
	cp tests/lint/banned.h "$tree/tests/lint/"
	cat >"$tree/crypto/memory/small.h" <<-'C'
	#ifndef GATEHOUSE_SMALL_H
	#define GATEHOUSE_SMALL_H
	int small_one(void);
	#endif
	C
	cat >"$tree/crypto/memory/small.c" <<-'C'
	#include "crypto/memory/small.h"

	int
	small_one(void)
	{
	return 1;
	}
	C
	sed -i 's/^return/\t&/' "$tree/crypto/memory/small.c"
	printf '#!/bin/bash\necho "$1"\n' >"$tree/tests/good.sh"
	printf 'print(1)\n' >"$tree/tests/good.py"
	printf 'int f(void)\n{\n\treturn memcmp(a, b, 4);\n}\n' |
	    sed 's/^int /int\n/' >"$tree/crypto/memory/counted.c"
	echo "crypto/memory/counted.c 1 names" >"$tree/tests/lint/memcmp.txt"
}

# plant LINT FILE: standard input is appended to FILE of a clean tree.
plant() {
	clean
	if ! "$here/$1.sh" "$tree" >"$top/out" 2>&1; then
		echo "$1 complains about a clean tree:"
		cat "$top/out"
		status=1
	fi
	mkdir -p "$(dirname "$tree/$2")"
	cat >>"$tree/$2"
	if "$here/$1.sh" "$tree" >"$top/out" 2>&1; then
		echo "$1 does not see: $3"
		status=1
	fi
}

plant layers crypto/memory/small.c 'crypto includes gateway' <<'X'
#include "gateway/base/a.h"
X
plant layers policy/a.c 'policy includes gateway' <<'X'
#include "gateway/base/a.h"
X
plant layers gateway/ipc/a.c 'equal ranks meet' <<'X'
#include "gateway/s3/a.h"
X
plant layers gateway/base/a.c 'a lower rank includes a higher' <<'X'
#  include "gateway/http/a.h"
X
plant layers gateway/worker/a.c 'roles meet' <<'X'
#include "gateway/keeper/a.h"
X
plant layers gateway/base/a.c 'not from the root' <<'X'
#include "a.h"
X
plant layers gateway/base/small.c 'a file name twice' <<'X'
X
plant format policy/a.c 'a badly formatted line' <<'X'
int  f( void );
X
plant shape policy/a.c 'a function of 90 lines' < <(
	echo 'int f(void)'; echo '{'; yes '	;' | head -n 88; echo '}')
plant shape policy/a.c 'a file of 700 lines' < <(yes '' | head -n 700)
plant shape policy/a.c 'unfinished work' < <(echo "/* TO""DO */")
plant shape policy/a.c 'a place of one machine' < <(echo "/* /wo""rk/ */")
plant shape notes.txt 'a stranger at the top' <<'X'
X
plant memcmp policy/a.c 'a memcmp that was not counted' <<'X'
	return memcmp(a, b, 4);
X
plant memcmp policy/a.h 'a macro of memcmp that was not counted' <<'X'
#define same memcmp
X
plant memcmp crypto/memory/counted.c 'one memcmp more than was counted' <<'X'
	return memcmp(a, b, 4);
X
plant memcmp tests/lint/memcmp.txt 'a listed memcmp that is not there' <<'X'
policy/a.c 1 names
X
clean
sed -i 's/ names$//' "$tree/tests/lint/memcmp.txt"
if "$here/memcmp.sh" "$tree" >"$top/out" 2>&1; then
	echo "memcmp does not see: a count without its reason"
	status=1
fi
plant headers policy/a.h 'a header that does not compile alone' <<'X'
#ifndef GATEHOUSE_A_H
#define GATEHOUSE_A_H
size_t f(void);
#endif
X
plant headers policy/a.h 'a header without its guard' <<'X'
int f(void);
X
plant scripts tests/bad.sh 'a script that does not parse' <<'X'
#!/bin/bash
if true; then
X
plant scripts tests/bad.sh 'a script that shellcheck refuses' <<'X'
#!/bin/bash
rm -rf "$1"/* [ x ]; cd "$1"; local a=$b
X
plant scripts tests/bad.py 'python that does not parse' <<'X'
def f(:
X

# Programs: a worker that links a parser of policies, an object that exports
# another module's name.
clean
for role in supervisor loader keeper auditor opener worker mill policyc \
    console codebook rootfile rootpkcs11 rootvault verifier; do
	echo 'int main(void) { return 0; }' |
	    gcc -x c -o "$top/bin/gatehouse-$role" -
done
if ! "$here/roles.sh" "$top/bin"; then
	echo "roles complains about empty programs"
	status=1
fi
while read -r role name; do
	printf 'void %s(void);\nvoid %s(void) { }\nint main(void) { %s(); }\n' \
	    "$name" "$name" "$name" | gcc -x c -o "$top/bin/gatehouse-$role" -
	if "$here/roles.sh" "$top/bin" >"$top/out" ||
	    [ "$(grep -c "gatehouse-$role links" "$top/out")" -lt 1 ]; then
		echo "roles does not see $name in the $role"
		status=1
	fi
done <<'X'
worker keyring_open
worker yaml_parser_parse
worker policy_load
keeper http_head_parse
keeper csv_decode
mill SSL_read
mill socket
auditor age_stream_new
console sigv4_verify
console connect
codebook token_open
codebook connect
rootfile socket
rootpkcs11 execve
rootvault bind
verifier publish_init
verifier connect
X
rm "$top/bin/gatehouse-mill"
if "$here/roles.sh" "$top/bin" >"$top/out"; then
	echo "roles does not miss a program"
	status=1
fi
echo 'int other_name(void) { return 1; }' |
    gcc -x c -c -o "$top/obj/crypto/small.o" -
if "$here/names.sh" "$top/obj" >"$top/out"; then
	echo "names does not see a foreign name"
	status=1
fi
echo 'int small_name(void) { return 1; }' |
    gcc -x c -c -o "$top/obj/crypto/small.o" -
if ! "$here/names.sh" "$top/obj"; then
	echo "names complains about a good name"
	status=1
fi

# A jail with one call more than agreed, one call less, and a jail for a role
# that nobody agreed on.
real=$PWD/build/release/tests/print_syscalls
make --no-print-directory -s "${real#"$PWD"/}" >/dev/null || status=1
for edit in '$a worker ptrace' '/^mill write$/d' '$a helper read'; do
	printf '#!/bin/sh\n%s | sed "%s"\n' "$real" "${edit//\$/\\$}" \
	    >"$top/bin/syscalls"
	chmod 700 "$top/bin/syscalls"
	if "$here/syscalls.sh" "$top/bin/syscalls" >"$top/out"; then
		echo "syscalls does not see: $edit"
		status=1
	fi
done
exit $status
