#!/usr/bin/env bash
# run_python.sh FOLDER: the Python package and its example, installed, with the standard library alone. Exit code 77: no
# Python.
set -euo pipefail
share=$1/prefix/share/reprise
command -v python3 >/dev/null || { echo "SKIPPED: python3 is not installed"; exit 77; }
env -u REPRISE_PROGRAM PYTHONPATH="$share/python" PYTHONDONTWRITEBYTECODE=1 python3 -s -S "$share/examples/python/simulate.py" 3 "$1/python"
