# shellcheck shell=bash
# shellcheck disable=SC2154 # what lib.sh has
# lib_codes.sh: what the scenarios of columns that come as codes share, after
# lib.sh and gw_make: files of the bank's people, datasets over them, and
# agreements that deliver codes.
next=$(date -d '+1 year' +%F)
folder=$gw_dir/data/bank/people

# codes_file NAME: raw data, from stdin.
codes_file() {
	mkdir -p "$folder"
	cat >"$folder/$1"
	chmod 755 "$folder"
	chmod 644 "$folder/$1"
}
# codes_dataset ID [KEY: VALUE]: its columns from stdin, a line each.
codes_dataset() {
	{
		cat <<-YAML
		  $1:
		    controller: nordbank
		    about: customers
		    origin: file://$folder/*.csv
		    protect: gdpr-pseudonymous@1
		    ${2-}
		    columns:
		YAML
		sed 's/^/      /'
	} >"$gw_top/dataset"
	sed -i -e "/^datasets:/r $gw_top/dataset" "$gw_dir/policy.yaml"
}
# codes_others: another recipient, and another purpose.
codes_others() {
	sed -i -e '/^parties:/a\  mill: {name: Mill, country: DE, role: processor, contact: x@y.example}' \
	    -e '/^purposes:/a\  scoring: {say: Score, gdpr: contract}' "$gw_dir/policy.yaml"
}
# codes_agreement ID PURPOSE DATASET RECIPIENT COLUMNS [KEY: VALUE]...
codes_agreement() {
	cat >>"$gw_dir/policy.yaml" <<-YAML
	  - id: $1
	    who: bankers
	    recipient: $4
	    contract: C-2
	    dataset: $3
	    purpose: $2
	    places: [frankfurt]
	    columns: {$5}
	    until: $next
	YAML
	[ $# -le 5 ] || printf '    %s\n' "${@:6}" >>"$gw_dir/policy.yaml"
}
