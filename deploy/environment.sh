# shellcheck shell=bash
# Sourced by run_local.sh and run_tests.sh: finds Python, makes .venv, installs the project into it.

# prepare_environment FOLDER EXTRAS: sets ENVIRONMENT to the virtual environment's folder.
prepare_environment() {
  local here=$1 extras=$2 python stamp want
  ENVIRONMENT=${PAGESIEVE_VENV:-$here/.venv}
  python=$(find_python) || {
    echo "pagesieve needs Python 3.11, 3.12 or 3.13; set PYTHON to one" >&2
    exit 2
  }
  want=$("$python" -c '
import hashlib, pathlib, sys
here, extras = sys.argv[1:]
files = ["pyproject.toml", "constraints.txt", "setup.py", *sorted(map(str, pathlib.Path(here, "transforms/text").glob("*.c")))]
parts = [sys.version, extras, here] + [pathlib.Path(here, f).read_text() for f in files]
print(hashlib.sha256("\0".join(parts).encode()).hexdigest())' "$here" "$extras")
  stamp=$ENVIRONMENT/.pagesieve-${extras:-run}
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && [ -x "$ENVIRONMENT/bin/pagesieve" ]; then
    return
  fi
  echo "installing into $ENVIRONMENT with $("$python" --version) (once)" >&2
  if ! "$python" -m venv "$ENVIRONMENT" >/dev/null 2>&1; then
    rm -rf "$ENVIRONMENT"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
      "$python" -m venv "$ENVIRONMENT"
    else
      echo "Python's venv module is missing: run 'sudo apt-get install python3-venv' once" >&2
      exit 2
    fi
  fi
  local log=$ENVIRONMENT/install.log
  if ! "$ENVIRONMENT/bin/python" -m pip install --disable-pip-version-check -q \
    -c "$here/constraints.txt" -e "$here${extras:+[$extras]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "the installation failed; the whole log is in $log" >&2
    exit 1
  fi
  echo "$want" >"$stamp"
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}
