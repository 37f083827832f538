# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what lib.sh has
# lib_mutant.sh: a gateway with a fault in one of its programs, for a test that
# has to catch it. The fault stands in the test, and nowhere in what ships.

# mutant ROLE FILE SCRIPT: what sed makes of FILE is linked instead of it; from
# now on gw_start takes that program, and the others as they are.
mutant() {
	local top=$gw_top/mutant source flags
	source=$top/$(basename "$2")
	mkdir -p "$top/bin" "$top/libexec/gatehouse"
	cp -L build/release/bin/gatehouse "$top/bin/"
	cp -L build/release/libexec/gatehouse/* "$top/libexec/gatehouse/"
	sed "$3" "$2" >"$source"
	if cmp -s "$2" "$source"; then
		echo "# $2 has no place for the fault: $3"
		return 1
	fi
	eval "flags=($(make -s flags))"
	gcc "${flags[@]}" -fno-lto -pie -Wl,--as-needed \
	    -o "$top/libexec/gatehouse/gatehouse-$1" "$source" \
	    "gateway/$1/$1.c" build/release/libgatehouse.a -lssl -lcrypto \
	    -lsodium -lyaml -lseccomp -lcjson -lz -lzstd -lsqlite3 -lpq \
	    -lpthread || return 1
	chmod -R go+rX "$top"
	stage_bin=$top/bin
}
