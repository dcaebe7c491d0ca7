"""The checkout is changed at will and always comes back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from honk_ci.errors import WorkspaceError
from honk_ci.git import Repository
from honk_ci.patch import FileChange, Patch
from honk_ci.process import Command
from honk_ci.workspaces.in_place import InPlaceWorkspace, in_place, recover
from tests.repos import Repo

FILES = {
    "app.py": "x = 1\n",
    "lib/util.py": "y = 2\n",
    "run.sh": "#!/bin/sh\n",
    "old.txt": "old\n",
    ".gitignore": "*.log\n",
}


def snapshot(root: Path) -> dict[str, tuple[str, bytes]]:
    """Every file outside .git with its kind and content."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.startswith(".git/") or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink():
            found[name] = ("link", os.fsencode(path.readlink()))
        else:
            found[name] = (oct(path.stat().st_mode), path.read_bytes())
    return found


def git_state(repo: Repo) -> tuple[str, ...]:
    return (
        repo.git("status", "--porcelain", "--branch"),
        repo.git("stash", "list"),
        repo.git("for-each-ref"),
        repo.git("ls-files", "--stage"),
        repo.git("rev-parse", "--abbrev-ref", "HEAD"),
    )


@pytest.fixture
def dirty(repo: Repo) -> Repo:
    """A repository with every kind of uncommitted work."""
    repo.commit("first", {**FILES, "docs/a/b.md": "b\n", "plan": "p\n", "data/x.txt": "x\n"})
    (repo.path / "run.sh").chmod(0o755)
    repo.commit("executable")
    repo.write(
        {
            "app.py": "x = 'my unfinished work'\n",
            "staged.py": "s = 1\n",
            "untracked/note.md": "note\n",
            "debug.log": "l\n",
        }
    )
    repo.git("add", "staged.py")
    (repo.path / "old.txt").unlink()
    (repo.path / "link").symlink_to("app.py")
    repo.write({"lib/util.py": "y = 'staged'\n"})
    repo.git("add", "lib/util.py")
    repo.write({"lib/util.py": "y = 'staged, then changed again'\n"})
    shutil.rmtree(repo.path / "docs")
    (repo.path / "plan").unlink()
    repo.write({"docs": "a file where a folder was\n", "plan/one.md": "a folder where a file was\n"})
    shutil.move(repo.path / "data", repo.path / "moved")
    (repo.path / "data").symlink_to("moved")
    return repo


def open_repository(repo: Repo) -> Repository:
    return Repository(repo.path, environ=os.environ)


def test_the_tree_is_the_red_commit_while_open_and_the_users_again_after(dirty: Repo) -> None:
    before, state = snapshot(dirty.path), git_state(dirty)
    with in_place(open_repository(dirty), environ=os.environ) as workspace:
        assert workspace.read("app.py") == b"x = 1\n"
        assert workspace.read("lib/util.py") == b"y = 2\n"
        assert workspace.read("old.txt") == b"old\n"
        assert not workspace.changes()
        workspace.write("app.py", b"x = 3\n")
        workspace.write("new/deep/file.py", b"n\n")
        workspace.write("old.txt", None)
        workspace.write("untracked/note.md", b"overwritten\n")
    assert snapshot(dirty.path) == before
    assert git_state(dirty) == state
    assert not (dirty.path / "new").exists()
    assert not (dirty.path / ".git/honk/rescued").exists()


def test_changes_are_a_patch_against_the_red_commit(repo: Repo) -> None:
    repo.commit("first", FILES)
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        workspace.write("app.py", b"x = 3\n")
        workspace.write("new.py", b"n\n")
        workspace.write("old.txt", None)
        workspace.write("lib/util.py", b"y = 2\n")
        patch = workspace.changes()
        assert [(c.path, c.before, c.after) for c in patch.changes] == [
            ("app.py", b"x = 1\n", b"x = 3\n"),
            ("new.py", None, b"n\n"),
            ("old.txt", b"old\n", None),
        ]
        workspace.reset()
        assert not workspace.changes()
        workspace.apply(patch)
        assert workspace.changes() == patch


def test_a_tool_s_changes_count_and_a_test_s_do_not(repo: Repo) -> None:
    repo.commit("first", FILES)
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        workspace.run(Command(shell="echo t >> app.py; echo t > left.txt"), timeout_s=10, purpose="test")
        assert not workspace.changes()
        workspace.reset()
        assert workspace.read("app.py") == b"x = 1\n"
        workspace.run(
            Command(shell="echo z >> lib/util.py; echo n > made.py; echo l > a.log"), timeout_s=10, purpose="tool"
        )
        assert workspace.changes().paths == ("lib/util.py", "made.py")
        workspace.reset()
        assert workspace.read("lib/util.py") == b"y = 2\n"
        assert workspace.read("made.py") is None


def test_the_base_commit_for_a_while(repo: Repo) -> None:
    base = repo.commit("base", {**FILES, "gone.py": "g\n"})
    repo.git("rm", "-q", "gone.py")
    repo.commit("red", {"app.py": "x = 2\n", "added.py": "a\n"})
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        with workspace.at(base):
            assert (repo.path / "gone.py").read_text() == "g\n"
            assert (repo.path / "app.py").read_text() == "x = 1\n"
            assert not (repo.path / "added.py").exists()
        assert (repo.path / "added.py").exists()
        assert not (repo.path / "gone.py").exists()
        assert not workspace.changes()
    assert repo.git("status", "--porcelain") == ""


def test_clean_sets_aside_what_git_does_not_know(repo: Repo) -> None:
    repo.commit("first", FILES)
    repo.write({"untracked.py": "u\n", "debug.log": "l\n", ".venv/pyvenv.cfg": "home\n"})
    before = snapshot(repo.path)
    patch = Patch.of([FileChange(path="app.py", before=b"x = 1\n", after=b"x = 9\n")])
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        with workspace.clean(patch, ignored_too=False):
            assert not (repo.path / "untracked.py").exists()
            assert (repo.path / "debug.log").exists()
            assert (repo.path / ".venv/pyvenv.cfg").exists()
            assert (repo.path / "app.py").read_text() == "x = 9\n"
        assert snapshot(repo.path) == before
        with workspace.clean(patch, ignored_too=True) as root:
            assert not (root / "debug.log").exists()
            assert not (root / ".venv").exists()
            workspace.run(Command(shell="mkdir .venv built; echo 1 > .venv/pyvenv.cfg"), timeout_s=10, purpose="setup")
    assert snapshot(repo.path) == before


@pytest.mark.parametrize(
    "path", ["../out.py", "/etc/passwd", ".git/config", "a/../../b", ".GIT/hooks/x", "sub/.git/x", "", "way/out.txt"]
)
def test_paths_that_leave_the_checkout_are_refused(repo: Repo, path: str, tmp_path: Path) -> None:
    repo.commit("first", FILES)
    (repo.path / "way").symlink_to(tmp_path)
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        with pytest.raises(WorkspaceError):
            workspace.write(path, b"")
        with pytest.raises(WorkspaceError):
            workspace.read(path)


def test_links_that_lead_out_are_not_read(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    repo.commit("first", FILES)
    (repo.path / "out").symlink_to(tmp_path / "secret")
    (repo.path / "git").symlink_to(".git/config")
    (repo.path / "in").symlink_to("app.py")
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        assert workspace.read("in") == b"x = 1\n"
        for name in ("out", "git"):
            with pytest.raises(WorkspaceError, match="link"):
                workspace.read(name)


def test_line_endings_of_the_checkout_are_kept_and_those_of_the_commit_proposed(repo: Repo) -> None:
    repo.commit("first", {".gitattributes": "*.txt text eol=crlf\n", "a.txt": "one\ntwo\n"})
    (repo.path / "a.txt").unlink()
    repo.git("checkout", "-q", "--", "a.txt")
    assert (repo.path / "a.txt").read_bytes() == b"one\r\ntwo\r\n"
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        workspace.write("a.txt", b"one\r\n2\r\n")
        patch = workspace.changes()
        assert patch.changes[0].after == b"one\n2\n"
        workspace.reset()
        workspace.apply(patch)
        assert workspace.read("a.txt") == b"one\r\n2\r\n"


def test_two_edits_within_one_second_are_never_confused_by_python(repo: Repo) -> None:
    repo.commit("first", {"m.py": "V = 1\n"})
    show = Command(argv=(sys.executable, "-c", "import m; print(m.V)"))
    subprocess.run([sys.executable, "-c", "import m"], cwd=repo.path, check=True, timeout=30)  # leaves a .pyc
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        for value in (2, 3, 4):
            workspace.write("m.py", f"V = {value}\n".encode())
            assert workspace.run(show, timeout_s=30, purpose="test").output.strip() == str(value)
        workspace.reset()
        assert workspace.run(show, timeout_s=30, purpose="test").output.strip() == "1"


def test_files_of_the_build_come_back_after_reruns_have_overwritten_them(repo: Repo) -> None:
    repo.commit("first", FILES)
    repo.write({"junit.xml": "<the red report/>\n"})
    with in_place(open_repository(repo), environ=os.environ, kept=[repo.path / "junit.xml"]) as workspace:
        workspace.run(Command(shell="echo green > junit.xml"), timeout_s=10, purpose="test")
    assert (repo.path / "junit.xml").read_text() == "<the red report/>\n"


def test_secrets_are_not_handed_to_commands(repo: Repo) -> None:
    repo.commit("first", FILES)
    environ = {
        **os.environ,
        "ANTHROPIC_API_KEY": "k",
        "MY_TOKEN": "t",
        "DB_URL": "postgres://u:p@h/d",
        "KEYBOARD": "de",
    }
    with in_place(open_repository(repo), environ=environ, pass_env=["MY_TOKEN"]) as workspace:
        output = workspace.run(Command(argv=("env",)), timeout_s=10, purpose="test").output
    assert "ANTHROPIC" not in output
    assert "DB_URL" not in output
    assert "MY_TOKEN=t" in output
    assert "KEYBOARD=de" in output


def test_two_runs_at_once_are_refused(repo: Repo) -> None:
    repo.commit("first", FILES)
    with in_place(open_repository(repo), environ=os.environ):
        with pytest.raises(WorkspaceError, match="another honk"):
            with in_place(open_repository(repo), environ=os.environ):
                pass


KILLED_RUN = """
import os, sys, time
from pathlib import Path
from honk_ci.git import Repository
from honk_ci.patch import FileChange, Patch
from honk_ci.process import Command
from honk_ci.workspaces.in_place import in_place

def pause():
    print("now", flush=True)
    time.sleep(60)

repository = Repository(Path(sys.argv[1]), environ=os.environ)
with in_place(repository, environ=os.environ) as workspace:
    {body}
"""

POINTS = {
    "after opening": "pause()",
    "with edits in place": "workspace.write('app.py', b'edited'); workspace.write('n/new.py', b'n'); workspace.write('run.sh', None); pause()",
    "after a tool": "workspace.run(Command(shell='echo t > app.py; echo t > lib/util.py; echo m > made.py'), timeout_s=9, purpose='tool'); pause()",
    "during a test": "workspace.run(Command(shell='echo t > run.sh; echo now; sleep 0.2; kill -9 $PPID; sleep 1'), timeout_s=9, purpose='test')",
    "in a clean tree": "c = workspace.clean(Patch(), ignored_too=True); c.__enter__(); (workspace.root / 'debug.log').write_text('made'); pause()",
}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_is_put_back_by_the_next_start(dirty: Repo, point: str) -> None:
    before, state = snapshot(dirty.path), git_state(dirty)
    body = textwrap.dedent(KILLED_RUN).format(body=POINTS[point])
    run = subprocess.Popen([sys.executable, "-c", body, str(dirty.path)], stdout=subprocess.PIPE)
    assert run.stdout is not None
    if "test" not in point:
        assert run.stdout.readline() == b"now\n"
        run.send_signal(signal.SIGKILL)
    assert run.wait(30) == -signal.SIGKILL
    run.stdout.close()
    assert snapshot(dirty.path) != before

    recover(open_repository(dirty))
    assert snapshot(dirty.path) == before
    assert git_state(dirty) == state


KILLED_AT_THE_END = """
import os, signal, sys
from pathlib import Path
from honk_ci.git import Repository
from honk_ci.workspaces.in_place import in_place

def die(event, arguments):
    if event == "shutil.rmtree" and Path(arguments[0]).name == "journal":
        os.kill(os.getpid(), signal.SIGKILL)

with in_place(Repository(Path(sys.argv[1]), environ=os.environ), environ=os.environ):
    sys.addaudithook(die)
"""


def test_a_kill_while_the_journal_is_dropped_leaves_nothing_to_undo(dirty: Repo) -> None:
    before = snapshot(dirty.path)
    run = subprocess.run([sys.executable, "-c", KILLED_AT_THE_END, str(dirty.path)], timeout=30, check=False)
    assert run.returncode == -signal.SIGKILL
    assert not (dirty.path / ".git/honk/journal/log.jsonl").exists()  # else it would tell of originals that are gone
    recover(open_repository(dirty))
    assert snapshot(dirty.path) == before
    assert not (dirty.path / ".git/honk/journal").exists()


def test_work_done_after_a_kill_is_not_undone(dirty: Repo) -> None:
    body = KILLED_RUN.format(body=POINTS["with edits in place"])
    run = subprocess.Popen([sys.executable, "-c", body, str(dirty.path)], stdout=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.readline()
    run.kill()
    run.wait(30)
    run.stdout.close()
    later = time.time() + 3600
    for name in ("app.py", ".gitignore"):
        (dirty.path / name).write_text("written by the owner after the kill\n")
        os.utime(dirty.path / name, (later, later))
    lines = recover(open_repository(dirty))
    assert (dirty.path / "app.py").read_text() == "written by the owner after the kill\n"
    assert (dirty.path / ".gitignore").read_text() == "written by the owner after the kill\n"
    kept = next(line.rsplit(": ", 1)[1] for line in lines if line.endswith("app.py"))
    assert Path(kept).read_text() == "x = 'my unfinished work'\n"


def test_an_interrupt_puts_the_checkout_back(dirty: Repo) -> None:
    before = snapshot(dirty.path)

    def interrupted(workspace: InPlaceWorkspace) -> None:
        workspace.write("app.py", b"edited\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with in_place(open_repository(dirty), environ=os.environ) as workspace:
            interrupted(workspace)
    assert snapshot(dirty.path) == before


def test_git_settings_that_a_test_wrote_are_put_back(repo: Repo) -> None:
    repo.commit("first", FILES)
    before = (repo.path / ".git/config").read_bytes()
    shell = "git config remote.origin.receivepack evil; echo '* filter=evil' > .git/info/attributes"
    with in_place(open_repository(repo), environ=os.environ) as workspace:
        workspace.run(Command(shell=f"mkdir -p .git/info; {shell}"), timeout_s=10, purpose="test")
    assert (repo.path / ".git/config").read_bytes() == before
    assert not (repo.path / ".git/info/attributes").exists()
    assert len(workspace.notes) == 2


def test_a_linked_work_tree(repo: Repo, tmp_path: Path) -> None:
    repo.commit("first", FILES)
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "other")
    linked = Repo(tmp_path / "linked")
    (linked.path / "app.py").write_text("mine\n")
    with in_place(open_repository(linked), environ=os.environ) as workspace:
        workspace.write("app.py", b"theirs\n")
        workspace.run(Command(shell="git config a.b c"), timeout_s=10, purpose="test")
    assert (linked.path / "app.py").read_text() == "mine\n"
    assert "[a]" not in (repo.path / ".git/config").read_text()


@pytest.fixture
def swapped(repo: Repo) -> Repo:
    """A file that became a folder, and a folder that became a file."""
    repo.commit("base", {"a": "a file\n", "d/x": "x\n", "d/y": "y\n"})
    repo.git("rm", "--quiet", "-r", "a", "d")
    repo.commit("red", {"a/b/c": "c\n", "d": "a file\n"})
    return repo


def test_files_and_folders_may_take_each_other_s_place(swapped: Repo) -> None:
    before = snapshot(swapped.path)
    with in_place(open_repository(swapped), environ=os.environ) as workspace:
        with workspace.at(swapped.git("rev-parse", "HEAD~1")):
            assert sorted(snapshot(swapped.path)) == ["a", "d/x", "d/y"]
        assert snapshot(swapped.path) == before
        assert not workspace.changes()
    assert snapshot(swapped.path) == before
    assert workspace.notes == []


def test_folders_come_back_after_a_kill_at_the_base(swapped: Repo) -> None:
    before = snapshot(swapped.path)
    script = """
        import os, signal, sys
        from pathlib import Path
        from honk_ci.git import Repository
        from honk_ci.workspaces.in_place import in_place
        repository = Repository(Path(sys.argv[1]), environ=os.environ)
        with in_place(repository, environ=os.environ) as workspace, workspace.at(repository.resolve("HEAD~1")):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    arguments = [sys.executable, "-c", textwrap.dedent(script), str(swapped.path)]
    assert subprocess.run(arguments, env=environ, timeout=60, check=False).returncode == -signal.SIGKILL
    assert sorted(snapshot(swapped.path)) == ["a", "d/x", "d/y"]
    recover(open_repository(swapped))
    assert snapshot(swapped.path) == before


CLEANED_RUN = """
import os, sys
from pathlib import Path
from honk_ci.git import Repository
from honk_ci.patch import Patch
from honk_ci.process import Command
from honk_ci.workspaces.in_place import in_place

made = "mkdir -p made/deep; touch made/deep/file; chmod -R a-w made"
with in_place(Repository(Path(sys.argv[1]), environ=os.environ), environ=os.environ) as workspace:
    with workspace.clean(Patch(), ignored_too=True):
        assert not (workspace.root / "cache").exists()
        workspace.run(Command(shell=made), timeout_s=9, purpose="setup")
"""


def test_read_only_folders_are_set_aside_and_come_back(repo: Repo) -> None:
    """Go's module cache is one."""
    unprivileged = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    if unprivileged and shutil.which("setpriv") is None:
        pytest.skip("root writes everywhere")
    repo.commit("first", FILES)
    repo.write({"cache/deep/file": "c\n"})
    subprocess.run(["chmod", "-R", "a-w", "cache"], cwd=repo.path, check=True, timeout=10)
    before = snapshot(repo.path)
    run = [*unprivileged, sys.executable, "-c", CLEANED_RUN, str(repo.path)]
    done = subprocess.run(run, timeout=30, capture_output=True, text=True, check=False)
    modes = [(repo.path / name).stat().st_mode & 0o777 for name in ("cache", "cache/deep")]
    after = snapshot(repo.path)
    subprocess.run(["chmod", "-R", "u+w", str(repo.path)], check=True, timeout=10)  # for pytest to remove it
    assert done.returncode == 0, done.stderr
    assert after == before
    assert modes == [0o555, 0o555]
    assert not (repo.path / ".git/honk/journal").exists()


def test_where_no_journal_can_be_kept_nothing_is_begun(dirty: Repo) -> None:
    (dirty.path / ".git/honk").write_text("in the way\n")
    before = snapshot(dirty.path)
    with pytest.raises(WorkspaceError, match="cannot be written"), in_place(open_repository(dirty), environ=os.environ):
        pass
    assert snapshot(dirty.path) == before
