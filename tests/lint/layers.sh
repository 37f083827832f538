#!/bin/bash
# layers.sh [ROOT]: who may include whom (DESIGN.md, 5).
#
# gateway -> policy -> crypto, never back. Inside gateway a file includes its
# own folder or a lower rank; folders of equal rank never meet. File names are
# unique, so that an #include cannot find another file than the reader thinks.
set -u
cd "${1:-.}" || exit 2

find crypto policy gateway -name '*.[ch]' 2>/dev/null | sort |
    xargs -r grep -nE '^[[:space:]]*#[[:space:]]*include' /dev/null |
    awk -F: '
	BEGIN {
		split("base ipc pipe ledger s3 store http record transform " \
		    "origin metric flow", name, " ")
		split("1 2 2 2 2 2 3 3 3 3 3 4", level, " ")
		for (i in name) rank[name[i]] = level[i]
	}
	# A folder as a number: crypto 0, policy 1, gateway 10 and up.
	function height(path, part) {
		split(path, part, "/")
		if (part[1] == "crypto") return 0
		if (part[1] == "policy") return 1
		if (part[1] != "gateway") return 99
		return 10 + (part[2] in rank ? rank[part[2]] : 5)
	}
	function folder(path, part) {
		split(path, part, "/")
		return part[1] == "gateway" ? part[1] "/" part[2] : part[1]
	}
	{
		if ($3 ~ /</) next
		if (!match($3, /"[^"]+"/)) next
		target = substr($3, RSTART + 1, RLENGTH - 2)
		why = ""
		if (target !~ /^(crypto|policy|gateway)\//)
			why = "includes are written from the root"
		else if (folder($1) != folder(target) &&
		    height(target) == height($1))
			why = "folders of equal rank never meet"
		else if (height(target) > height($1))
			why = "a file includes its own folder or a lower rank"
		if (why != "") { print $1 ":" $2 ": " target ": " why; bad = 1 }
	}
	END { exit bad }'
status=$?

twice=$(find crypto policy gateway tests -name '*.[ch]' -not -name main.c \
    2>/dev/null | sed 's|.*/||' | sort | uniq -d)
if [ -n "$twice" ]; then
	echo "file names that are not unique:" $twice
	status=1
fi
exit $status
