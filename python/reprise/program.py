"""The program `reprise` as functions."""

import os
import shutil
import subprocess
from pathlib import Path

from reprise.results import load_results
from reprise.scenario import write_yaml

_KINDS = {1: "internal fault", 2: "bad input", 3: "simulation error", 4: "check failed"}


class RepriseError(RuntimeError):
    """The program failed. `code` is its exit code, `messages` what it said on standard error."""

    def __init__(self, code, arguments, messages):
        self.code = code
        self.messages = messages
        kind = _KINDS.get(code, f"exit code {code}")
        super().__init__(f"reprise {' '.join(arguments)}: {kind}: {messages.strip()}")


def find_program():
    """REPRISE_PROGRAM in the environment; or the one installed with this package; or the first in PATH."""
    named = os.environ.get("REPRISE_PROGRAM")
    if named:
        return named
    installed = Path(__file__).resolve().parents[4] / "bin" / "reprise"  # PREFIX/share/reprise/python/reprise/program.py
    found = str(installed) if installed.is_file() else shutil.which("reprise")
    if found is None:
        raise FileNotFoundError("the program reprise is neither in PATH nor named by REPRISE_PROGRAM")
    return found


class Program:
    """The program at `path`. Each call waits until it is through."""

    def __init__(self, path=None):
        self.path = str(path) if path else find_program()

    def call(self, *arguments):
        """What it says on standard output. RepriseError where it fails."""
        arguments = [str(argument) for argument in arguments]
        done = subprocess.run([self.path, "-q", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RepriseError(done.returncode, arguments, done.stderr)
        return done.stdout

    def version(self):
        return self.call("--version").strip()

    def compress(self, network, *, config, output, engine=None, granularity=None):
        """An ONNX network to the weight image `output`, whose path is returned. `config`: a path or a dictionary."""
        arguments = ["compress", network, "-c", _as_file(config, Path(output).with_suffix(".yaml")), "-o", output]
        for option, value in (("--engine", engine), ("--granularity", granularity)):
            if value is not None:
                arguments += [option, value]
        self.call(*arguments)
        return Path(output)

    def run(self, scenario, *, output, image=None, count=None):
        """Simulates into the folder `output`. `scenario`: a path or a dictionary."""
        folder = Path(output)
        folder.mkdir(parents=True, exist_ok=True)
        arguments = ["run", _as_file(scenario, folder / "scenario.yaml"), "-o", folder]
        for option, value in (("--image", image), ("--count", count)):
            if value is not None:
                arguments += [option, value]
        self.call(*arguments)
        return load_results(folder)


def compress(network, **options):
    return Program().compress(network, **options)


def run(scenario, **options):
    return Program().run(scenario, **options)


def _as_file(description, path):
    """A dictionary is written to `path`; anything else is a path already."""
    if not isinstance(description, dict):
        return description
    write_yaml(description, path)
    return path
