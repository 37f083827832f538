#!/bin/bash
# What public conformance suites ask of an S3 that is read: listings of each
# kind against a model, page by page; buckets, versions, errors and their ids.
# shellcheck source=tests/scenario/lib.sh
. "$(dirname "$0")/lib.sh" || exit 1
gw_make
sed -i 's|hospital/patients/\*.csv|hospital/patients/*/*.csv|' \
    "$gw_dir/policy.yaml"
folder=$gw_dir/data/hospital/patients
(
umask 022
rm "$folder"/*.csv
mkdir "$folder"/{bar,baz,'b az',foo,quux,ünder}
for name in bar/a bar/b+c baz/a 'b az/x y' foo/0 foo/00 foo/1 quux/a.b \
    quux/a-b quux/q ünder/日本; do
	{
		echo mrn,name,birth_date,zip,sex,diagnosis,phone,note,research
		echo "CNRYM1,CNRYN1,1950-01-01,60601,F,I10,CNRYP1,CNRYT,yes"
	} >"$folder/$name.csv"
done
)
gw_start

cat >"$gw_top/suite.py" <<'PY'
import itertools, sys
import boto3, botocore, botocore.client, botocore.exceptions
url, ca, secret = sys.argv[1:4]
def client(key="TRAIN01", word=None, **more):
    return boto3.client("s3", endpoint_url=url, region_name="eu-central-1",
                        aws_access_key_id=key, verify=ca,
                        aws_secret_access_key=word or
                        open(secret).read().strip(),
                        config=botocore.client.Config(
                            retries={"max_attempts": 0},
                            s3={"addressing_style": "path"}, **more))
s3 = client()
B = {"Bucket": "train"}
def point(name, good, note=""):
    print("ok" if good else "not ok", name)
    if not good and note != "":
        print(note)
def refusal(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        r = error.response
        return (r["ResponseMetadata"]["HTTPStatusCode"], r["Error"]["Code"])
    return "no refusal"

KEYS = sorted((d + "/" + n + ".csv" for d, n in (
    ("bar", "a"), ("bar", "b+c"), ("baz", "a"), ("b az", "x y"), ("foo", "0"),
    ("foo", "00"), ("foo", "1"), ("quux", "a.b"), ("quux", "a-b"),
    ("quux", "q"), ("ünder", "日本"))), key=str.encode)

def model(prefix, delimiter):
    """Keys and common prefixes, in the order in which they are listed."""
    seen = []
    for key in KEYS:
        if not key.startswith(prefix):
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        item = key if at < 0 else key[:at + len(delimiter)]
        if item not in seen:
            seen.append(item)
    return seen

def pages(call, page, next_of, arguments):
    """All pages; each but the last is full, and says that it is not last."""
    got, more = [], {}
    for _ in range(40):
        r = call(**B, **arguments, **more)
        items = [o["Key"] for o in r.get(page, [])] + \
            [p["Prefix"] for p in r.get("CommonPrefixes", [])]
        got += sorted(items, key=str.encode)
        if r.get("KeyCount", len(items)) != len(items):
            return "KeyCount", r
        if not r["IsTruncated"]:
            return got if not next_of(r) else ("a next page", r)
        if len(items) != arguments["MaxKeys"]:
            return "a page that is not full", r
        more = next_of(r)
    return "no end"
def next_v1(r):
    return {"Marker": r["NextMarker"]} if "NextMarker" in r else {}
def next_v2(r):
    return {"ContinuationToken": r["NextContinuationToken"]} \
        if "NextContinuationToken" in r else {}
def next_versions(r):
    names = {"NextKeyMarker": "KeyMarker",
             "NextVersionIdMarker": "VersionIdMarker"}
    return {names[k]: r[k] for k in names if k in r}
for name, call, page, next_of in (
        ("bucket_list", s3.list_objects, "Contents", next_v1),
        ("bucket_listv2", s3.list_objects_v2, "Contents", next_v2),
        ("versioning_list", s3.list_object_versions, "Versions",
         next_versions)):
    wrong, count = [], 0
    for prefix, delimiter, most in itertools.product(
            ("", "b", "ba", "foo/", "foo/0", "b az/", "ü", "none", "quux/a"),
            ("", "/", ".", "a", "az/", "nowhere"), (1, 2, 3, 1000)):
        arguments = {"MaxKeys": most}
        if prefix:
            arguments["Prefix"] = prefix
        if delimiter:
            arguments["Delimiter"] = delimiter
        got = pages(call, page, next_of, arguments)
        count += 1
        if got != model(prefix, delimiter):
            wrong.append((arguments, got, model(prefix, delimiter)))
    point(f"{name}: {count} listings are the model's", not wrong, wrong[:3])

def keys(r):
    return [o["Key"] for o in r.get("Contents", [])]
point("bucket_listv2_startafter", all(
    keys(s3.list_objects_v2(StartAfter=after, **B)) ==
    [k for k in KEYS if k.encode() > after.encode()]
    for after in KEYS + ["foo/", "zzz", "a"]))
point("bucket_list_marker_not_in_list", keys(s3.list_objects(
    Marker="foo/000", **B)) == [k for k in KEYS if k > "foo/000"])
r = s3.list_objects_v2(MaxKeys=0, **B)
point("bucket_listv2_maxkeys_zero",
      not r["IsTruncated"] and r["KeyCount"] == 0 and not keys(r), r)
point("bucket_listv2_maxkeys_none", s3.list_objects_v2(**B)["MaxKeys"] == 1000)
point("bucket_list_maxkeys_invalid", refusal(
    s3.list_objects_v2, MaxKeys=-1, **B) == (400, "InvalidArgument"))
point("bucket_listv2_fetchowner_notempty", all("Owner" in o for o in
      s3.list_objects_v2(FetchOwner=True, **B)["Contents"]))
point("bucket_listv2_fetchowner_defaultempty", all("Owner" not in o for o in
      s3.list_objects_v2(**B)["Contents"]))
point("bucket_list_return_data", all(
    (h["ETag"], h["ContentLength"], h["LastModified"].timestamp())
    == (o["ETag"], o["Size"], o["LastModified"].timestamp())
    for o in s3.list_objects(**B)["Contents"]
    for h in [s3.head_object(Key=o["Key"], **B)]))
point("bucket_listv2_continuationtoken_empty", refusal(
    s3.list_objects_v2, ContinuationToken="", **B) == (400, "InvalidArgument"))
one = s3.list_objects_v2(MaxKeys=1, Prefix="b", **B)["NextContinuationToken"]
point("a token of another listing", refusal(
    s3.list_objects_v2, Prefix="f", ContinuationToken=one, **B)[0] == 400)

# ---- versions ------------------------------------------------------------------
V = {o["Key"]: o for o in s3.list_object_versions(**B)["Versions"]}
K = {"Key": "bar/b+c.csv", **B}
mine = V[K["Key"]]
got = s3.get_object(VersionId=mine["VersionId"], **K)
point("a version that is listed can be read", got["VersionId"] ==
      mine["VersionId"] and len(got["Body"].read()) == mine["Size"])
point("each is the latest", all(v["IsLatest"] for v in V.values()))
point("no two keys share one", len({v["VersionId"] for v in V.values()})
      == len(KEYS))
point("another key's version is not this one's", refusal(
    s3.get_object, VersionId=V["foo/0.csv"]["VersionId"], **K)
      == (404, "NoSuchVersion"))
point("the version of who has none", s3.head_object(
    VersionId="null", **K)["ContentLength"] == mine["Size"])

# ---- buckets, refusals, ids ----------------------------------------------------
point("bucket_head", s3.head_bucket(**B)["ResponseMetadata"]
      ["HTTPHeaders"]["x-amz-bucket-region"] == "eu-central-1")
point("bucket_notexist, as one of others", refusal(
    s3.list_objects_v2, Bucket="nobody-has-this")
      == refusal(s3.list_objects_v2, Bucket="fraud") == (403, "AccessDenied"))
point("bucket_head_notexist", refusal(
    s3.head_bucket, Bucket="nobody-has-this")[0] == 403)
point("object_read_not_exist", refusal(s3.get_object, Key="bar/zz.csv", **B)
      == (404, "NoSuchKey"))
point("object_head_not_exist", refusal(s3.head_object, Key="bar/zz.csv", **B)
      == (404, "404"))
names = [b["Name"] for b in s3.list_buckets()["Buckets"]]
point("list_buckets", names == sorted(names) and "train" in names, names)
none = client(signature_version=botocore.UNSIGNED)
point("list_buckets_anonymous", refusal(none.list_buckets)
      == (403, "AccessDenied"))
point("object_raw_get, anonymous", refusal(none.get_object, **K)
      == (403, "AccessDenied"))
point("list_buckets_invalid_auth", refusal(
    client("NOBODY01", "x" * 40).list_buckets) == (403, "InvalidAccessKeyId"))
point("list_buckets_bad_auth", refusal(
    client("TRAIN01", "x" * 40).list_buckets)
      == (403, "SignatureDoesNotMatch"))
for name, call, arguments in (
        ("object_requestid_matches_header_on_error", s3.get_object,
         {"Key": "bar/zz.csv", **B}),
        ("versioned_object_requestid_matches_header_on_error", s3.get_object,
         {"VersionId": "ab", **K})):
    try:
        call(**arguments)
        point(name, False)
    except botocore.exceptions.ClientError as error:
        r = error.response["ResponseMetadata"]
        point(name, len(r["RequestId"]) == 16 and r["RequestId"]
              == r["HTTPHeaders"]["x-amz-request-id"], r)
point("object_set_get_unicode_key", s3.get_object(
    Key="ünder/日本.csv", **B)["ContentLength"] > 0)
for name, call, arguments in (
        ("put_object", s3.put_object, K), ("delete", s3.delete_object, K),
        ("copy", s3.copy_object, {"CopySource": "train/foo/0.csv", **K}),
        ("multipart", s3.create_multipart_upload, K),
        ("create_bucket", s3.create_bucket, {"Bucket": "another"}),
        ("delete_bucket", s3.delete_bucket, B)):
    point(f"{name} is refused", refusal(call, **arguments)[0] in (403, 405))
for name, call, arguments in (
        ("acl", s3.get_bucket_acl, B), ("tagging", s3.get_object_tagging, K),
        ("policy", s3.get_bucket_policy, B), ("cors", s3.get_bucket_cors, B),
        ("uploads", s3.list_multipart_uploads, B)):
    point(f"{name} is not implemented", refusal(call, **arguments)
          == (501, "NotImplemented"))
PY
tap_from /usr/bin/python3 "$gw_top/suite.py" "$url" "$gw_dir/tls/ca.pem" \
    "$(gw_secret_file TRAIN01)"

# ---- buckets, in pages: newer SDKs ask so ------------------------------------

# buckets QUERY: the names of one page; $next is where the next one begins.
buckets() {
	gw TRAIN01 GET "/?$1"
	next=$(sed -n 's|.*</Buckets>.*<ContinuationToken>\(.*\)</Cont.*|\1|p' \
	    "$body")
	names=$(grep -o '<Bucket><Name>[^<]*' "$body" | cut -d'>' -f3 |
	    tr '\n' ' ')
}
buckets max-buckets=1
is "the first page" "$names" "broken "
buckets "max-buckets=1&continuation-token=${next//=/%3D}"
is "the second, and last" "$names$next" "train "
buckets prefix=tr
is "those with a prefix" "$names" "train "
buckets continuation-token=bm9uZQ%3D%3D
is "a token that was made up" "$status" 400
