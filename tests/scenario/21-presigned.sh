#!/bin/bash
# A URL that carries its signature; what a request may ask of the answer; and
# a bucket as a host name. aws-cli, boto3 and curl against the real gateway.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make
stage_certificate server "DNS:localhost,IP:127.0.0.1,DNS:*.gate.example"
sed -i 's/^hosts: .*/hosts: [localhost, gate.example]/' "$gw_dir/gatehouse.yaml"
gw_start

# fetch URL [curl options]: sets status; the answer is in $body and $head.
fetch() {
	local target=$1
	shift
	rm -f "$body" "$head"
	status=$(curl -s --noproxy '*' -m 60 --cacert "$gw_dir/tls/ca.pem" \
	    -o "$body" -D "$gw_top/raw" -w '%{http_code}' "$@" "$target")
	touch "$body" "$gw_top/raw"
	sed -E 's/\r$//; s/^[^:]*:/\L&/' "$gw_top/raw" >"$head"
}

# All URLs at once, in a file: $gw_top/urls/NAME. A row has name, key,
# operation, bucket, object, seconds, age of the signature, more parameters.
cat >"$gw_top/presign.py" <<'PY'
import datetime, os, sys
import botocore.compat
botocore.compat.HAS_CRT = False  # botocore's own signer, whose clock we have
import boto3, botocore.auth, botocore.awsrequest, botocore.config
url, secrets, out = sys.argv[1:4]
age = 0
class Then(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return datetime.datetime.utcnow() - datetime.timedelta(seconds=age)
class Module:
    datetime = Then
botocore.auth.datetime = Module
clients = {}
def client(key, token):
    folder = os.path.join(secrets, "keys/s3")
    if not os.path.exists(os.path.join(folder, key)):
        folder = os.path.join(secrets, "../foreign")
    with open(os.path.join(folder, key)) as file:
        secret = file.read().strip()
    return boto3.client(
        "s3", endpoint_url=url, region_name="eu-central-1",
        aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token,
        config=botocore.config.Config(signature_version="s3v4",
                                      s3={"addressing_style": "path"}))
for line in sys.stdin:
    name, key, operation, bucket, object_, seconds, age, *more = \
        line.rstrip("\n").split("|")
    age = int(age)
    extra = dict(item.split("=", 1) for item in more)
    who = key, extra.pop("token", None)
    if who not in clients:
        clients[who] = client(*who)
    with open(os.path.join(out, name), "w") as file:
        if operation == "hoisted":  # signers that move headers to the query
            request = botocore.awsrequest.AWSRequest(
                "GET", f"{url}/{bucket}/{object_}?" + "&".join(more))
            botocore.auth.S3SigV4QueryAuth(
                clients[who]._request_signer._credentials, "s3",
                "eu-central-1", expires=int(seconds)).add_auth(request)
            file.write(request.url)
            continue
        file.write(clients[who].generate_presigned_url(
            operation, Params={"Bucket": bucket, "Key": object_, **extra},
            ExpiresIn=int(seconds)))
PY
mkdir "$gw_top/urls"
ok "boto3 signs URLs" /usr/bin/python3 "$gw_top/presign.py" "$url" "$gw_dir" \
    "$gw_top/urls" <<'ROWS'
good|TRAIN01|get_object|train|a.csv|600|0
odd|TRAIN01|get_object|train|odd name+%.csv|604800|0
hoisted|TRAIN01|hoisted|train|a.csv|600|0|x-id=GetObject|x-amz-checksum-mode=ENABLED|X-Amz-Content-Sha256=UNSIGNED-PAYLOAD
head|TRAIN01|head_object|train|a.csv|600|0
sealed|GPU01|get_object|sealed|a.csv.age|600|0
old|TRAIN01|get_object|train|a.csv|60|61
early|TRAIN01|get_object|train|a.csv|60|-86400
long|TRAIN01|get_object|train|a.csv|604801|0
none|TRAIN01|get_object|train|a.csv|0|0
token|TRAIN01|get_object|train|a.csv|600|0|token=abc
unknown|STRANGER1|get_object|train|a.csv|600|0
ended|TRAIN01|get_object|pilot|a.csv|604800|0
headers|TRAIN01|get_object|train|a.csv|600|0|ResponseContentDisposition=attachment; filename="x y.csv"|ResponseContentType=text/csv; charset=utf-8|ResponseExpires=0|ResponseCacheControl=no-store|ResponseContentLanguage=de|ResponseContentEncoding=identity
ROWS
presigned() {
	cat "$gw_top/urls/$1"
}

# ---- a URL that is good -----------------------------------------------------

gw TRAIN01 GET /train/a.csv
cp "$body" "$gw_top/a.csv"
signed=$(gw_aws TRAIN01 s3 presign s3://train/a.csv --expires-in 60)
fetch "$signed"
is "aws s3 presign, curl: served" "$status" 200
ok "the same bytes as with a header" cmp "$gw_top/a.csv" "$body"
gw_record >"$gw_top/record"
has "the ledger says how it was proved" "$gw_top/record" \
    '"proof": "presigned"'
has "and whose key it was" "$gw_top/record" '"access-key": "TRAIN01"'
fetch "$signed" -H 'Range: bytes=10-19'
is "a range of it" "$status $(<"$body")" "206 $(tail -c +11 "$gw_top/a.csv" |
    head -c 10)"
signed=$(presigned odd)
fetch "$signed"
is "boto3: a name with odd letters, for a week" "$status" 200
fetch "$(presigned hoisted)"
is "with headers moved to the query" "$status" 200
has "which are heard" "$head" '^x-amz-checksum-sha256: '
fetch "$(presigned head)" -I
is "boto3: HEAD" "$status" 200
fetch "$(presigned sealed)" \
    --cert "$gw_dir/tls/trainer.pem" --key "$gw_dir/tls/trainer.key"
is "with the certificate that the agreement wants" "$status" 200
gw_record >"$gw_top/record"
has "the ledger says both" "$gw_top/record" \
    '"proof": "presigned\+certificate"'

# ---- and those that are not -------------------------------------------------

# refused NAME STATUS CODE URL [curl options]
refused() {
	local name=$1 expected=$2 code=$3
	shift 3
	fetch "$@"
	is "$name" "$status $(grep -o '<Code>[A-Za-z]*' "$body")" \
	    "$expected <Code>$code"
}

good=$(presigned good)
old=$(presigned old)
refused "a minute too late" 403 AccessDenied "$old"
has "and it says so" "$body" '<Message>Request has expired<'
refused "made longer afterwards" 403 SignatureDoesNotMatch \
    "${old/Expires=60/Expires=600}"
refused "for longer than a week" 400 AuthorizationQueryParametersError \
    "$(presigned long)"
refused "for no time" 400 AuthorizationQueryParametersError \
    "$(presigned none)"
refused "from tomorrow" 403 RequestTimeTooSkewed \
    "$(presigned early)"
refused "another object" 403 SignatureDoesNotMatch "${good/a.csv/b.csv}"
refused "another method" 403 AccessDenied "$good" -X DELETE -H 'x-amz-b: 1'
refused "a signature for GET is none for PUT" 403 SignatureDoesNotMatch \
    "$good" -X PUT
refused "another bit" 403 SignatureDoesNotMatch \
    "${good/Signature=?/Signature=}$(printf %x $((0x${good: -1} ^ 1)))"
refused "a parameter more" 403 SignatureDoesNotMatch "$good&partNumber=1"
refused "a parameter of the signature twice" 400 InvalidURI \
    "$good&X-Amz-Expires=60"
refused "two signatures in the query" 400 AuthorizationQueryParametersError \
    "$good&X-Amz-Signature=${good: -64}"
refused "one in the query, one in the header" 400 InvalidArgument "$good" \
    -H 'Authorization: AWS4-HMAC-SHA256 Credential=a'
refused "a header of Amazon's that is not signed" 403 AccessDenied "$good" \
    -H 'x-amz-checksum-mode: ENABLED'
refused "a session token" 400 InvalidToken \
    "$(presigned token)"
gw TRAIN01 GET /train/a.csv --header 'x-amz-security-token: abc'
is "a session token in a header" "$status $(grep -o '<Code>[A-Za-z]*' "$body")" \
    "400 <Code>InvalidToken"
refused "a key that nobody has" 403 InvalidAccessKeyId \
    "$(presigned unknown)"
refused "an agreement that has ended" 403 AccessDenied \
    "$(presigned ended)"
refused "from another place" 403 AccessDenied "$good" --interface 127.9.0.1
refused "without the certificate" 403 AccessDenied \
    "$(presigned sealed)"
fetch "$good"
is "and after all that it is still good" "$status" 200

# ---- the headers of an answer -----------------------------------------------

fetch "$(presigned headers)"
is "response- parameters are taken" "$status" 200
for line in 'content-disposition: attachment; filename="x y.csv"' \
    'content-type: text/csv; charset=utf-8' 'cache-control: no-store' \
    'content-language: de' 'content-encoding: identity' 'expires: '; do
	has "${line%%:*}" "$head" "^$line"
done
is "once each" "$(grep -ci '^content-type:' "$head")" 1
gw TRAIN01 GET '/train/a.csv?response-content-type=a%0d%0ax-evil:%201'
is "a second header does not fit in" "$status" 400
ok "and is not there" not grep -qi x-evil: "$head"
gw - GET '/train/a.csv?response-content-type=text%2fhtml'
is "nobody chooses headers without a signature" "$status" 400

gw TRAIN01 GET /train/a.csv --header 'x-amz-checksum-mode: ENABLED'
is "a checksum of the whole, for who wants one" \
    "$(sed -n 's/^x-amz-checksum-sha256: //p' "$head")" \
    "$(openssl dgst -sha256 -binary "$body" | base64)"
has "and it says of what" "$head" '^x-amz-checksum-type: FULL_OBJECT'
gw TRAIN01 GET /train/a.csv --header 'x-amz-checksum-mode: ENABLED' \
    --header 'Range: bytes=0-'
is "none of a part, be it the whole" "$status $(grep -c checksum "$head")" \
    "206 0"
gw GPU01 GET /sealed/a.csv.age --header 'x-amz-checksum-mode: ENABLED' \
    --cert "$gw_dir/tls/trainer.pem" --cert-key "$gw_dir/tls/trainer.key"
is "none of a sealed object" "$status $(grep -c checksum "$head")" "200 0"

# HEAD is GET without the body, in every header but those of the moment.
same_heads() {
	local path=$1 moment
	moment='^(date|x-amz-request-id|x-amz-id-2|x-gatehouse-record):'
	shift
	gw TRAIN01 GET "$path" "$@"
	grep -vE "$moment" "$head" \
	    >"$gw_top/get"
	gw TRAIN01 HEAD "$path" "$@"
	grep -vE "$moment" "$head" |
	    diff "$gw_top/get" - && [ -s "$gw_top/get" ] && [ ! -s "$body" ]
}
gw TRAIN01 GET /train/a.csv
etag=$(sed -n 's/^etag: //p' "$head")
ok "HEAD is GET: whole" same_heads /train/a.csv
ok "HEAD is GET: checksum" same_heads /train/a.csv \
    --header 'x-amz-checksum-mode: ENABLED'
ok "HEAD is GET: range" same_heads /train/a.csv --header 'Range: bytes=5-9'
ok "HEAD is GET: first part" same_heads '/train/a.csv?partNumber=1'
ok "HEAD is GET: other headers" same_heads \
    '/train/a.csv?response-cache-control=no-cache'
ok "HEAD is GET: 304" same_heads /train/a.csv \
    --header "If-None-Match: $etag"
gw TRAIN01 GET '/train/a.csv?partNumber=1'
size=$(stat -c %s "$body")
is "partNumber=1: the whole as a part" \
    "$status $(sed -n 's/^content-range: //p' "$head")" \
    "206 bytes 0-$((size - 1))/$size"
has "of one" "$head" '^x-amz-mp-parts-count: 1'

# ---- boto3: attributes, and a bucket as a host name -------------------------

cat >"$gw_top/boto.py" <<'PY'
import base64, hashlib, socket, sys
import boto3, botocore.client, botocore.exceptions
port, ca, secret, reference = sys.argv[1:5]
want = open(reference, "rb").read()
seen = []
real = socket.getaddrinfo
def lookup(host, *rest, **more):
    seen.append(host)
    return real("127.0.0.1", *rest, **more)
socket.getaddrinfo = lookup
def client(host, style):
    return boto3.client(
        "s3", endpoint_url=f"https://{host}:{port}", verify=ca,
        region_name="eu-central-1", aws_access_key_id="TRAIN01",
        aws_secret_access_key=open(secret).read().strip(),
        config=botocore.client.Config(retries={"max_attempts": 0},
                                      signature_version="s3v4",
                                      s3={"addressing_style": style}))
def point(name, good, note=""):
    print("ok" if good else "not ok", name)
    if not good and note != "":
        print(note)
s3 = client("localhost", "path")
A = {"Bucket": "train", "Key": "a.csv"}
told = s3.get_object_attributes(ObjectAttributes=[
    "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"], **A)
head = s3.head_object(**A)
point("boto3: attributes agree with HEAD",
      told["ETag"] == head["ETag"].strip('"')
      and told["ObjectSize"] == head["ContentLength"] == len(want)
      and told["LastModified"] == head["LastModified"], told)
point("they have the checksum", told["Checksum"]["ChecksumSHA256"] ==
      base64.b64encode(hashlib.sha256(want).digest()).decode(), told)
point("and the storage class", told["StorageClass"] == "STANDARD")
told = s3.get_object_attributes(ObjectAttributes=["ObjectSize"], **A)
point("what was not asked for is not told",
      told["ObjectSize"] == len(want) and "ETag" not in told
      and "Checksum" not in told, told)
virtual = client("gate.example", "virtual")
del seen[:]
point("virtual host: GET", virtual.get_object(**A)["Body"].read() == want)
point("its host was the bucket's", seen == ["train.gate.example"], seen)
point("virtual host: list", [o["Key"] for o in virtual.list_objects_v2(
    Bucket="train", Prefix="a")["Contents"]] == ["a.csv"])
point("virtual host: HEAD", virtual.head_bucket(
    Bucket="train")["ResponseMetadata"]["HTTPStatusCode"] == 200)
def code(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    return 0
point("virtual host: another's bucket is 403", code(
    virtual.get_object, Bucket="fraud", Key="cards.csv") == 403)
PY
tap_from /usr/bin/python3 "$gw_top/boto.py" "$stage_port" \
    "$gw_dir/tls/ca.pem" "$(gw_secret_file TRAIN01)" "$gw_top/a.csv"

# curl signs Host with its port, as it is sent.
cat >"$gw_top/curl" <<CURL
user = "TRAIN01:$(<"$(gw_secret_file TRAIN01)")"
aws-sigv4 = "aws:amz:eu-central-1:s3"
header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"
CURL
there=train.gate.example:$stage_port
fetch "https://$there/a.csv" -K "$gw_top/curl" --resolve "$there:127.0.0.1"
is "curl, virtual host: served" "$status" 200
ok "the same bytes" cmp "$gw_top/a.csv" "$body"
gw_record >"$gw_top/record"
has "the ledger has bucket and object apart" "$gw_top/record" \
    '"agreement": "train".*"object": "a.csv"'
fetch "https://$there/a.csv" -K "$gw_top/curl" --resolve "$there:127.0.0.1" \
    -H "Host: fraud.gate.example:$stage_port"
is "another Host than was signed for" "$status" 403
fetch "https://localhost:$stage_port/train/a.csv" -K "$gw_top/curl" \
    -H "Host: train.evil.example"
is "a host that is none of ours is no bucket" "$status" 200
