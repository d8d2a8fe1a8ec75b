#!/usr/bin/env bash
# run_documents.sh PROGRAM SOURCE_FOLDER DOCUMENT...: runs the ```sh blocks of each document, in order, in a folder of
# its own. Lines that start with ./ (the demo, the tests) are left out. Exit code 77: the data set is missing.
set -euo pipefail
program=$1 source=$2
shift 2
[ -e /usr/share/datasets/fashion-mnist ] || { echo "SKIPPED: dataset-fashion-mnist is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
PATH=$(dirname "$program"):$PATH
for document; do
  mkdir "$folder/$(basename "$document" .md)"
  cd "$folder/$(basename "$document" .md)"
  ln -s "$source/networks" "$source/scenarios" .
  awk '/^```sh$/ {inside = 1; next} /^```/ {inside = 0} inside && !/^\.\//' "$source/$document" > commands
  [ -s commands ] || { echo "$document has no commands"; exit 1; }
  echo "== $document"
  bash -eux commands
done
