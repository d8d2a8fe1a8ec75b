"""results.json and layers.csv of a run; docs/results.md says what is in them."""

import csv
import json
from pathlib import Path


class Results:
    """A run. `data` is results.json, `layers` the rows of layers.csv, numbers as numbers."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.data = json.loads((self.folder / "results.json").read_text(encoding="utf-8"))
        with open(self.folder / "layers.csv", newline="", encoding="utf-8") as table:
            self.layers = [{key: _number(value) for key, value in row.items()} for row in csv.DictReader(table)]

    def get(self, path, default=None):
        """A value by its path: "energy.total"."""
        value = self.data
        for key in path.split("."):
            if isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            elif isinstance(value, dict) and key in value:
                value = value[key]
            else:
                return default
        return value


def load_results(folder):
    return Results(folder)


def _number(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
