#!/usr/bin/env bash
# check_shells.sh PROGRAM: completions load and complete in the shells that are installed; manual pages are good troff.
set -euo pipefail
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
PATH=$(dirname "$program"):$PATH
fail() { echo "FAILED: $*"; exit 1; }
has() { case " $2 " in *" $1 "*) ;; *) fail "$3: no $1 among: $2" ;; esac; }

reprise shell --completion bash > "$folder/bash"
complete_in_bash() { # words, the last one incomplete
  bash --norc -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _reprise; echo "${COMPREPLY[@]}"' \
    bash "$folder/bash" "$@"
}
has sweep "$(complete_in_bash reprise sw)" bash
has --resume "$(complete_in_bash reprise sweep --re)" bash
has slurm "$(complete_in_bash reprise sweep --executor sl)" bash
has bit_column "$(complete_in_bash reprise compress --granularity b)" bash

if command -v zsh >/dev/null; then
  reprise shell --completion zsh > "$folder/_reprise"
  zsh -f -c "fpath=($folder \$fpath); autoload -Uz compinit; compinit -u -d $folder/dump; source $folder/_reprise; whence -w _reprise" |
    grep -q function || fail "zsh does not load the completion"
else
  echo "SKIPPED in part: zsh is not installed"
fi
if command -v fish >/dev/null; then
  reprise shell --completion fish > "$folder/reprise.fish"
  offered=$(HOME=$folder fish --no-config -c "source $folder/reprise.fish; complete -C 'reprise sweep --exec'" | cut -f1 | tr '\n' ' ')
  has --executor "$offered" fish
else
  echo "SKIPPED in part: fish is not installed"
fi

reprise shell --manual "$folder/man"
[ -s "$folder/man/reprise-sweep.1" ] || fail "no manual page of sweep"
[ ! -e "$folder/man/reprise-task.1" ] || fail "a hidden command has a manual page"
if command -v man >/dev/null; then
  for page in "$folder"/man/*.1; do
    said=$(MANROFFOPT=-ww LC_ALL=C MANWIDTH=100 man -l "$page" 2>&1 >"$folder/text" | grep -v "can't set the locale" || true)
    [ -z "$said" ] || fail "$page: $said"
    grep -q "EXIT STATUS" "$folder/text" || fail "$page has no exit status"
  done
else
  echo "SKIPPED in part: man is not installed"
fi
echo "completions and manual pages are good"
