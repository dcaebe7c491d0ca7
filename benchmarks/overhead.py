"""Own overhead of a whole heal through the agent against a bare loop on the same client.

    python -m benchmarks.overhead [--repeats 7] [--lines 15000]

One red build: a generated Python repository with a one-line bug, a bare remote, and a stub test
command that answers at once. The model has no latency and plays the same turns for both: read the
function, edit one line (and, for the bare loop, say that it is done). The bare loop then runs the
test command, commits and pushes; ``honk heal`` does all that honk does. Both run as whole
processes, in turn, children included; every run is checked: the pushed branch has the fix.
Target: at most 1.15 times the CPU of the bare loop, medians of one run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from honk_ci.testing.messages_api import MessagesAPI
from honk_ci.testing.messages_script import Reply, call

RATIO_TARGET = 1.15
TIMEOUT_S = 300
LINES_PER_MODULE = 500
BUGGY = "shop/module_7.py"
WRONG, RIGHT = "return 200 + value  # area 3.", "return 200 - value  # area 3."
WHY = "Subtract the value in area 3 again. The sign was turned around, so every figure of the area was wrong."

# Answers at once: the failed test passes when the bug is gone. It costs one shell and one grep.
STUB = f"""\
#!/bin/sh
if grep -q -F '{RIGHT}' {BUGGY}; then body=''; else body='<failure message="assert 205 == 195">shop/module_7.py:15: AssertionError</failure>'; fi
cat > "$1" <<END
<testsuites><testsuite name="stub" tests="2"><testcase classname="tests.test_shop" name="test_area"/>
<testcase classname="tests.test_shop" name="test_value" file="tests/test_shop.py">$body</testcase></testsuite></testsuites>
END
test -z "$body"
"""
TEST_FILE = """\
from shop.module_7 import area_3


def test_area():
    assert area_3.__name__ == "area_3"


def test_value():
    assert area_3(5) == 195
"""

# What somebody would write on the client by themselves; 40 lines.
BARE = """
import json, os, subprocess, sys
import anthropic

root, report = sys.argv[1:]
client = anthropic.Anthropic()
TOOLS = [
    {"name": "read", "description": "Read a file.", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}},
    {"name": "edit", "description": "Replace text.", "input_schema": {"type": "object", "properties": {
        "path": {"type": "string"}, "old": {"type": "string"}, "new": {"type": "string"}}}},
]

def use(name, arguments):
    path = os.path.join(root, arguments["path"])
    text = open(path).read()
    if name == "read":
        return text
    open(path, "w").write(text.replace(arguments["old"], arguments["new"], 1))
    done = subprocess.run(["sh", "run-tests", report], cwd=root)
    return "green" if done.returncode == 0 else "red"

messages = [{"role": "user", "content": "tests/test_shop.py::test_value fails: assert 205 == 195. Fix it."}]
while True:
    with client.messages.stream(
        model="claude-sonnet-5-5", max_tokens=16000, tools=TOOLS, messages=messages, system="You fix builds."
    ) as stream:
        message = stream.get_final_message()
    calls = [block for block in message.content if block.type == "tool_use"]
    if not calls:
        break
    messages.append({"role": "assistant", "content": message.content})
    results = [{"type": "tool_result", "tool_use_id": c.id, "content": use(c.name, c.input)} for c in calls]
    messages.append({"role": "user", "content": results})

subprocess.run(["git", "checkout", "-q", "-b", "fix"], cwd=root, check=True)
subprocess.run(["git", "commit", "-q", "-a", "-m", "Fix"], cwd=root, check=True)
subprocess.run(["git", "push", "-q", "origin", "fix"], cwd=root, check=True)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What one whole process used, children included."""

    cpu_s: float
    wall_s: float


def make_project(folder: Path, *, lines: int) -> Path:
    """The red repository: two commits, the second with the bug, and a report of its failed job."""
    root = folder / "project"
    for number in range(max(8, lines // LINES_PER_MODULE)):
        _write(root / f"shop/module_{number}.py", _module())
    for name in ("shop/__init__.py", "tests/__init__.py"):
        _write(root / name, "")
    _write(root / "tests/test_shop.py", TEST_FILE)
    _write(root / "run-tests", STUB)
    _write(root / ".gitignore", "report.xml\n__pycache__/\n")
    _git(root, "init", "-q", "-b", "main")
    _commit(root, "Shop")
    buggy = root / BUGGY
    buggy.write_text(buggy.read_text().replace(RIGHT, WRONG))
    _commit(root, "Faster areas")
    subprocess.run(["sh", "run-tests", "report.xml"], cwd=root, check=False, timeout=TIMEOUT_S)
    return root


def _module() -> str:
    functions = [
        f'def area_{n}(value):\n    """Area {n}."""\n    if value is None:\n        return 0\n    return 200 - value  # area {n}.\n\n'
        for n in range(LINES_PER_MODULE // 7)
    ]
    return "\n".join(functions)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _commit(root: Path, message: str) -> None:
    _git(root, "add", "-A")
    _git(root, "commit", "-q", "-m", message)


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=root,
        env=environment(root),
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    return done.stdout.strip()


def environment(root: Path, url: str = "") -> dict[str, str]:
    """Of both processes: a fixed identity, no configuration of this machine, and the scripted model."""
    identity = {f"GIT_{who}_{what}": "bench" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    # PYTHON*: without compiled files of honk-ci, beside those of its dependencies, the wrong thing is measured.
    foreign = ("ANTHROPIC_", "CI", "GIT_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    model = {"ANTHROPIC_API_KEY": "bench", "ANTHROPIC_BASE_URL": url} if url else {}
    return {**kept, **identity, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(root.parent), **model}


def checkout(project: Path, folder: Path) -> Path:
    """A fresh checkout with a fresh bare remote."""
    root = folder / "checkout"
    shutil.copytree(project, root, symlinks=True)
    subprocess.run(["git", "init", "-q", "--bare", str(folder / "remote.git")], check=True, timeout=TIMEOUT_S)
    _git(root, "remote", "add", "origin", str(folder / "remote.git"))
    _git(root, "push", "-q", "origin", "main")
    return root


def turns(*, bare: bool) -> Sequence[Reply]:
    edit = {"path": BUGGY, "old": WRONG, "new": RIGHT}
    if bare:
        return [call("read", path=BUGGY), call("edit", **edit), Reply(text="Done.")]
    return [call("read", path=BUGGY, symbol="area_3"), call("edit", why=WHY, edits=[edit])]


def bare_command(root: Path) -> list[str]:
    return [sys.executable, "-c", BARE, str(root), str(root / "report.xml")]


def honk_command(root: Path) -> list[str]:
    report = ["--report", "report.xml", "--test-command", "sh run-tests {report}"]
    return [sys.executable, "-m", "honk_ci", "heal", "--repo", str(root), *report, "--healers", "agent"]


def measured(command: Sequence[str], root: Path, env: Mapping[str, str]) -> Cost:
    """Run to the end; RuntimeError with the output when it fails or leaves no fix on the remote."""
    started = time.monotonic()
    with (root.parent / "output.txt").open("w+") as output:
        process = subprocess.Popen(command, cwd=root, env=env, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - started
        output.seek(0)
        said = output.read()
    remote = root.parent / "remote.git"
    fixed = [branch for branch in _git(remote, "branch", "--format=%(refname:short)").split() if branch != "main"]
    if process.returncode != 0 or not fixed or RIGHT not in _git(remote, "show", f"{fixed[0]}:{BUGGY}"):
        raise RuntimeError(f"{command[:4]} healed nothing (exit {process.returncode}):\n{said}")
    return Cost(cpu_s=used.ru_utime + used.ru_stime, wall_s=wall)


def one_run(project: Path, *, bare: bool) -> Cost:
    with tempfile.TemporaryDirectory(prefix="honk-bench-") as name, MessagesAPI(turns(bare=bare)) as api:
        root = checkout(project, Path(name))
        command = bare_command(root) if bare else honk_command(root)
        return measured(command, root, environment(root, api.url))


def main() -> int:
    """Print the medians and their ratio; exit 1 when it is above the target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--lines", type=int, default=15_000)
    options = parser.parse_args()
    costs: dict[bool, list[Cost]] = {True: [], False: []}
    with tempfile.TemporaryDirectory(prefix="honk-bench-") as name:
        project = make_project(Path(name), lines=options.lines)
        for bare in (True, False):
            one_run(project, bare=bare)  # compiled files and the page cache
        for _ in range(options.repeats):
            for bare in (True, False):
                costs[bare].append(one_run(project, bare=bare))
    medians = {bare: statistics.median(cost.cpu_s for cost in found) for bare, found in costs.items()}
    for bare, label in ((True, "bare loop"), (False, "honk heal")):
        wall = statistics.median(cost.wall_s for cost in costs[bare])
        print(f"{label:10}  {medians[bare]:.3f} s CPU  {wall:.2f} s wall")
    ratio = medians[False] / medians[True]
    print(f"ratio       {ratio:.2f} (target: at most {RATIO_TARGET})")
    return 0 if ratio <= RATIO_TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
