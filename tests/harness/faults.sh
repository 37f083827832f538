# shellcheck shell=bash
# faults.sh: the real auditor, of whose system calls one fails: by
# tests/preload/ledger_faults.c, driven by tests/programs/drive_auditor.c.
# Sourced; the caller sets fault_top, a folder of its own.
#
#	fault_at CALL HOW INDEX   runs it; sets fault_hits (0: there were fewer
#	                          such calls), fault_late (receipts after it),
#	                          fault_ended (the auditor's exit status)
#	fault_is_sound            every receipt is a record, the ledger verifies
#	                          and goes on with a good auditor

fault_top=${fault_top:-}
fault_tests=$PWD/build/release/tests
fault_auditor=$PWD/build/release/libexec/gatehouse/gatehouse-auditor
fault_records=60
fault_hits=0 fault_late=0 fault_ended=

# fault_say FILE COMMAND: what is to fail now.
fault_say() {
	printf '%-127s\n%-127s\n' "$2" "0 0" | dd of="$1" conv=notrunc status=none
}

# fault_heard FILE: sets fault_hits and fault_late.
fault_heard() {
	read -r fault_hits fault_late < <(tail -c +129 "$1" | tr -d '\0')
}

fault_at() {
	local file=$fault_top/fault ledger=$fault_top/ledger
	rm -rf "$ledger"
	mkdir "$ledger"
	"$fault_tests/drive_auditor" -j 262144 - "$ledger" "$fault_top/key" 0
	fault_say "$file" "$1 $2 $3 1"
	GATEHOUSE_FAULT_FILE=$file "$fault_tests/drive_auditor" \
	    -p "$fault_tests/ledger_faults.so" "$fault_auditor" "$ledger" \
	    "$fault_top/key" $fault_records >"$fault_top/driven" 2>&1
	fault_heard "$file"
	fault_ended=$(sed -n 's/^ended //p' "$fault_top/driven")
}

fault_is_sound() {
	grep '^receipt' "$fault_top/driven" >"$fault_top/receipts"
	"$fault_tests/drive_auditor" -c "$fault_top/receipts" "$fault_auditor" \
	    "$fault_top/ledger" "$fault_top/key" 20 >"$fault_top/again" &&
	    build/release/bin/gatehouse audit verify "$fault_top/ledger" \
	        --key "@$fault_top/key.vkey" >"$fault_top/verified"
}

# fault_sweep CALL HOW STATUSES [STEP]: each such call in turn, or each STEPth,
# until there are no more. The auditor ends with one of the STATUSES; where 0 is
# none of them, no receipt goes out after the failure. Says how many there were.
fault_sweep() {
	local index wanted=" $3 " step=${4:-1} num=0
	for ((index = 1; ; index += step)); do
		fault_at "$1" "$2" $index
		[ "$fault_hits" != 0 ] || break
		num=$((num + 1))
		if [[ $wanted != *" $fault_ended "* ]]; then
			echo "$1 $index, $2: ended with $fault_ended"
			return 1
		fi
		if [[ $wanted != *" 0 "* && $fault_late != 0 ]]; then
			echo "$1 $index, $2: $fault_late receipts after it"
			return 1
		fi
		if ! fault_is_sound; then
			echo "$1 $index, $2: not sound:"
			cat "$fault_top/again" "$fault_top/verified"
			return 1
		fi
	done
	echo "$1: $num in turn fail with $2"
	[ $num -gt 0 ]
}
