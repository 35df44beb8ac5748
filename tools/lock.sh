#!/usr/bin/env bash
# Write constraints.txt: the newest versions of everything, resolved together in a scratch environment.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
none=$scratch/none.txt
: >"$none"
tools/install.sh "${1:-python3}" "$scratch/venv" "$none" '.[test,lint,docs,bench]'
{
    sed -n '/^#/p' constraints.txt
    "$scratch/venv/bin/python" -m pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools
} >"$scratch/constraints.txt"
mv "$scratch/constraints.txt" constraints.txt
