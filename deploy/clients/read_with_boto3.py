#!/usr/bin/python3
"""read_with_boto3.py ENDPOINT CA BUCKET: the first rows of every object.

The access key comes from where boto3 always looks: the environment or
~/.aws/credentials. Nothing else in a training job has to change.
"""
import csv
import io
import itertools
import sys

import boto3
from botocore.client import Config

endpoint, ca, bucket = sys.argv[1:4]
s3 = boto3.client("s3", endpoint_url=endpoint, verify=ca,
                  config=Config(s3={"addressing_style": "path"}))

for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
    for item in page.get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"]
        rows = csv.DictReader(io.TextIOWrapper(body, encoding="utf-8"))
        for row in itertools.islice(rows, 3):
            print(item["Key"], row)
