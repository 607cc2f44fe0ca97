"""Checks a manifest by the classes of the official Kubernetes client.

    python manifest.py MANIFEST.yaml

Every key must be a field of the class that stands at its place, and every
value have its type; else it exits with 1 and names the key.
"""

import re
import sys

import kubernetes.client as client
import yaml


def check(value, kind, place):
    """Checks `value`, at `place`, against the client's type `kind`."""
    # The client's releases write these in two ways.
    listed = re.fullmatch(r"[Ll]ist\[(.*)\]", kind)
    mapped = re.fullmatch(r"[Dd]ict[(\[]str, (.*)[)\]]", kind)
    if listed:
        assert isinstance(value, list), f"{place} is no list"
        for number, item in enumerate(value):
            check(item, listed[1], f"{place}[{number}]")
    elif mapped:
        for key, item in value.items():
            check(item, mapped[1], f"{place}.{key}")
    elif kind in ("str", "int", "bool", "float"):
        assert type(value).__name__ == kind, f"{place} is no {kind}: {value!r}"
    elif kind != "object":
        fields = getattr(client, kind)
        names = {name: field for field, name in fields.attribute_map.items()}
        arguments = {}
        for key, item in value.items():
            assert key in names, f"{place} has no field {key}"
            check(item, fields.openapi_types[names[key]], f"{place}.{key}")
            arguments[names[key]] = item
        # It refuses what lacks a field or has a value that none may have.
        fields(**arguments)


with open(sys.argv[1], encoding="utf-8") as file:
    manifest = yaml.safe_load(file)
check(manifest, "V1Job", "Job")
