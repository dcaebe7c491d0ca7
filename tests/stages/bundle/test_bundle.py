"""Bundles as files: written, read back, and refused in all the ways in which they can be wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from honk_ci.config import Config
from honk_ci.domain import (
    Cause,
    CheckResult,
    Evidence,
    FindingKind,
    Frame,
    LogFinding,
    Outcome,
    SideOfProof,
    TestCounts,
    Usage,
    Verdict,
)
from honk_ci.errors import ConfigError, HonkError, ReportError
from honk_ci.stages.bundle.judge import judge
from honk_ci.stages.bundle.read import LIMITS, BundleRefused, read_bundle
from honk_ci.stages.bundle.record_read import from_json
from honk_ci.stages.record_json import to_json
from tests.repos import Repo
from tests.stages.bundle.kit import (
    FIX,
    KEY,
    OTHER_PRINT,
    PRINT,
    RED_CART,
    SHOP,
    alter,
    known_failure,
    known_fix,
    put_mail,
    record_of,
    reseal,
    write,
)
from tests.stages.deliver.kit import opened, proof

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def red(tmp_path: Path) -> Repo:
    return Repo.create(tmp_path / "repo", {**SHOP, "shop/cart.py": RED_CART, "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n"})


@pytest.fixture
def bundle(red: Repo, tmp_path: Path) -> Path:
    commit = red.git("rev-parse", "HEAD")
    return write(tmp_path / "bundle", red, record_of(commit, proof(red, [known_fix(red, FIX)]), branch="main"))


# --- there and back ------------------------------------------------------------------------------------


def test_a_bundle_says_whose_it_is_and_what_it_mends(red: Repo, bundle: Path) -> None:
    read = read_bundle(bundle, key="")
    assert (read.base, read.branch, read.is_signed) == (red.git("rev-parse", "HEAD"), "main", False)
    assert [fix.fingerprint for fix in read.fixes] == [PRINT]
    assert read.record.outcome is Outcome.HEALED
    red.git("am", "--quiet", str(bundle / "fix.patch"))
    assert red.git("rev-parse", "HEAD^{tree}") == read.fixes[0].tree


def test_each_fix_comes_back_alone_where_several_touch_the_same_file(red: Repo, tmp_path: Path) -> None:
    first = known_fix(red, {**FIX, "a.txt": "one\n2\n3\n4\n5\n6\n7\n8\n9\n", "new.py": "x = 1\n"})
    other = known_fix(red, {"a.txt": "1\n2\n3\n4\n5\n6\n7\n8\nnine\n", "bin": "\0\1"}, known_failure(OTHER_PRINT))
    one = proof(red, [first, other])
    folder = write(tmp_path / "bundle", red, record_of(red.git("rev-parse", "HEAD"), one))
    judged = judge(read_bundle(folder, key=""), Config(), opened(red))
    assert judged.proof is not None
    assert [fix.candidate.patch for fix in judged.proof.fixes] == [first.candidate.patch, other.candidate.patch]
    assert judged.proof.patch == one.patch


def test_two_fixes_that_share_their_change_come_back(red: Repo, tmp_path: Path) -> None:
    one = proof(red, [known_fix(red, FIX), known_fix(red, FIX, known_failure(OTHER_PRINT))])
    folder = write(tmp_path / "bundle", red, record_of(red.git("rev-parse", "HEAD"), one))
    judged = judge(read_bundle(folder, key=""), Config(), opened(red))
    assert judged.proof is not None, judged.record.summary
    assert judged.proof.patch == one.patch


@pytest.mark.parametrize(
    "changes",
    [
        {"shop/cart.py": None},
        {"shop/cart.py": b"def total(prices):\r\n    return sum(prices)"},
        {"shop/naïve file.py": "x = 1\n"},
        {"shop/cart.py": b"", "empty.py": b""},
        {"shop/cart.py": "-- \n--- a/x\n+++ b/x\ndiff --git a/y b/y\nFrom me\n"},
        {"data.bin": bytes(range(256)) * 20},
        {"shop/latin.py": "# caf\xe9\n".encode("latin-1")},
    ],
    ids=["deleted", "no-newline", "name", "empty", "looks-like-a-patch", "binary", "no-utf-8"],
)
def test_any_content_survives_the_way(red: Repo, tmp_path: Path, changes: dict[str, Any]) -> None:
    one = proof(red, [known_fix(red, changes)])
    folder = write(tmp_path / "bundle", red, record_of(red.git("rev-parse", "HEAD"), one))
    sealed = read_bundle(folder, key="")
    judged = judge(sealed, Config(), opened(red))
    patch = judged.proof.patch if judged.proof else None
    assert patch == one.patch, judged.record.summary


def test_the_owner_s_settings_change_nothing(red: Repo, bundle: Path) -> None:
    for key, value in (
        ("apply.whitespace", "fix"),
        ("apply.ignoreWhitespace", "change"),
        ("core.autocrlf", "true"),
        ("diff.noprefix", "true"),
        ("filter.evil.clean", "touch /tmp/should-not-be"),
        ("core.attributesFile", str(red.path / "attributes")),
    ):
        red.git("config", key, value)
    (red.path / "attributes").write_text("* filter=evil text=auto\n")
    judged = judge(read_bundle(bundle, key=""), Config(), opened(red))
    assert judged.proof is not None, judged.record.summary


def test_a_run_without_a_fix_replaces_the_fix_of_an_earlier_one(red: Repo, bundle: Path) -> None:
    commit = red.git("rev-parse", "HEAD")
    write(bundle, red, record_of(commit, None, outcome=Outcome.GAVE_UP))
    assert sorted(path.name for path in bundle.iterdir()) == ["manifest.json", "record.json"]
    assert read_bundle(bundle, key="").fixes == ()


def test_a_link_in_the_folder_is_replaced_and_not_written_through(red: Repo, tmp_path: Path) -> None:
    folder, victim = tmp_path / "bundle", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("precious")
    (folder / "record.json").symlink_to(victim)
    write(folder, red, record_of(red.git("rev-parse", "HEAD"), None, outcome=Outcome.GAVE_UP))
    assert victim.read_text() == "precious"
    read_bundle(folder, key="")


def test_a_folder_that_cannot_be_written_is_told(red: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HonkError, match="cannot be written"):
        write(tmp_path / "file" / "bundle", red, record_of(red.git("rev-parse", "HEAD"), None))


# --- signatures ------------------------------------------------------------------------------------------


def test_a_signature_is_asked_for_only_where_there_is_a_key(red: Repo, tmp_path: Path) -> None:
    folder = write(tmp_path / "bundle", red, record_of(red.git("rev-parse", "HEAD"), None), key=KEY)
    assert read_bundle(folder, key=KEY).is_signed
    assert not read_bundle(folder, key="").is_signed
    assert KEY not in (folder / "manifest.json").read_text()
    with pytest.raises(BundleRefused, match="another key"):
        read_bundle(folder, key="another-key-altogether")


def test_a_key_too_short_to_be_one_is_refused(red: Repo, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="too few"):
        write(tmp_path / "bundle", red, record_of(red.git("rev-parse", "HEAD"), None), key="short")


@pytest.mark.parametrize(
    "signature", [{"algorithm": "none", "value": ""}, {"algorithm": "hmac-sha256"}, {}, "é", ["x"], 1], ids=str
)
def test_no_other_signature_passes(red: Repo, tmp_path: Path, signature: Any) -> None:
    folder = write(tmp_path / "bundle", red, record_of(red.git("rev-parse", "HEAD"), None), key=KEY)
    alter(folder, "manifest.json", lambda manifest: manifest.update(signature=signature))
    with pytest.raises(ReportError):
        read_bundle(folder, key=KEY)


# --- what is wrong with the files --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["manifest2.json", "MANIFEST.json", "fix.patch.orig", ".hidden", "run.sh"])
def test_a_file_that_does_not_belong_there_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).write_text("{}")
    with pytest.raises(BundleRefused, match="does not belong"):
        read_bundle(bundle, key="")


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_links_pipes_and_folders_are_refused(bundle: Path, tmp_path: Path, name: str) -> None:
    content = (bundle / name).read_bytes()
    (tmp_path / "elsewhere").write_bytes(content)
    (bundle / name).unlink()
    (bundle / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleRefused, match="link"):
        read_bundle(bundle, key="")
    (bundle / name).unlink()
    os.mkfifo(bundle / name)
    with pytest.raises(BundleRefused, match="regular file"):
        read_bundle(bundle, key="")
    (bundle / name).unlink()
    (bundle / name).mkdir()
    with pytest.raises(BundleRefused):
        read_bundle(bundle, key="")


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_file_that_is_too_large_is_refused(bundle: Path, name: str) -> None:
    with (bundle / name).open("r+b") as file:
        file.truncate(LIMITS[name] + 1)
    with pytest.raises(BundleRefused, match="more than"):
        read_bundle(bundle, key="")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"schema": "honk-ci/bundle/1", "schema": "honk-ci/bundle/1"}', "given twice"),
        (b'{"schema": NaN}', "NaN"),
        (b'{"schema": Infinity}', "Infinity"),
        (b'{"schema": 1e999}', "infinite"),
        (b'{"schema": ' + b"9" * 5000 + b"}", "too large"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "nested too deeply"),
        (b'{"schema": "honk-ci/bundle/2"}', "reads honk-ci/bundle/1 alone"),
        (b'{"schema": 1}', "not a text"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"schema": "honk-ci/bundle/1", "sha256": []}', "sha256"),
        (b'{"schema": "honk-ci/bundle/1", "sha256": {"record.json": 1}}', "sha256"),
        (b"\x00", "not JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("name", ["manifest.json", "record.json"])
def test_what_is_no_proper_json_is_refused_by_name(bundle: Path, name: str, text: bytes, words: str) -> None:
    if name == "record.json":
        text = text.replace(b"bundle/1", b"run-record/1")
        words = words.replace("bundle/1", "run-record/1")
    (bundle / name).write_bytes(text)
    if name == "record.json":
        reseal(bundle)
        words = "record.json" if words == "sha256" else words
    with pytest.raises(ReportError, match=words) as refusal:
        read_bundle(bundle, key="")
    assert "record.json" in str(refusal.value) or "manifest.json" in str(refusal.value)


def put(path: str, value: Any) -> Change:
    """A change of one field, named like ``failures.0.cause``."""
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]

    def change(raw: dict[str, Any]) -> None:
        place: Any = raw
        for part in way:
            place = place[part]
        place[last] = value

    return change


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("outcome", "victory"),
        ("outcome", None),
        ("build", "main"),
        ("build.commit", "HEAD"),
        ("build.commit", "--upload-pack=touch x"),
        ("build.base", "0" * 39),
        ("build.head", 7),
        ("build.counts", []),
        ("build.counts.passed", -1),
        ("failures", {}),
        ("failures.0", []),
        ("failures.0.fingerprint", "../../heads/main"),
        ("failures.0.fingerprint", OTHER_PRINT),
        ("failures.0.cause", "because"),
        ("failures.0.tests", "all"),
        ("failures.0.tests.0.line", "4"),
        ("failures.0.reproduction.state", 1),
        ("failures.0.reproduction.runs", 1.5),
        ("failures.0.reproduction.runs", True),
        ("attempts", "none"),
        ("attempts.0.candidates", -1),
        ("patch.fixes", []),
        ("patch.fixes", None),
        ("patch.fixes.0.fingerprint", OTHER_PRINT),
        ("patch.fixes.0.healer", "me\nHonk-Fingerprint: aaaaaaaaaaaa"),
        ("patch.fixes.0.healer", ""),
        ("patch.fixes.0.kind", "harmless"),
        ("patch.fixes.0.rationale", 1),
        ("patch.fixes.0.notes", [1]),
        ("proof.broken.targets", {"a": 1}),
        ("proof.fixed.commit", "main"),
        ("proof.slip_chance", -0.1),
        ("proof.runs", "5"),
        ("usage.cost_usd", "free"),
        ("timing.total_s", True),
        ("notes", "one"),
        ("remaining", [None]),
        ("versions", {"honk-ci": 1}),
        ("schema", "honk-ci/run-record/9"),
    ],
)
def test_a_field_of_the_wrong_kind_is_named(bundle: Path, field: str, value: Any) -> None:
    if field.startswith("build.counts."):
        alter(bundle, "record.json", put("build.counts", {}))
    alter(bundle, "record.json", put(field, value))
    with pytest.raises(ReportError, match=r"record\.json|manifest\.json"):
        read_bundle(bundle, key="")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base", "a" * 40),
        ("base", "main"),
        ("head", "main"),
        ("red_branch", "-x"),
        ("red_branch", "a b"),
        ("red_branch", "main:refs/heads/x"),
        ("target", "main\nx"),
        ("request", -1),
        ("request", "1"),
        ("outcome", "gave_up"),
        ("fixes", []),
        ("fixes.0.fingerprint", OTHER_PRINT),
        ("fixes.0.bytes", 10),
        ("fixes.0.bytes", 10**9),
        ("fixes.0.tree", "HEAD"),
        ("project", 1),
    ],
)
def test_a_manifest_that_contradicts_itself_or_the_record_is_named(bundle: Path, field: str, value: Any) -> None:
    alter(bundle, "manifest.json", put(field, value))
    with pytest.raises(ReportError, match=r"manifest\.json"):
        read_bundle(bundle, key="")


def test_halves_of_surrogates_and_control_characters_do_no_harm(bundle: Path) -> None:
    text = (bundle / "record.json").read_text().replace("The number is right again", "\\ud800 \\u0000 \\u202e")
    (bundle / "record.json").write_text(text)
    reseal(bundle)
    read_bundle(bundle, key="").record.summary.encode()


def test_a_patch_too_many_is_refused(red: Repo, bundle: Path) -> None:
    mail = (bundle / "fix.patch").read_bytes()
    put_mail(bundle, mail)
    (bundle / "fix.patch").write_bytes(mail + mail)
    reseal(bundle)
    with pytest.raises(ReportError, match="holds more"):
        read_bundle(bundle, key="")


# --- the record ----------------------------------------------------------------------------------------


def test_the_record_comes_back_as_it_was_shown(red: Repo) -> None:
    """Whatever a comment or a summary shows survives: the JSON of what was read is the JSON that was read."""
    failure = replace(
        known_failure(cause=Cause.LINT),
        findings=(LogFinding(kind=FindingKind.LINT, tool="ruff", message="unused", file="a.py", line=3, code="F401"),),
        frames=(Frame(path="shop/cart.py", line=2, function="total", is_test=False),),
        evidence=(Evidence(kind="rule", text="F401"),),
        verifier="ruff",
    )
    mended = known_fix(red, FIX, failure, kind="format", notes=("a note",), needs_person="it is new")
    checked = CheckResult(check="target", passed=True, summary="green")
    mended = replace(mended, verdict=Verdict(results=(checked,)))
    counts = TestCounts(passed=3, failed=1, skipped=2, flaky=1)
    broken = SideOfProof(name="broken", commit="", targets={"a::b": "failed"}, counts=counts, command="pytest")
    one = proof(red, [mended], broken=broken, needs_person="it is new", is_clean=True)
    record = record_of(
        red.git("rev-parse", "HEAD"), one, outcome=Outcome.PROPOSED, branch="main",
        usage=Usage(model="m", requests=2, input_tokens=3, output_tokens=4, cost_usd=0.25),
        remaining=("flaky: x",), notes=("n",),
    )  # fmt: skip
    raw = to_json(record, redact=str)
    back = to_json(from_json(json.dumps(raw).encode()), redact=str)
    for part in ("lines_added", "lines_removed", "files", "diff"):  # the patch itself travels in fix.patch
        back["patch"][part] = raw["patch"][part]
    assert back == raw
