#!/bin/bash
# time limit: 240
# What clients know of S3 works through the gate: aws-cli, boto3 and curl, all
# over TLS. The expected rows are computed here, from the raw ones.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_up

# ---- aws-cli ---------------------------------------------------------------

gw_aws TRAIN01 s3 ls s3://train/ >"$gw_top/ls" 2>&1
is "aws s3 ls: every object" "$(awk '{ print $4 }' "$gw_top/ls" | tr '\n' ' ')" \
    "a.csv b.csv big.csv none.csv odd "
ok "aws s3 cp" gw_aws TRAIN01 s3 cp --quiet s3://train/a.csv "$gw_top/a.csv"
is "aws s3 ls and cp agree on the size" \
    "$(awk '$4 == "a.csv" { print $3 }' "$gw_top/ls")" \
    "$(stat -c %s "$gw_top/a.csv")"
ok "aws s3 cp of a name with odd letters" gw_aws TRAIN01 s3 cp --quiet \
    "s3://train/odd name+%.csv" "$gw_top/odd.csv"
ok "aws s3 cp of a large object, by ranges" gw_aws TRAIN01 s3 cp --quiet \
    s3://train/big.csv "$gw_top/big.csv"
ok "aws s3 sync" gw_aws TRAIN01 s3 sync --quiet s3://train/ "$gw_top/sync"
ok "sync and cp give the same" cmp "$gw_top/sync/big.csv" "$gw_top/big.csv"
gw_aws TRAIN01 s3 ls >"$gw_top/buckets" 2>&1
has "aws s3 ls names the agreements of the caller" "$gw_top/buckets" ' train$'
ok "and no other's" not grep -q fraud "$gw_top/buckets"
ok "aws s3 cp to the gate fails" not gw_aws TRAIN01 s3 cp --quiet \
    "$gw_top/a.csv" s3://train/new.csv
ok "aws s3 rm fails" not gw_aws TRAIN01 s3 rm s3://train/a.csv

# ---- the rows --------------------------------------------------------------

for name in a b big; do
	[ -e "$gw_top/sync/$name.csv" ] || touch "$gw_top/sync/$name.csv"
	ok "$name.csv: the rows that consent, each value in its form" \
	    /usr/bin/python3 tests/harness/expect_patients.py \
	    "$gw_dir/data/hospital/patients/$name.csv" "$gw_top/sync/$name.csv"
done

# ---- boto3 -----------------------------------------------------------------

cat >"$gw_top/boto.py" <<'PY'
import sys
import boto3, botocore.client, botocore.exceptions
url, ca, secret, reference = sys.argv[1:5]
want = open(reference, "rb").read()
s3 = boto3.client("s3", endpoint_url=url, region_name="eu-central-1",
                  aws_access_key_id="TRAIN01", verify=ca,
                  aws_secret_access_key=open(secret).read().strip(),
                  config=botocore.client.Config(
                      retries={"max_attempts": 0},
                      s3={"addressing_style": "path"}))
def point(name, good, note=""):
    print("ok" if good else "not ok", name)
    if not good and note != "":
        print("  ", note)
def code(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], \
            error.response["Error"]["Code"]
    return 200, ""
B = {"Bucket": "train"}
K = {"Bucket": "train", "Key": "big.csv"}
head = s3.head_object(**K)
size, etag = head["ContentLength"], head["ETag"]
point("boto3: HEAD has the length", size == len(want), size)
point("the ETag is strong, and not an MD5",
      etag[0] == '"' and etag.endswith('-1"') and len(etag) == 36, etag)
whole = s3.get_object(**K)
point("GET gives the bytes of aws-cli", whole["Body"].read() == want)
point("GET and HEAD have the same ETag", whole["ETag"] == etag)
point("and the same Last-Modified",
      whole["LastModified"] == head["LastModified"])
for text, part in (("bytes=0-0", want[:1]), ("bytes=100-199", want[100:200]),
                   ("bytes=-7", want[-7:]), (f"bytes={size - 3}-", want[-3:]),
                   (f"bytes=5-{size + 999}", want[5:]),
                   ("bytes=65530-65550", want[65530:65551])):
    got = s3.get_object(Range=text, **K)
    status = got["ResponseMetadata"]["HTTPStatusCode"]
    point(f"Range {text}", status == 206 and got["Body"].read() == part
          and got["ContentRange"].endswith(f"/{size}"))
point("a Range behind the end is 416",
      code(s3.get_object, Range=f"bytes={size}-", **K) == (416, "InvalidRange"))
pieces = b"".join(
    s3.get_object(Range=f"bytes={a}-{min(a + 99999, size - 1)}", IfMatch=etag,
                  **K)["Body"].read() for a in range(0, size, 100000))
point("ranges with If-Match make the whole", pieces == want)
point("If-Match of another is 412",
      code(s3.get_object, IfMatch='"0"', **K)[0] == 412)
point("If-None-Match of the same is 304",
      code(s3.get_object, IfNoneMatch=etag, **K)[0] == 304)
point("If-Modified-Since now is 304",
      code(s3.get_object, IfModifiedSince=head["LastModified"], **K)[0] == 304)
point("If-Unmodified-Since long ago is 412",
      code(s3.get_object, IfUnmodifiedSince="2001-01-01", **K)[0] == 412)
names = ["a.csv", "b.csv", "big.csv", "none.csv", "odd name+%.csv"]
two = s3.list_objects_v2(**B)
point("list v2", [o["Key"] for o in two["Contents"]] == names)
point("list v2 and HEAD agree", all(
    o["Size"] == s3.head_object(Bucket="train", Key=o["Key"])["ContentLength"]
    and o["ETag"] == s3.head_object(Bucket="train", Key=o["Key"])["ETag"]
    for o in two["Contents"]))
one = s3.list_objects(**B)
point("list v1", [o["Key"] for o in one["Contents"]] == names)
pages = s3.get_paginator("list_objects_v2").paginate(
    PaginationConfig={"PageSize": 2}, **B)
point("pages of two", [o["Key"] for p in pages for o in p["Contents"]] == names)
point("a prefix", [o["Key"] for o in s3.list_objects_v2(
    Prefix="b", **B)["Contents"]] == ["b.csv", "big.csv"])
point("a delimiter", s3.list_objects_v2(Delimiter=".", **B).get(
    "CommonPrefixes") == [{"Prefix": n[:-3]} for n in names])
point("start-after", [o["Key"] for o in s3.list_objects_v2(
    StartAfter="big.csv", **B)["Contents"]] == names[3:])
point("a token that was made up is refused", code(
    s3.list_objects_v2, ContinuationToken="bm9uZQ==", **B)[0] == 400)
point("a key that is not there is NoSuchKey",
      code(s3.get_object, Bucket="train", Key="nope.csv")
      == (404, "NoSuchKey"))
point("head_bucket", code(s3.head_bucket, **B)[0] == 200)
point("the region", s3.get_bucket_location(**B)["LocationConstraint"]
      == "eu-central-1")
point("list_buckets", "train" in [b["Name"] for b in
                                  s3.list_buckets()["Buckets"]])
empty = s3.get_object(Bucket="train", Key="none.csv")["Body"].read()
point("a table without rows has its header",
      empty.split() == [b"birth_date,zip,sex,diagnosis"], empty)
for name, call in (("put", s3.put_object), ("delete", s3.delete_object)):
    point(f"{name} is refused", code(call, Bucket="train", Key="x")[0]
          in (403, 405))
point("a sub-resource that we have not is 501",
      code(s3.get_bucket_versioning, **B) == (501, "NotImplemented"))
PY
[ -e "$gw_top/big.csv" ] || touch "$gw_top/big.csv"
tap_from /usr/bin/python3 "$gw_top/boto.py" "$url" "$gw_dir/tls/ca.pem" \
    "$(gw_secret_file TRAIN01)" "$gw_top/big.csv"

# ---- curl ------------------------------------------------------------------

cat >"$gw_top/curl" <<CURL
silent
noproxy = "*"
max-time = 60
cacert = "$gw_dir/tls/ca.pem"
user = "BANK01:$(<"$(gw_secret_file BANK01)")"
aws-sigv4 = "aws:amz:eu-central-1:s3"
header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"
CURL
is "curl from Frankfurt" "$(curl -K "$gw_top/curl" --interface 127.9.0.1 \
    -o "$gw_top/cards.csv" -w '%{http_code}' "$url/fraud/cards.csv")" 200
is "the bank's columns" "$(head -n 1 "$gw_top/cards.csv" | tr -d '\r')" \
    "iban,birth,postcode,amount,merchant,is_fraud"
is "a pseudonym per account" "$(tail -n +2 "$gw_top/cards.csv" |
    cut -d, -f1 | grep -cxE 'p1_[a-z2-7]{26}')" 180
is "as many pseudonyms as accounts" "$(tail -n +2 "$gw_top/cards.csv" |
    cut -d, -f1 | sort -u | wc -l)" 36

# ---- encrypted to the recipient --------------------------------------------

gw GPU01 GET /sealed/a.csv.age --cert "$gw_dir/tls/trainer.pem" \
    --cert-key "$gw_dir/tls/trainer.key"
is "age: served to key and certificate" "$status" 200
ok "age decrypts it" age -d -i "$gw_dir/identity.txt" -o "$gw_top/plain" "$body"
ok "gatehouse open decrypts it" sh -c "$stage_bin/gatehouse open \
    -i $gw_dir/identity.txt $body >$gw_top/opened"
ok "to the same bytes" cmp "$gw_top/plain" "$gw_top/opened"
ok "a shortened one does not open" not sh -c "head -c 300 $body |
    $stage_bin/gatehouse open -i $gw_dir/identity.txt"
gw GPU01 GET /sealed/a.csv --cert "$gw_dir/tls/trainer.pem" \
    --cert-key "$gw_dir/tls/trainer.key"
is "age: without the .age there is no such key" "$status" 404
gw - GET /livez
is "/livez" "$status" 200
gw - GET /readyz
is "/readyz" "$status" 200

# ---- the example that we hand out -------------------------------------------

example() {
	AWS_ACCESS_KEY_ID=TRAIN01 AWS_DEFAULT_REGION=eu-central-1 \
	    AWS_SECRET_ACCESS_KEY=$(<"$(gw_secret_file TRAIN01)") \
	    /usr/bin/python3 deploy/clients/read_with_boto3.py "$url" \
	    "$gw_dir/tls/ca.pem" train >"$gw_top/example"
}
ok "deploy/clients/read_with_boto3.py runs" example
has "and shows rows" "$gw_top/example" "^a.csv .*birth_date"
