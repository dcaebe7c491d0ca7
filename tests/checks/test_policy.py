"""The gate's policy: what a patch may touch, how large it may be, what it may not bring along."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from honk_ci.checks.policy import Policy
from honk_ci.checks.protection import matches_any, why_protected
from honk_ci.config import LimitsConfig, PolicyConfig
from honk_ci.domain import Cause, CheckResult, Failure
from honk_ci.patch import EXECUTABLE_MODE, REGULAR_MODE, SYMLINK_MODE, FileChange, Patch
from tests.checks.gate_case import CODE_FAILURE, gate_case
from tests.repos import Repo

PYPROJECT = '[project]\nname = "shop"\ndependencies = ["requests>=2"]\n\n[tool.black]\nline-length = 100\n'
PACKAGE = '{"name": "shop", "scripts": {"build": "tsc"}, "dependencies": {"left-pad": "^1.0.0"}}\n'
SETUP_PY = 'from setuptools import setup\n\nsetup(name="shop", install_requires=["requests"])\n'
FILES = {
    "shop/cart.py": "def total(items):\n    return 0\n",
    "pyproject.toml": PYPROJECT,
    "package.json": PACKAGE,
    "setup.py": SETUP_PY,
    "requirements.txt": "requests==2.31\n# a comment\n",
    "poetry.lock": "a = 1\n",
    "Readme.md": "# Shop\n",
}
DEPENDENCY = replace(CODE_FAILURE, cause=Cause.DEPENDENCY)


@pytest.fixture
def shop(tmp_path: Path) -> Repo:
    return Repo.create(tmp_path / "shop", FILES)


def judge(
    repo: Repo,
    tmp_path: Path,
    changes: Mapping[str, str | bytes | None] | Patch,
    *,
    failure: Failure = CODE_FAILURE,
    kind: str = "edit",
    policy: PolicyConfig | None = None,
    limits: LimitsConfig | None = None,
) -> CheckResult:
    with gate_case(repo, tmp_path, changes, failure=failure, kind=kind, policy=policy, limits=limits) as case:
        return Policy().check(case)


def test_an_honest_fix_passes(shop: Repo, tmp_path: Path) -> None:
    result = judge(shop, tmp_path, {"shop/cart.py": "def total(items):\n    return sum(items)\n"})
    assert result.passed
    assert result.summary == "nothing protected is touched in 1 file"


def test_an_empty_patch_is_refused(shop: Repo, tmp_path: Path) -> None:
    assert judge(shop, tmp_path, Patch()).summary == "the patch is empty"


@pytest.mark.parametrize(
    ("stored", "keeper"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "Git LFS"),
        (b"\0GITCRYPT\0secret", "git-crypt"),
    ],
)
def test_what_a_filter_keeps_is_not_a_patchs_to_change(shop: Repo, tmp_path: Path, stored: bytes, keeper: str) -> None:
    changed = FileChange(path="shop/data.csv", before=stored, after=b"1,2\n")
    result = judge(shop, tmp_path, Patch.of([changed]))
    assert result.summary.startswith(f"shop/data.csv: {keeper} keeps it")
    made = FileChange(path="shop/data.csv", before=b"1,2\n", after=stored)
    assert not judge(shop, tmp_path, Patch.of([made])).passed


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (".github/workflows/ci.yml", "steers CI"),
        (".gitlab-ci.yml", "steers CI"),
        ("Jenkinsfile", "steers CI"),
        (".circleci/config.yml", "steers CI"),
        ("azure-pipelines.yml", "steers CI"),
        (".github/CODEOWNERS", "steers CI"),
        (".honk.yml", "honk's own"),
        ("AGENTS.md", "agents"),
        ("packages/web/CLAUDE.md", "agents"),
        (".cursor/rules/x.md", "agents"),
        (".gitattributes", "git or its hooks"),
        ("vendor/.gitattributes", "git or its hooks"),
        (".gitmodules", "git or its hooks"),
        (".husky/pre-commit", "git or its hooks"),
        (".githooks/pre-push", "git or its hooks"),
        (".pre-commit-config.yaml", "git or its hooks"),
        (".git/config", "git itself"),
        ("sub/.GIT/hooks/pre-commit", "git itself"),
        (".git./config", "git itself"),
        ("git~1/config", "git itself"),
        (".g\u200cit/config", "git itself"),
        (".npmrc", "packages come from"),
        ("pip.conf", "packages come from"),
        ("shop/sitecustomize.py", "before anything else"),
        ("shop.pth", "before anything else"),
        ("node_modules/left-pad/index.js", "installed"),
        (".venv/lib/python3.12/site-packages/requests/api.py", "installed"),
    ],
)
def test_protected_files_are_named_with_the_reason(path: str, why: str) -> None:
    assert why in why_protected(path, protected=(), allowed=())


@pytest.mark.parametrize(
    "path", ["shop/cart.py", "docs/git.md", "shop/git.py", "src/.gitkeep", ".gitignore", "digit/a.py"]
)
def test_ordinary_files_are_free(path: str) -> None:
    assert why_protected(path, protected=(), allowed=()) == ""


def test_a_protected_file_is_refused_by_name(shop: Repo, tmp_path: Path) -> None:
    changes = {".github/workflows/ci.yml": "on: push\n", ".honk.yml": "limits: {}\n", "shop/cart.py": "x = 1\n"}
    result = judge(shop, tmp_path, changes)
    assert not result.passed
    assert result.summary == ".github/workflows/ci.yml: protected, it steers CI (and 1 more)"
    assert result.detail.splitlines() == [
        ".github/workflows/ci.yml: protected, it steers CI",
        ".honk.yml: protected, it is honk's own configuration",
    ]


def test_the_configuration_protects_and_allows(shop: Repo, tmp_path: Path) -> None:
    policy = PolicyConfig(protected=("shop/**",), allowed=("shop/free.py", ".envrc"))
    assert not judge(shop, tmp_path, {"shop/cart.py": "x = 1\n"}, policy=policy).passed
    assert judge(shop, tmp_path, {"shop/free.py": "x = 1\n", ".envrc": "x\n"}, policy=policy).passed


def test_nothing_allows_the_git_folder() -> None:
    assert why_protected(".git/hooks/post-checkout", protected=(), allowed=("**", ".git/"))


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.md", "docs/a.md", True),
        ("docs/", "docs/a/b.md", True),
        ("docs", "docs/a/b.md", True),
        ("docs/*.md", "docs/a/b.md", False),
        ("docs/**/*.md", "docs/b.md", True),
        ("docs/**/*.md", "docs/a/b.md", True),
        ("/a.py", "x/a.py", False),
        ("a?.py", "x/ab.py", True),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("a.py", "a_py", False),
        ("a.py", "xa.py", False),
    ],
)
def test_patterns_read_as_in_gitignore(pattern: str, path: str, *, matches: bool) -> None:
    assert matches_any(path, (pattern,)) is matches


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../outside.py", "leaves the repository"),
        ("/etc/passwd", "leaves the repository"),
        ("shop/../../x.py", "leaves the repository"),
        ("C:\\x.py", "leaves the repository"),
        ("shop//x.py", "not a plain one"),
        ("./x.py", "not a plain one"),
        ("shop\\x.py", "not a plain one"),
        ("shop/a\nb.py", "not a plain one"),
        ("shop/\u202egpj.py", "not a plain one"),
    ],
)
def test_stray_paths_are_refused(shop: Repo, tmp_path: Path, path: str, why: str) -> None:
    patch = Patch(changes=(FileChange(path=path, before=None, after=b"x\n"),))
    assert why in judge(shop, tmp_path, patch).detail


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            FileChange(path="a", before=None, after=b"../../etc/passwd", mode_after=SYMLINK_MODE),
            "out of the repository",
        ),
        (FileChange(path="a", before=None, after=b"/etc/passwd", mode_after=SYMLINK_MODE), "out of the repository"),
        (
            FileChange(path="x/a", before=None, after=b"../.git/config", mode_after=SYMLINK_MODE),
            "out of the repository",
        ),
        (
            FileChange(path="a", before=b"x", after=b"y", mode_before=SYMLINK_MODE, mode_after=SYMLINK_MODE),
            "it is a symbolic link",
        ),
        (FileChange(path="a", before=b"x", after=b"y", mode_after=SYMLINK_MODE), "becomes a symbolic link"),
        (FileChange(path="a", before=b"x", after=None, mode_before=SYMLINK_MODE), "it is a symbolic link"),
        (FileChange(path="a", before=b"x", after=b"x", mode_after=EXECUTABLE_MODE), "becomes executable"),
        (FileChange(path="a", before=None, after=b"x", mode_after=EXECUTABLE_MODE), "becomes executable"),
        (FileChange(path="a", before=b"x", after=b"y", mode_before=0o160000, mode_after=0o160000), "submodules"),
    ],
)
def test_links_modes_and_submodules_are_refused(shop: Repo, tmp_path: Path, change: FileChange, why: str) -> None:
    assert why in judge(shop, tmp_path, Patch.of([change])).detail


@pytest.mark.parametrize(
    "change",
    [
        FileChange(path="shop/a", before=None, after=b"../Readme.md", mode_after=SYMLINK_MODE),
        FileChange(path="a", before=b"x", after=b"x", mode_before=EXECUTABLE_MODE, mode_after=REGULAR_MODE),
        FileChange(path="a", before=b"x", after=b"y", mode_before=EXECUTABLE_MODE, mode_after=EXECUTABLE_MODE),
    ],
)
def test_harmless_links_and_modes_pass(shop: Repo, tmp_path: Path, change: FileChange) -> None:
    assert judge(shop, tmp_path, Patch.of([change])).passed


@pytest.mark.parametrize(
    ("path", "other"), [("README.md", "Readme.md"), ("Shop/tax.py", "shop"), ("shop/Cart.py", "shop/cart.py")]
)
def test_paths_that_clash_where_case_is_ignored_are_refused(shop: Repo, tmp_path: Path, path: str, other: str) -> None:
    assert f"{path}: clashes with {other}" in judge(shop, tmp_path, {path: "x\n"}).detail


def test_a_rename_in_case_alone_is_no_clash(shop: Repo, tmp_path: Path) -> None:
    assert judge(shop, tmp_path, {"Readme.md": None, "README.md": "# Shop\n"}).passed


def test_lock_files_follow_a_dependency_only(shop: Repo, tmp_path: Path) -> None:
    changes = {"poetry.lock": "a = 2\n"}
    assert "poetry.lock: a lock file" in judge(shop, tmp_path, changes).detail
    assert judge(shop, tmp_path, changes, failure=DEPENDENCY).passed
    assert judge(shop, tmp_path, changes, kind="pin").passed
    assert judge(shop, tmp_path, changes, policy=PolicyConfig(allowed=("*.lock",))).passed


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pyproject.toml", "requests>=2", "requests<2"),
        ("pyproject.toml", "[tool.black]", '[build-system]\nrequires = ["x"]\n\n[tool.black]'),
        ("pyproject.toml", "[tool.black]", '[tool.hatch.envs.test]\ndependencies = ["x"]\n\n[tool.black]'),
        ("pyproject.toml", "[project]", "[project"),
        ("package.json", "^1.0.0", "^2.0.0"),
        ("package.json", '"dependencies"', '"overrides": {"x": "1"}, "dependencies"'),
        ("setup.py", '"requests"', '"requests<2"'),
        ("requirements.txt", "2.31", "2.32"),
    ],
)
@pytest.mark.slow
def test_dependencies_change_only_where_one_is_the_cause(
    shop: Repo, tmp_path: Path, path: str, old: str, new: str
) -> None:
    changes = {path: FILES[path].replace(old, new)}
    assert f"{path}: " in judge(shop, tmp_path, changes).detail
    assert judge(shop, tmp_path, changes, failure=DEPENDENCY).passed


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pyproject.toml", "line-length = 100", "line-length = 88"),
        ("package.json", '"build": "tsc"', '"build": "tsc -p ."'),
        ("setup.py", 'name="shop"', 'name="shop", packages=["shop"]'),
        ("requirements.txt", "# a comment", "# another comment"),
    ],
)
def test_other_settings_of_a_manifest_are_free(shop: Repo, tmp_path: Path, path: str, old: str, new: str) -> None:
    assert judge(shop, tmp_path, {path: FILES[path].replace(old, new)}).passed


@pytest.mark.parametrize("failure", [CODE_FAILURE, DEPENDENCY])
def test_scripts_of_the_installation_are_never_a_patchs_to_change(shop: Repo, tmp_path: Path, failure: Failure) -> None:
    changed = PACKAGE.replace('"build": "tsc"', '"build": "tsc", "postinstall": "node x.js"')
    result = judge(shop, tmp_path, {"package.json": changed}, failure=failure)
    assert "scripts.postinstall changed" in result.detail


def test_large_patches_are_refused(shop: Repo, tmp_path: Path) -> None:
    limits = LimitsConfig(patch_files=2, patch_lines=5)
    many = {f"shop/m{number}.py": "x = 1\n" for number in range(3)}
    assert "3 files are touched (at most 2)" in judge(shop, tmp_path, many, limits=limits).detail
    long = {"shop/cart.py": "".join(f"x{number} = 1\n" for number in range(6))}
    assert "8 lines are added or removed (at most 5)" in judge(shop, tmp_path, long, limits=limits).detail


def test_a_huge_file_is_counted_in_no_time(shop: Repo, tmp_path: Path) -> None:
    before, after = (b"".join(b"%d\n" % ((i * step) % 977) for i in range(40_000)) for step in (3, 5))
    patch = Patch.of([FileChange(path="shop/table.csv", before=before, after=after)])
    assert judge(shop, tmp_path, patch).passed  # the same lines in another order


def test_bulk_is_refused(shop: Repo, tmp_path: Path) -> None:
    assert "a binary file" in judge(shop, tmp_path, {"shop/x.bin": b"\0" * 70_000}).detail
    assert "it grows by" in judge(shop, tmp_path, {"shop/x.js": b"x" * 300_000}).detail
    assert judge(shop, tmp_path, {"shop/x.png": b"\0" * 1000}).passed


def test_secrets_are_refused_by_kind_and_not_repeated(shop: Repo, tmp_path: Path) -> None:
    token = "ghp_" + base64.b32encode(b"not a real token at all!!").decode().strip("=")[:36]
    result = judge(shop, tmp_path, {"shop/cart.py": f"TOKEN = '{token}'\n"})
    assert "shop/cart.py: it would add what looks like a secret: github-token" in result.detail
    assert token not in result.detail
    assert token not in result.summary


def test_a_secret_that_was_there_before_is_not_the_patchs(shop: Repo, tmp_path: Path) -> None:
    line = "URL = 'https://user:hunter2hunter@example.org'\n"
    shop.commit("a secret", {"shop/old.py": line})
    assert judge(shop, tmp_path, {"shop/old.py": f"{line}x = 1\n"}).passed
