#!/usr/bin/env bash
# Finds a Python that honk can run with, and writes its path as the output "python"; empty where there is none.
# HONK_PYTHON names the only one to try. Runs with the bash 3.2 of macOS.
set -euo pipefail

# CPython 3.11 or newer, released, with what makes virtual environments. Prints its own path, since
# what PATH holds may be a shim that works in some folders alone.
probe='
import sys, sysconfig
import ensurepip, venv
fits = sys.implementation.name == "cpython" and sys.version_info[:2] >= (3, 11)
fits = fits and sys.version_info.releaselevel == "final" and not sysconfig.get_config_var("Py_GIL_DISABLED")
print(sys.executable) if fits else sys.exit(1)
'

# Prints the path of the first of its arguments that fits.
first_that_fits() {
  local candidate found
  for candidate in "$@"; do
    if found="$("$candidate" -I -c "$probe" 2>/dev/null)" && [[ -n "$found" ]]; then
      printf '%s\n' "$found"
      return 0
    fi
  done
  return 1
}

names=(python3 python python3.14 python3.13 python3.12 python3.11)
if [[ -n "${HONK_PYTHON:-}" ]]; then
  if ! python="$(first_that_fits "$HONK_PYTHON")"; then
    echo "::error::honk-ci: the input python names no CPython of 3.11 or newer with venv and ensurepip" >&2
    exit 2
  fi
elif ! python="$(first_that_fits "${names[@]}" "${RUNNER_TOOL_CACHE:-/opt/hostedtoolcache}"/Python/3.1[1-9].*/*/bin/python)"; then
  python=""
  echo "no Python of 3.11 or newer is on this machine; one is fetched"
fi

[[ -z "$python" ]] || echo "honk runs with $python"
printf 'python=%s\n' "$python" >>"$GITHUB_OUTPUT"
