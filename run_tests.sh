#!/usr/bin/env bash
# Check and test the project. Makes the same virtual environment as run_local.sh.
#
#   ./run_tests.sh             style, types and the fast tests
#   ./run_tests.sh --all       the slow ones as well: real engines, faults, large inputs
#   ./run_tests.sh -k NAME     any options of pytest
#
# With PAGESIEVE_EVAL=FOLDER the quality gates run on the labelled data there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/environment.sh
source "$here/deploy/environment.sh"
prepare_environment "$here" dev
cd "$here"
bin="$ENVIRONMENT/bin"
export PATH="$bin:$PATH"   # Beam starts a bare `python` for some workers

choice=(-m "not slow")
if [ "${1:-}" = --all ]; then
  choice=()
  shift
fi
if [ $# -eq 0 ]; then
  "$bin/ruff" check .
  "$bin/ruff" format --check .
  "$bin/mypy"
fi
exec "$bin/python" -m pytest "${choice[@]}" "$@"
