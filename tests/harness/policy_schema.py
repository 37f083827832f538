"""policy_schema.py SCHEMA MISTAKES: the editor schema against the checker.

SCHEMA is what `gatehouse policy schema` prints, MISTAKES the policies with one
mistake each (tests/vectors/policy/mistakes.txt), whose diagnostics are the
checker's. A policy that loads must be accepted by the schema; one with a key
that is unknown, missing or of the wrong shape must not be. What only the
checker knows, such as names and laws, the schema may accept. Prints points.
"""

import json
import os
import re
import sys

import ruamel.yaml  # with the awscli


def plain(node):
    """Nodes as dicts, lists and scalars; a repeated key is an error."""
    if isinstance(node, ruamel.yaml.MappingNode):
        pairs = [(key.value, plain(value)) for key, value in node.value]
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)
    if isinstance(node, ruamel.yaml.SequenceNode):
        return [plain(item) for item in node.value]
    if node.style is None and re.fullmatch(r"-?\d+(\.\d+)?", node.value):
        return float(node.value) if "." in node.value else int(node.value)
    return None if node.style is None and node.value == "" else node.value


TYPES = {"object": dict, "array": list, "string": str, "number": (int, float),
         "integer": int, "boolean": bool}


def fits_scalar(schema, value):
    return not (isinstance(value, str) and "pattern" in schema
                and not re.search(schema["pattern"], value))


def fits_map(root, schema, value):
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    names = schema.get("propertyNames")
    for key, item in value.items():
        if names is not None and not fits(root, names, key):
            return False
        inner = known.get(key, rest)
        if inner is False or inner is not True and not fits(root, inner, item):
            return False
    return all(key in value for key in schema.get("required", []))


def fits(root, schema, value):
    if "$ref" in schema:
        return fits(root, root["definitions"][schema["$ref"][14:]], value)
    if "anyOf" in schema and not any(
            fits(root, one, value) for one in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(value, TYPES[one]) for one in types):
        return False
    if isinstance(value, dict):
        return fits_map(root, schema, value)
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(
            fits(root, schema.get("items", {}), item) for item in value)
    return fits_scalar(schema, value)


def blocks(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for block in re.split(r"\n\n(?==)", text)[1:]:
        lines = block.split("\n")
        _, base, what = lines[0].split(" ", 2)
        take = lambda mark: "\n".join(
            line[1:] for line in lines[1:] if line.startswith(mark))
        yield base, what, take("-"), take("+"), take(">")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    folder = os.path.dirname(sys.argv[2])
    counts = {"accepted": 0, "refused": 0}
    for base, what, old, new, said in blocks(sys.argv[2]):
        with open(f"{folder}/{base}.yaml", encoding="utf-8") as file:
            text = file.read()
        text = text.replace(old, new, 1) if old else text + new + "\n"
        codes = re.findall(r"error\[(E\d+)\]", said)
        if any(code < "E100" for code in codes):
            continue  # not YAML of ours
        loads = not codes
        must_not = codes[:1] in (["E100"], ["E101"])
        accepted = fits(schema, schema, plain(ruamel.yaml.compose(
            text, Loader=ruamel.yaml.SafeLoader)))
        if loads and not accepted or must_not and accepted:
            print(f"not ok {what}: {codes}, schema "
                  f"{'accepts' if accepted else 'refuses'}")
        counts["accepted" if accepted else "refused"] += 1
    for base in ("base", "whole"):
        with open(f"{folder}/{base}.yaml", encoding="utf-8") as file:
            value = plain(ruamel.yaml.compose(
                file.read(), Loader=ruamel.yaml.SafeLoader))
        print(f"{'ok' if fits(schema, schema, value) else 'not ok'} "
              f"the schema accepts {base}.yaml")
    enough = counts["accepted"] > 50 and counts["refused"] > 50
    print(f"{'ok' if enough else 'not ok'} {counts['accepted']} accepted, "
          f"{counts['refused']} refused, as the checker has it")


if __name__ == "__main__":
    main()
