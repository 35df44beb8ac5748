#!/usr/bin/env bash
# Install this tree, editable, into a virtual environment: install.sh PYTHON VENV CONSTRAINTS '.[extras]'
#
# Quiet unless it fails; then the end of pip's log, without the addresses of the machine's package index.
set -euo pipefail

python=$1 venv=$2 constraints=$3 target=$4

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "causalkit needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Set PYTHON=..." >&2
    exit 1
}
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing $target with $constraints into $venv ..."

pip() {
    # Packages come as wheels only, so that no compiler and no build of somebody else's is needed.
    "$venv/bin/python" -m pip install --constraint "$constraints" --only-binary :all: "$@" >"$log" 2>&1 || {
        grep -v 'is ignored: it is neither a file nor a directory' "$log" \
            | sed -E -e 's#[a-z+]+://[^[:space:],)]+#<url>#g' -e "s#host='[^']*'#host=<host>#g" | tail -n 40 >&2
        echo "pip failed to install $target into $venv" >&2
        exit 1
    }
}

# The build backend comes from the same pins, in place of an isolated build with whatever is newest.
pip hatchling editables
pip --no-build-isolation --editable "$target"
