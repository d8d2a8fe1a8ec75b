"""Dictionaries as the YAML that the program reads. Paths in it are taken from the folder that the file is in."""

import json
from pathlib import Path


def write_yaml(description, path):
    """JSON is YAML."""
    Path(path).write_text(json.dumps(description, indent=2, default=str) + "\n", encoding="utf-8")
