#!/usr/bin/python3
"""Writes json_suite.txt from the files of JSONTestSuite's test_parsing.

usage: json_suite_generate.py FOLDER > json_suite.txt

The first letter of a file's name is the suite's verdict: y is JSON, n is not,
i is for the reader to decide. Value is ours on {"v":...}, with the file in
its place and its line ends made blanks (a record is a line); Record is ours
on the file alone: ok, refused, or none where there is no record in it.
"""
import pathlib
import sys

# JSON, but not for us: which of the two values another reader takes is open.
DUPLICATES = {"y_object_duplicated_key", "y_object_duplicated_key_and_value"}
# Ours to decide: numbers are never converted, so none is too large for us.
TAKEN = "i_number_"
# Files without a record are no JSON, but they are JSON Lines.
EMPTY = {"n_structure_no_data", "n_single_space",
         "n_structure_UTF8_BOM_no_data"}
# A member's name that no policy can tell from others (bind.h).
STRANGE = {"y_object_escaped_null_in_key"}
MARKED = "i_structure_UTF-8_BOM_empty_object"


def value_verdict(name):
    if name[0] == "y":
        return "refused" if name in DUPLICATES else "ok"
    return "ok" if name.startswith(TAKEN) else "refused"


def record_verdict(name, data):
    if name in EMPTY:
        return "none"
    if name == MARKED:
        return "ok"
    if name in STRANGE:
        return "refused"
    is_object = data.strip(b" \t\r\n").startswith(b"{")
    one_line = b"\n" not in data.rstrip(b"\n")
    return value_verdict(name) if is_object and one_line else "refused"


def main():
    print("# JSONTestSuite, test_parsing (Nicolas Seriot, MIT licence).")
    print("# Written by json_suite_generate.py; Json is repeated Times.\n")
    for path in sorted(pathlib.Path(sys.argv[1]).glob("[yni]_*.json")):
        data, times = path.read_bytes(), 1
        for period in (1, 5):
            if len(data) > 50000 and data[:period] * 1000 == (
                    data[:period * 1000]):
                times = len(data) // period
                data, rest = data[:period], data[period * times:]
                break
        else:
            rest = b""
        print(f"Name = {path.stem}")
        print(f"Json = {data.hex()}")
        if times > 1:
            print(f"Times = {times}")
            print(f"Rest = {rest.hex()}")
        print(f"Value = {value_verdict(path.stem)}")
        print(f"Record = {record_verdict(path.stem, data)}\n")


main()
