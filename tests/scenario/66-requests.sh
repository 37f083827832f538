#!/bin/bash
# A line of the log for each request: it joins what a client was told and what
# the ledger says, by id, number and trace; it holds nothing that is data or a
# secret; nobody can flood it; and a log that nobody reads lets nobody wait.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up
log=$gw_dir/gatehouse.log
trace=4bf92f3577b34da6a3ce929d0e0e4736
parent=00f067aa0ba902b7

# line ID: the line of that request, once it is there.
line() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		grep -a "^request role=worker id=$1 " "$log" && return
		sleep 0.1
	done
	echo "no line of $1"
}

# field NAME: of the line in $gw_top/line.
field() {
	tr ' ' '\n' <"$gw_top/line" | sed -n "s/^$1=//p"
}

told() {
	sed -n "s/^$1: //p" "$head"
}

# ---- one request in three places --------------------------------------------

cat >"$gw_top/traced.py" <<'PY'
import sys
import boto3, botocore.client
url, ca, key, secret, trace = sys.argv[1:6]
s3 = boto3.client(
    "s3", endpoint_url=url, region_name="eu-central-1", verify=ca,
    aws_access_key_id=key, aws_secret_access_key=open(secret).read().strip(),
    config=botocore.client.Config(s3={"addressing_style": "path"}))
# As an instrumented client does it: in time for the signature.
s3.meta.events.register("before-sign.s3", lambda request, **_:
    request.headers.add_header("traceparent", trace))
answer = s3.get_object(Bucket="train", Key="a.csv")
size = len(answer["Body"].read())
headers = answer["ResponseMetadata"]["HTTPHeaders"]
print(answer["ResponseMetadata"]["RequestId"], headers["x-gatehouse-record"],
      size, "traceresponse" in headers)
PY
/usr/bin/python3 "$gw_top/traced.py" "$url" "$gw_dir/tls/ca.pem" TRAIN01 \
    "$(gw_secret_file TRAIN01)" "00-$trace-$parent-01" >"$gw_top/told" 2>&1
read -r id record size response <"$gw_top/told"
line "$id" >"$gw_top/line"
is "boto3: the line of the id that it was told has its trace" \
    "$(field trace)" $trace
is "and the number of the record" "$(field record)" "$record"
is "and how it went" \
    "$(field outcome) $(field op) $(field agreement) $(field status)" \
    "delivered GetObject train 200"
is "and as many bytes as came" "$(field bytes)" "$size"
ok "the first byte went before the end" test "$(field first-us)" -le \
    "$(field us)"
is "no header of a draft answers" "$response" False
gw_records >"$gw_top/records"
sed -n "$((record + 1))p" "$gw_top/records" >"$gw_top/record"
has "the record is the intent" "$gw_top/record" '"kind": "intent"'
has "of that request" "$gw_top/record" "\"request\": \"$id\""
has "and names the trace that was claimed" "$gw_top/record" \
    "\"trace\": \"$trace\""
is "the completion is found by the id" "$(grep -c \
    "\"kind\": \"complete\".*\"request\": \"$id\"" "$gw_top/records")" 1
build/release/bin/gatehouse audit show "$gw_dir/state/ledger" "$record" \
    >"$gw_top/shown"
has "and people are shown it" "$gw_top/shown" "^ *trace +$trace\$"

gw TRAIN01 GET /train/none-such.csv --header "traceparent: 00-$trace-$parent-00"
gw_record >"$gw_top/record"
line "$(told x-amz-request-id)" >"$gw_top/line"
is "what is denied has a line" "$(field outcome) $(field status) $(field code)" \
    "refused 404 NoSuchKey"
has "and a record of that trace" "$gw_top/record" "\"trace\": \"$trace\""
gw TRAIN01 GET /train/a.csv --header "traceparent: 00-$trace-$parent-00" \
    --header "Range: bytes=0-3"
line "$(told x-amz-request-id)" >"$gw_top/line"
is "a part is a range" "$(field status) $(field bytes) $(field ranges)" \
    "206 4 1"

# curl: nobody, who claims a trace; one that is not valid; two of them.
nobody() {
	curl -s --noproxy '*' -m 30 --cacert "$gw_dir/tls/ca.pem" -o /dev/null \
	    -D "$gw_top/raw" "$@" "$url/train/CNRYM1?versionId=CNRYM2"
	sed -E 's/\r$//; s/^[^:]*:/\L&/' "$gw_top/raw" >"$head"
	line "$(told x-amz-request-id)" >"$gw_top/line"
}
nobody -H "traceparent: 00-$trace-$parent-01"
is "curl: a line of nobody names no agreement and no record" \
    "$(field status) $(field trace) $(field agreement)$(field record)" \
    "403 $trace "
nobody -H "traceparent: 00-${trace^^}-$parent-01"
is "a trace that is not valid is none" "$(field status) $(field trace)" "403 "
nobody -H "traceparent: 00-$trace-$parent-01" -H "traceparent: 00-$trace-$parent-01"
is "nor are two" "$(field status) $(field trace)" "403 "

# ---- what is not in there, and not too much of it -----------------------------

bad=400
cat >"$gw_top/bad.py" <<'PY'
import sys, framing
server = framing.Server(int(sys.argv[1]), sys.argv[2])
for i in range(int(sys.argv[3])):
    text = [b"GET /train/CNRYM%d HTTP/3.0\r\nHost: a\r\n\r\n",
            b"GET /train/CNRYM%d HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"x-amz-poison: CNRYM3\r\nAuthorization: CNRYM4\r\n"
            b"Connection: close\r\n\r\n"][i % 2] % i
    if not server.talk(text).startswith(b"HTTP/1.1 "):
        sys.exit("no answer")
PY
summed() {
	sed -n 's/.*"count": \([0-9]*\),.*"kind": "refused-summary".*/\1/p' |
	    awk '{ sum += $1 } END { print sum + 0 }'
}
since=$SECONDS
ok "$bad heads that no keeper hears of" env PYTHONPATH=tests/harness \
    /usr/bin/python3 "$gw_top/bad.py" "$stage_port" "$gw_dir/tls/ca.pem" $bad
lasted=$((SECONDS - since))
gw TRAIN01 GET /train/b.csv
line "$(told x-amz-request-id)" >"$gw_top/line"
is "beside them a good one has its line" "$(field status)" 200
# Ten a second, of each of two workers; the rest is counted by the tick.
for ((tries = 0; tries < 100; tries++)); do
	lines=$(grep -acE '^request .* status=(505|400) ' "$log")
	left_out=$(sed -n 's/^requests-left-out role=worker count=//p' "$log" |
	    awk '{ sum += $1 } END { print sum + 0 }')
	[ $((lines + left_out)) -lt $bad ] || break
	sleep 0.1
done
echo "# $bad bad requests in $lasted seconds: $lines lines, $left_out left out"
is "each has a line or is counted as left out" $((lines + left_out)) $bad
ok "and the lines are few" test $lines -le $((20 * (lasted + 2)))
grep -a '^request' "$log" >"$gw_top/lines"
ok "no line has a key, a name, an address, a header or a query" \
    not grep -aE 'CNRY|csv|TRAIN01|spiffe|127\.0|Host|prefix|AWS4|[0-9a-f]{64}' \
    "$gw_top/lines"
ok "each is words and fields" not grep -avE \
    '^requests?(-left-out)? role=worker( [a-z-]+=[A-Za-z0-9.-]+)+$' \
    "$gw_top/lines"
stage_stop
gw_records >"$gw_top/records"
# And the three of curl's.
is "the ledger counts them in few records" "$(summed <"$gw_top/records")" \
    $((bad + 3))
ok "(one a minute)" test "$(grep -c refused-summary "$gw_top/records")" -le \
    $((lasted / 60 + 3))

# ---- off ------------------------------------------------------------------------

echo 'log: {requests: off}' >>"$gw_dir/gatehouse.yaml"
gw_start
: >"$log"
gw TRAIN01 GET /train/a.csv
is "with requests: off a request is served" "$status" 200
stage_stop
ok "and has no line" not grep -aE '^request' "$log"
sed -i 's/^log: .*/log: {requests: maybe}/' "$gw_dir/gatehouse.yaml"
"$stage_bin/gatehouse" run --config "$gw_dir/gatehouse.yaml" \
    >"$gw_top/said" 2>&1
is "it is on or off" $? 2

# ---- a log that nobody reads ------------------------------------------------------

# One worker: each tells of the lines that it lost itself.
sed -i '/^log: /d; s/^workers: .*/workers: 1/' "$gw_dir/gatehouse.yaml"
rm "$log"
mkfifo "$log"
exec {reader}<>"$log"
gw_start
served=0
for ((i = 0; i < 12; i++)); do
	gw TRAIN01 GET /train/a.csv
	[ "$status" != 200 ] || served=$((served + 1))
done
# More lines than the pipe has room for.
slow_request() {
	PYTHONPATH=tests/harness /usr/bin/python3 - "$url" \
	    "$gw_dir/tls/ca.pem" TRAIN01 "$(gw_secret_file TRAIN01)" \
	    /train/a.csv 600 <<-'PY'
	import sys, s3client
	url, ca, key, secret, path, num = sys.argv[1:]
	client = s3client.Client(url, ca, key, open(secret).read().strip(),
	                         keep=True)
	for _ in range(int(num)):
	    if client.fetch("GET", path)[0] != 200:
	        sys.exit("not served")
	PY
}
ok "six hundred requests into a log that nobody reads" slow_request
is "and a dozen more" $served 12
timeout 5 cat <&$reader >"$gw_top/read"
ok "the pipe was full" test "$(wc -c <"$gw_top/read")" -ge 60000
gw TRAIN01 GET /train/a.csv
gw TRAIN01 GET /train/a.csv
timeout 2 cat <&$reader >"$gw_top/read"
has "a line after it tells how many were lost" "$gw_top/read" \
    ' log-lost=[1-9][0-9]*$'
stage_stop
exec {reader}>&-
rm "$log"
