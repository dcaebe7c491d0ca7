"""ESLint, Prettier and tsc as they really are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from honk_ci.healers.autofix import Autofix
from honk_ci.verifiers.complaints import is_blind
from tests.repos import Repo
from tests.verifiers.bench import bench, lint_failure, logged
from tests.verifiers.tools import detected, keys_of

pytestmark = pytest.mark.slow

ESLINT = {
    "eslint.config.mjs": 'import js from "@eslint/js";\nexport default [js.configs.recommended, { rules: { "no-var": "error", "prefer-const": "error" } }];\n'
}
STRICT = '{"compilerOptions": {"strict": true, "module": "esnext", "target": "es2022", "outDir": "out"}, "include": ["src"]}\n'


@pytest.fixture
def environ() -> Mapping[str, str]:
    return dict(os.environ)


@pytest.fixture
def node_repo(repo: Repo, node_modules: Path) -> Repo:
    (repo.path / "node_modules").symlink_to(node_modules)
    repo.write({".gitignore": "node_modules\n"})
    return repo


def test_eslint_finds_its_complaints(node_repo: Repo, environ: Mapping[str, str]) -> None:
    node_repo.commit("red", {**ESLINT, "src/a b.js": "var x = y;\n", "broken.js": "function f( {\n"})
    assert keys_of(node_repo, detected(node_repo, environ)["eslint"]) == {
        "src/a b.js: no-var Unexpected var, use let or const instead",
        "src/a b.js: no-unused-vars 'x' is assigned a value but never used",
        "src/a b.js: no-undef 'y' is not defined",
        "unread: broken.js: Parsing error: Unexpected token",
    }


def test_eslint_without_its_configuration_is_blind(node_repo: Repo, environ: Mapping[str, str]) -> None:
    node_repo.commit("red", {"package.json": '{"scripts": {"lint": "eslint src"}}', "a.js": "var x = 1;\n"})
    assert is_blind(keys_of(node_repo, detected(node_repo, environ)["eslint"]))


def test_eslint_heals(node_repo: Repo, environ: Mapping[str, str], tmp_path: Path) -> None:
    node_repo.commit("red", {**ESLINT, "a.js": "let x = 1;\nexport { x };\n", "b.js": "export const y = 1;\n"})
    with bench(
        node_repo, tmp_path, failure=lint_failure(logged("a.js", "prefer-const"), verifier="eslint"), environ=environ
    ) as at:
        [candidate] = Autofix().heal(at.heal_case())
        assert candidate.patch.change("a.js").after == b"const x = 1;\nexport { x };\n"  # type: ignore[union-attr]  # it is there
        assert "prefer-const" in candidate.rationale
        assert at.judge_patch(candidate.patch).passed


def test_prettier_follows_up_on_eslint(node_repo: Repo, environ: Mapping[str, str], tmp_path: Path) -> None:
    config = 'import js from "@eslint/js";\n\nexport default [{ rules: { "object-shorthand": "error" } }, js.configs.recommended];\n'
    source = "const somewhat = 1;\nexport default {\n  somewhat: somewhat, another: 1 };\n"
    node_repo.commit("red", {".prettierrc": "{}\n", "eslint.config.mjs": config, "a.js": source})
    with bench(node_repo, tmp_path, failure=lint_failure(verifier="prettier"), environ=environ) as at:
        [candidate] = Autofix().heal(at.heal_case())
        assert candidate.kind == "format"
        assert at.judge_patch(candidate.patch).passed


def test_prettier_finds_its_complaints(node_repo: Repo, environ: Mapping[str, str]) -> None:
    files = {"a b.js": "x  = 1\n", "n.md": "*  one\n", "ok.json": "{}\n", "broken.css": "a { {\n"}
    node_repo.commit("red", {".prettierrc": "{}\n", **files})
    assert keys_of(node_repo, detected(node_repo, environ)["prettier"]) == {
        "a b.js: unformatted the file would be reformatted",
        "n.md: unformatted the file would be reformatted",
        "unread: broken.css: CssSyntaxError: Unclosed block",
    }


def test_tsc_finds_its_complaints_and_writes_nothing(node_repo: Repo, environ: Mapping[str, str]) -> None:
    node_repo.commit("red", {"tsconfig.json": STRICT, "src/a.ts": "export const x: number = '1';\n"})
    assert keys_of(node_repo, detected(node_repo, environ)["tsc"]) == {
        "src/a.ts: TS2322 Type 'string' is not assignable to type 'number'."
    }
    assert node_repo.git("status", "--porcelain", "--ignored") == "!! node_modules"


def test_tsc_checks_every_project_of_a_solution(node_repo: Repo, environ: Mapping[str, str]) -> None:
    app = '{"compilerOptions": {"composite": true, "strict": true, "tsBuildInfoFile": "x.tsbuildinfo"}, "include": ["APP"]}'
    node_repo.commit(
        "red",
        {
            "tsconfig.json": '{\n  "files": [], // nothing of its own\n  "references": [{ "path": "./tsconfig.one.json" }, { "path": "two" }]\n}\n',
            "tsconfig.one.json": app.replace("APP", "one"),
            "two/tsconfig.json": app.replace("APP", "."),
            "one/a.ts": "export const x: number = '1';\n",
            "two/a.ts": "export const x: number = '1';\n",
        },
    )
    assert {key.split(":")[0] for key in keys_of(node_repo, detected(node_repo, environ)["tsc"])} == {
        "one/a.ts",
        "two/a.ts",
    }
    assert node_repo.git("status", "--porcelain", "--ignored") == "!! node_modules"


def test_a_syntax_error_makes_tsc_blind(node_repo: Repo, environ: Mapping[str, str]) -> None:
    node_repo.commit(
        "red", {"tsconfig.json": STRICT, "src/a.ts": "const x: number = ('1';\n", "src/b.ts": "let y: number = '';\n"}
    )
    assert is_blind(keys_of(node_repo, detected(node_repo, environ)["tsc"]))


def test_a_tool_in_two_parts_of_a_repository_is_one_verifier(
    node_repo: Repo, environ: Mapping[str, str], tmp_path: Path
) -> None:
    files = {
        "web/eslint.config.mjs": ESLINT["eslint.config.mjs"],
        "my app/eslint.config.mjs": ESLINT["eslint.config.mjs"],
    }
    marks = {"web/package.json": "{}", "my app/package.json": "{}"}
    node_repo.commit(
        "red",
        {**files, **marks, "web/a.js": "let x = 1;\nexport { x };\n", "my app/b.js": "let y = 1;\nexport { y };\n"},
    )
    found = detected(node_repo, environ)
    assert list(found) == ["eslint"]
    assert {key.split(":")[0] for key in keys_of(node_repo, found["eslint"])} == {"web/a.js", "my app/b.js"}
    with bench(node_repo, tmp_path, failure=lint_failure(verifier="eslint"), environ=environ) as at:
        [candidate] = Autofix().heal(at.heal_case())
        assert candidate.patch.paths == ("my app/b.js", "web/a.js")
        assert at.judge_patch(candidate.patch).passed
