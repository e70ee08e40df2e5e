#!/usr/bin/env bash
# Installs the project, with what Dataflow needs, at the versions it is tested with.
# deploy/Dockerfile runs this, and a test runs it into an empty folder.
#
#   deploy/install.sh [PREFIX]     PYTHON names the interpreter, by default python3
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
exec "${PYTHON:-python3}" -m pip install --disable-pip-version-check --quiet \
  -c "$here/constraints.txt" ${1:+--prefix "$1" --ignore-installed} "${here}[gcp]"
