#!/usr/bin/python3
"""pausing.py URL CA SECRET-FILE PATH OUTPUT: a reader, as TRAIN01, who stops
behind the first 64 KiB until the file OUTPUT.go is there.

OUTPUT.end says in the end: whole, or cut.
"""
import http.client
import os
import sys
import time

import s3client

url, ca, secret, path, name = sys.argv[1:]
client = s3client.Client(url, ca, "TRAIN01", open(secret).read().strip(),
                         window=4096)
response = client.open("GET", path)
end = "whole"
with open(name, "wb") as out:
    try:
        while block := response.read1(16384):
            out.write(block)
            out.flush()
            while out.tell() > 65536 and not os.path.exists(name + ".go"):
                time.sleep(0.05)
        if response.length not in (None, 0):
            end = "cut"
    except (OSError, http.client.HTTPException):
        end = "cut"
with open(name + ".end", "w", encoding="ascii") as out:
    out.write(end)
