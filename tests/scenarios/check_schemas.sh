#!/usr/bin/env bash
# check_schemas.sh PROGRAM SOURCE_FOLDER: the JSON Schemas take every YAML file that is shipped, and refuse unknown
# keys and values out of range. Exit code 77: python3-jsonschema is missing.
set -euo pipefail
program=$1 source=$2
python3 -c 'import jsonschema, yaml' 2>/dev/null ||
  { echo "SKIPPED: python3-jsonschema or python3-yaml is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for kind in scenario comparison sweep; do "$program" config --schema $kind > "$folder/$kind.json" || exit 1; done
python3 - "$folder" "$source/scenarios" <<'PYTHON'
import json, pathlib, sys
import jsonschema, yaml

folder, scenarios = map(pathlib.Path, sys.argv[1:])
validators = {}
for file in folder.glob("*.json"):
    schema = json.loads(file.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validators[file.stem] = jsonschema.Draft7Validator(schema)


def kind_of(content):
    return "sweep" if "axes" in content else "comparison" if "networks" in content else "scenario"


shipped = [file for file in sorted(scenarios.rglob("*.yaml")) if file.parent.name != "technology"]
assert len(shipped) > 10
for file in shipped:
    content = yaml.safe_load(file.read_text())
    for error in validators[kind_of(content)].iter_errors(content):
        sys.exit(f"{file}: {error.json_path}: {error.message}")

for kind, wrong in [("scenario", {"platfrom": {}}), ("scenario", {"platform": {"adc": {"bitz": 4}}}),
                    ("scenario", {"platform": {"adc": {"bits": 13}}}), ("scenario", {"mapping": {"engine": "fast"}}),
                    ("scenario", {"platform": {"adc": {"bits": 4.5}}}), ("comparison", {"networks": {"a": {"b": 1}}})]:
    assert not validators[kind].is_valid(wrong), wrong
assert validators["scenario"].is_valid({"platform": {"adc": {"bits": 12}}, "include": "other.yaml"})
PYTHON
