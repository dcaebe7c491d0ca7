"""Stand-ins for the actions that workflows fetch from elsewhere: what of them a run on loopback needs, done for real.

``checkout`` fetches from the loopback forge as the real one does (one commit by default, token in the
git config unless it is told not to), artifacts and caches go through folders of the test.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

TOP = Path(__file__).parents[2]
OF_HONK = ("action.yml", "action", "honk_ci", "pyproject.toml", "constraints.txt", "README.md", "LICENSE")

_CHECKOUT = """
name: checkout
description: fetches the commit of the event, or another one
inputs:
  ref: {default: ""}
  token: {default: "${{ github.token }}"}
  fetch-depth: {default: "1"}
  persist-credentials: {default: "true"}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REF: ${{ inputs.ref }}
        TOKEN: ${{ inputs.token }}
        DEPTH: ${{ inputs.fetch-depth }}
        PERSIST: ${{ inputs.persist-credentials }}
      run: |
        header="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)"
        git init --quiet .
        git remote add origin "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git"
        options=(--quiet --no-tags)
        wanted=("${REF:-$STAND_IN_SHA}")
        if [[ "$DEPTH" == 0 ]]; then
          wanted+=("+refs/heads/*:refs/remotes/origin/*")
        else
          options+=("--depth=$DEPTH")
        fi
        git -c "http.$GITHUB_SERVER_URL/.extraheader=$header" fetch "${options[@]}" origin "${wanted[@]}"
        if [[ -z "$REF" && "$STAND_IN_REF" == refs/heads/* ]]; then
          git checkout --quiet -B "${STAND_IN_REF#refs/heads/}" "$STAND_IN_SHA"
        else
          git checkout --quiet --detach "${REF:-$STAND_IN_SHA}"
        fi
        if [[ "$PERSIST" == true ]]; then
          git config --local "http.$GITHUB_SERVER_URL/.extraheader" "$header"
        fi
"""

_SETUP_PYTHON = """
name: setup-python
description: the Python of the machine
inputs:
  python-version: {default: ""}
  update-environment: {default: "true"}
outputs:
  python-path: {value: "${{ steps.find.outputs.python-path }}"}
runs:
  using: composite
  steps:
    - id: find
      shell: bash
      run: echo "python-path=$(command -v python3)" >>"$GITHUB_OUTPUT"
"""

_UPLOAD = """
name: upload-artifact
description: into a folder of the test
inputs:
  name: {default: artifact}
  path: {required: true}
  retention-days: {default: ""}
  overwrite: {default: "false"}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", SOURCE: "${{ inputs.path }}", OVERWRITE: "${{ inputs.overwrite }}"}
      run: |
        target="$STAND_IN_ARTIFACTS/$NAME"
        [[ "$OVERWRITE" != true ]] || rm -rf "$target"
        [[ ! -e "$target" ]] || { echo "::error::an artifact with the name $NAME already exists" >&2; exit 1; }
        mkdir -p "$target"
        if [[ -d "$SOURCE" ]]; then cp -R "$SOURCE/." "$target/"
        elif [[ -e "$SOURCE" ]]; then cp "$SOURCE" "$target/"
        else echo "::warning::no files were found with the path $SOURCE"; fi
"""

_DOWNLOAD = """
name: download-artifact
description: from a folder of the test
inputs:
  name: {default: ""}
  pattern: {default: "*"}
  path: {default: "."}
runs:
  using: composite
  steps:
    - shell: bash
      env: {NAME: "${{ inputs.name }}", PATTERN: "${{ inputs.pattern }}", TARGET: "${{ inputs.path }}"}
      run: |
        mkdir -p "$TARGET"
        if [[ -n "$NAME" ]]; then cp -R "$STAND_IN_ARTIFACTS/$NAME/." "$TARGET/"
        else
          for artifact in "$STAND_IN_ARTIFACTS"/$PATTERN; do
            [[ ! -d "$artifact" ]] || cp -R "$artifact" "$TARGET/"
          done
        fi
"""

_RESTORE = """
name: restore
description: from a folder of the test
inputs:
  path: {required: true}
  key: {required: true}
outputs:
  cache-hit: {value: "${{ steps.restore.outputs.cache-hit }}"}
runs:
  using: composite
  steps:
    - id: restore
      shell: bash
      env: {KEY: "${{ inputs.key }}", TARGET: "${{ inputs.path }}"}
      run: |
        if [[ -d "$STAND_IN_CACHE/$KEY" ]]; then
          mkdir -p "$TARGET" && cp -R --preserve=mode,timestamps,links "$STAND_IN_CACHE/$KEY/." "$TARGET/"
          echo "cache-hit=true" >>"$GITHUB_OUTPUT"
        fi
"""

_SAVE = """
name: save
description: into a folder of the test
inputs:
  path: {required: true}
  key: {required: true}
runs:
  using: composite
  steps:
    - shell: bash
      env: {KEY: "${{ inputs.key }}", SOURCE: "${{ inputs.path }}"}
      run: |
        if [[ ! -d "$STAND_IN_CACHE/$KEY" ]]; then
          draft="$(mktemp -d "$STAND_IN_CACHE/draft.XXXX")"
          cp -R --preserve=mode,timestamps,links "$SOURCE/." "$draft/"
          mv -T "$draft" "$STAND_IN_CACHE/$KEY" || rm -rf "$draft"
        fi
"""

_ACTIONS = {
    "actions/checkout": {"action.yml": _CHECKOUT},
    "actions/setup-python": {"action.yml": _SETUP_PYTHON},
    "actions/upload-artifact": {"action.yml": _UPLOAD},
    "actions/download-artifact": {"action.yml": _DOWNLOAD},
    "actions/cache": {"restore/action.yml": _RESTORE, "save/action.yml": _SAVE},
}


def write_stand_ins(folder: Path) -> dict[str, Path]:
    """Folders with stand-ins, and with the very honk of this checkout, by repository."""
    places = {}
    for repository, files in _ACTIONS.items():
        places[repository] = folder / repository.replace("/", "-")
        for name, text in files.items():
            file = places[repository] / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.lstrip())
    places["OWNER/honk-ci"] = folder / "honk-ci"
    _copy_honk(places["OWNER/honk-ci"])
    return places


def _copy_honk(target: Path) -> None:
    target.mkdir(parents=True)
    for name in OF_HONK:
        source = TOP / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target / name)


def used_by(file: Path) -> set[str]:
    """What a workflow or an action names behind ``uses:``, such as ``actions/cache/save@COMMIT``."""
    return set(_uses(yaml.safe_load(file.read_text(encoding="utf-8"))))


def _uses(value: object) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _uses(item)]
    if not isinstance(value, dict):
        return []
    own = [value["uses"]] if isinstance(value.get("uses"), str) else []
    return own + [found for item in value.values() for found in _uses(item)]
