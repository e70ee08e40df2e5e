#!/usr/bin/env bash
# Clean pages on this machine. Makes a virtual environment on first use, installs, and runs.
#
#   ./run_local.sh                              cleans the sample pages into ./output
#   ./run_local.sh --input='…' --output=…       cleans your own (all options of `pagesieve clean`)
#   ./run_local.sh explain --output=… URL       any other command
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/environment.sh
source "$here/deploy/environment.sh"
prepare_environment "$here" ""

if [ $# -eq 0 ]; then
  samples="$here/samples"
  set -- clean --overwrite --output="$here/output" \
    --input="$samples/*.txt,$samples/*.html,$samples/*.zst,$samples/*.jsonl,$samples/*.gz,$samples/*.parquet"
elif [[ $1 == -* && $1 != -h && $1 != --help ]]; then
  set -- clean "$@"
fi
exec "$ENVIRONMENT/bin/pagesieve" "$@"
