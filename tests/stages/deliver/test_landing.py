"""Where fix commits land: merges that the forge made, shallow clones, branches that moved on meanwhile."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from honk_ci.domain import Proof
from honk_ci.errors import RunnerError
from honk_ci.forges.environment import CiContext
from honk_ci.patch import Patch
from tests.repos import Repo
from tests.stages.deliver.kit import Delivering, checkout_as_github, clone, fix, opened

SLOW = pytest.mark.slow

LINES = "".join(f"line {number}\n" for number in range(1, 31))
BROKEN = LINES.replace("line 5\n", "broken\n")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A project with a request from ``feature`` into ``main``, whose merge is red."""

    dev: Repo  # a person's clone
    remote: Repo
    head: str  # of feature
    merge: str  # of it into main, as the forge makes it
    path: Path

    def checkout(self, *, depth: int = 1) -> Repo:
        return checkout_as_github(self.remote.path, self.path / f"ci{depth}", "refs/pull/1/merge", depth=depth)

    def context(self, **more: str) -> CiContext:
        return CiContext(
            name="github", project="acme/shop", head_project="acme/shop", branch="feature", target_branch="main",
            default_branch="main", request=1, head_commit=self.head, commit=self.merge,
        )  # fmt: skip

    def move(self, files: dict[str, str], *, force: bool = False) -> str:
        """A person pushes to the branch meanwhile."""
        self.dev.git("checkout", "--quiet", "feature")
        commit = self.dev.commit("moved on", files)
        self.dev.git("push", "--quiet", *(["--force"] if force else []), "origin", "HEAD:feature")
        return commit

    def tip(self, branch: str) -> str:
        return self.remote.git("rev-parse", f"refs/heads/{branch}")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scene")


@pytest.fixture
def scene(template: Path, tmp_path: Path) -> Scene:
    """Of its own for each test, copied from the first."""
    if not any(template.iterdir()):
        dev = Repo.create(template / "repo")
        make_scene(dev, template, feature={"a.txt": BROKEN}, main={"other.txt": "theirs\n"})
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    dev, remote = Repo(tmp_path / "repo"), Repo(tmp_path / "remote.git")
    dev.git("remote", "set-url", "origin", str(remote.path))
    head, merge = remote.git("rev-parse", "feature", "refs/pull/1/merge").split()
    return Scene(dev=dev, remote=remote, head=head, merge=merge, path=tmp_path)


def make_scene(repo: Repo, tmp_path: Path, *, feature: dict[str, str], main: dict[str, str]) -> Scene:
    for number in range(3):
        repo.commit(f"history {number}", {"a.txt": LINES, "b.txt": f"{number}\n"})
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    repo.git("checkout", "--quiet", "-b", "feature")
    head = repo.commit("break it", feature)
    repo.git("checkout", "--quiet", "main")
    repo.commit("main goes on", main)
    repo.git("push", "--quiet", "origin", "main", "feature")
    repo.git("checkout", "--quiet", "--detach", "main")
    repo.git("merge", "--quiet", "--no-ff", "--message", "Merge feature into main", "feature")
    merge = repo.git("rev-parse", "HEAD")
    repo.git("push", "--quiet", "origin", "HEAD:refs/pull/1/merge", "feature:refs/pull/1/head")
    return Scene(dev=repo, remote=remote, head=head, merge=merge, path=tmp_path)


def refuses(*_: object) -> str:
    return "1 test still failing there"


def agrees(*_: object) -> str:
    return ""


def never_mended(*_: object) -> bool:
    return False


def trying(scene: Scene, ci: Repo, *, proves: object = agrees, mended: object = never_mended) -> Delivering:
    return Delivering(repo=ci, context=scene.context(), more={"prove_again": proves, "is_mended": mended})


# --- merges made by the forge -----------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, pytest.param(2, marks=SLOW), pytest.param(0, marks=SLOW)])
def test_a_fix_of_a_merge_lands_on_the_head_of_the_request(scene: Scene, depth: int) -> None:
    ci = scene.checkout(depth=depth)
    delivery = Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"a.txt": LINES}))
    assert (delivery.done, delivery.note, delivery.notes) == (True, "pushed", ())
    assert scene.remote.git("rev-parse", f"{delivery.branch}^") == scene.head
    assert scene.remote.git("diff", "--name-only", scene.head, delivery.branch) == "a.txt"
    assert scene.remote.git("show", f"{delivery.branch}:a.txt") == LINES.strip()


@pytest.mark.slow
def test_a_shallow_checkout_stays_shallow(scene: Scene) -> None:
    ci = scene.checkout()
    Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"a.txt": LINES}))
    assert ci.git("rev-parse", "--is-shallow-repository") == "true"
    assert ci.git("rev-list", "--count", "HEAD") == "1"


@pytest.mark.slow
def test_a_fix_beside_changes_of_the_target_carries_over_by_a_round_trip(repo: Repo, tmp_path: Path) -> None:
    scene = make_scene(
        repo, tmp_path, feature={"a.txt": BROKEN}, main={"a.txt": LINES.replace("line 25\n", "theirs\n")}
    )
    ci = scene.checkout()
    merged = (ci.path / "a.txt").read_text()
    one = fix(ci, "f1", {"a.txt": merged.replace("broken\n", "line 5\n")})
    delivery = Delivering(repo=ci, context=scene.context()).deliver(one)
    assert scene.remote.git("rev-parse", f"{delivery.branch}^") == scene.head
    assert scene.remote.git("show", f"{delivery.branch}:a.txt") == LINES.strip()


def test_what_only_the_target_has_is_fixed_on_the_merge_itself(repo: Repo, tmp_path: Path) -> None:
    scene = make_scene(repo, tmp_path, feature={"b.txt": "new\n"}, main={"user.txt": "uses old\n"})
    ci = scene.checkout()
    delivery = Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"user.txt": "uses new\n"}))
    assert delivery.done
    assert scene.remote.git("rev-parse", f"{delivery.branch}^") == scene.merge
    assert "stands on the merge" in delivery.notes[0]
    assert "user.txt" in delivery.notes[0]


@pytest.mark.slow
def test_such_a_fix_is_never_committed_onto_the_branch(repo: Repo, tmp_path: Path) -> None:
    scene = make_scene(repo, tmp_path, feature={"b.txt": "new\n"}, main={"user.txt": "uses old\n"})
    ci = scene.checkout()
    one = fix(ci, "f1", {"user.txt": "uses new\n"})
    delivery = Delivering(repo=ci, context=scene.context()).deliver(one, mode="commit")
    assert scene.tip("feature") == scene.head
    assert delivery.mode == "pull-request"
    assert scene.tip(delivery.branch) == delivery.commit


@pytest.mark.slow
def test_two_fixes_of_a_merge_land_as_two_commits(scene: Scene) -> None:
    ci = scene.checkout()
    two = (fix(ci, "f1", {"a.txt": LINES}), fix(ci, "f2", {"b.txt": "3\n"}, "Another thing is right"))
    delivery = Delivering(repo=ci, context=scene.context()).deliver(*two)
    subjects = scene.remote.git("log", "--format=%s", f"{scene.head}..{delivery.branch}").splitlines()
    assert subjects == ["Another thing is right", "The number is right again"]


@pytest.mark.slow
def test_without_the_head_the_fix_stands_on_the_merge(scene: Scene) -> None:
    ci = scene.checkout()
    gone = CiContext(name="github", branch="", head_commit="1" * 40)
    delivery = Delivering(repo=ci, context=gone).deliver(fix(ci, "f1", {"a.txt": LINES}))
    assert delivery.done
    assert "cannot be had" in delivery.notes[0]
    assert scene.remote.git("rev-parse", f"{delivery.branch}^") == scene.merge


@pytest.mark.parametrize("commits", [1, pytest.param(2, marks=SLOW)])
def test_a_job_that_checks_out_a_later_commit_than_its_event_tells_of_lands_on_that(scene: Scene, commits: int) -> None:
    for number in range(commits):
        red = scene.move({"c.txt": f"{number}\n"})
    ci = checkout_as_github(scene.remote.path, scene.path / "ci", "refs/heads/feature")
    delivery = Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"a.txt": LINES}), mode="commit")
    assert (delivery.mode, scene.tip("feature")) == ("commit", delivery.commit)
    assert scene.remote.git("rev-parse", "feature^") == red


@pytest.mark.slow
def test_and_it_is_followed_when_it_moves_on(scene: Scene) -> None:
    scene.move({"c.txt": "1\n"})
    ci = checkout_as_github(scene.remote.path, scene.path / "ci", "refs/heads/feature")
    one = fix(ci, "f1", {"a.txt": LINES})
    red, moved = ci.git("rev-parse", "HEAD"), scene.move({"c.txt": "2\n"})
    delivery = Delivering(repo=ci, context=scene.context()).deliver(one)  # nothing may be run
    assert f"feature is at {moved[:9]} by now" in delivery.notes[0]
    assert scene.remote.git("rev-parse", f"{delivery.branch}^") == red


# --- the branch moved on ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["branch", "commit"])
@pytest.mark.parametrize("depth", [1, pytest.param(0, marks=SLOW)])
def test_a_fix_follows_a_branch_that_moved_on(scene: Scene, mode: str, depth: int) -> None:
    ci = scene.checkout(depth=depth)
    one = fix(ci, "f1", {"a.txt": LINES})
    moved = scene.move({"a.txt": BROKEN.replace("line 20\n", "mine\n")})
    delivery = trying(scene, ci).deliver(one, mode=mode)
    branch = "feature" if mode == "commit" else "honk/fix-f1"
    assert (delivery.done, delivery.branch) == (True, branch)
    assert scene.remote.git("rev-parse", f"{branch}^") == moved
    assert scene.remote.git("show", f"{branch}:a.txt") == LINES.replace("line 20\n", "mine\n").strip()
    assert f"proven again at {moved[:9]}" in delivery.notes[0]


@pytest.mark.slow
def test_what_is_proven_again_is_the_moved_branch_with_the_fix(scene: Scene) -> None:
    ci = scene.checkout()
    asked: list[tuple[Patch, Patch]] = []

    def proves(_: Proof, moved: Patch, fixed: Patch) -> str:
        asked.append((moved, fixed))
        return ""

    one = fix(ci, "f1", {"a.txt": LINES})
    scene.move({"c.txt": "new\n"})
    trying(scene, ci, proves=proves).deliver(one)
    [(moved, fixed)] = asked
    assert moved.paths == ("c.txt", "other.txt")  # what came, and what only the merge had
    assert fixed.paths == ("a.txt", "c.txt", "other.txt")


def test_a_fix_that_does_not_hold_on_the_moved_branch_is_kept_and_offered_to_nobody(scene: Scene) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    moved = scene.move({"c.txt": "new\n"})
    delivery = trying(scene, ci, proves=refuses).deliver(one, mode="pull-request")
    assert (delivery.done, delivery.rejected, delivery.request) == (False, False, None)
    assert delivery.note == f"feature has moved on to {moved[:9]}, where the fix does not hold: {refuses()}"
    assert delivery.kept[0] == "branch honk/fix-f1 on origin"
    assert scene.tip("honk/fix-f1") == delivery.commit
    assert Path(delivery.kept[1]).read_bytes().startswith(b"From ")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["branch", "commit", "pull-request"])
def test_a_fix_that_no_longer_applies_is_kept_and_says_so(scene: Scene, mode: str) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    moved = scene.move({"a.txt": BROKEN.replace("broken\n", "rewritten\n")})
    delivery = trying(scene, ci).deliver(one, mode=mode)
    assert not delivery.done
    assert delivery.note == f"feature has moved on to {moved[:9]}, where the fix no longer applies: a.txt"
    assert scene.tip("feature") == moved
    assert delivery.kept


def test_a_branch_that_was_mended_meanwhile_gets_nothing(scene: Scene) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    scene.move({"a.txt": BROKEN.replace("broken\n", "mended by hand\n")})
    delivery = trying(scene, ci, mended=lambda *_: True).deliver(one)
    assert (delivery.mode, delivery.done) == ("none", True)
    assert delivery.note.startswith("mended meanwhile: feature is at")
    assert "honk/" not in scene.remote.git("for-each-ref")


@pytest.mark.parametrize("mode", ["branch", pytest.param("commit", marks=SLOW)])
def test_a_branch_that_has_the_fix_already_gets_nothing(scene: Scene, mode: str) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    scene.move({"a.txt": LINES})
    delivery = trying(scene, ci, proves=refuses).deliver(one, mode=mode)
    assert delivery.done
    assert delivery.note.startswith("feature holds this fix already")
    assert "honk/" not in scene.remote.git("for-each-ref")


def test_where_nothing_may_run_the_fix_stands_where_it_was_proven(scene: Scene) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    moved = scene.move({"c.txt": "new\n"})
    delivery = Delivering(repo=ci, context=scene.context()).deliver(one)
    assert delivery.done
    assert scene.remote.git("rev-parse", f"{delivery.branch}^") == scene.head
    proven = f"proven at {scene.merge[:9]}; feature is at {moved[:9]} by now, where it was not tried"
    assert delivery.notes == (proven,)


@pytest.mark.slow
def test_a_fault_while_proving_again_costs_nothing(scene: Scene) -> None:
    ci = scene.checkout()

    def breaks(*_: object) -> str:
        raise RunnerError("the set-up command failed")

    one = fix(ci, "f1", {"a.txt": LINES})
    scene.move({"c.txt": "new\n"})
    delivery = trying(scene, ci, proves=breaks, mended=breaks).deliver(one)
    assert delivery.done
    assert delivery.notes[0].endswith("was not tried: the set-up command failed")


def test_a_branch_that_was_rewritten_gets_the_fix_on_its_new_tip(scene: Scene) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    scene.dev.git("checkout", "--quiet", "-B", "feature", "main")
    rewritten = scene.dev.commit("all in one", {"a.txt": BROKEN, "c.txt": "c\n"})
    scene.dev.git("push", "--quiet", "--force", "origin", "feature")
    delivery = trying(scene, ci).deliver(one, mode="commit")
    assert (delivery.done, delivery.branch) == (True, "feature")
    assert scene.remote.git("rev-parse", "feature^") == rewritten


@pytest.mark.slow
def test_of_a_branch_that_is_gone_the_fix_is_pushed_all_the_same(scene: Scene) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    scene.dev.git("push", "--quiet", "origin", ":feature")
    delivery = trying(scene, ci).deliver(one, mode="branch")
    assert delivery.done
    assert delivery.notes == ("origin has no branch feature (any more)",)
    assert scene.remote.git("rev-parse", f"{delivery.branch}^") == scene.head


@pytest.mark.slow
def test_another_submodule_cannot_be_tried_and_survives(scene: Scene) -> None:
    scene.dev.git("checkout", "--quiet", "feature")
    scene.dev.git("update-index", "--add", "--cacheinfo", f"160000,{scene.head},vendor")
    scene.dev.git("commit", "--quiet", "--message", "a submodule")
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    scene.dev.git("push", "--quiet", "origin", "feature")
    delivery = trying(scene, ci).deliver(one)
    assert "was not tried" in delivery.notes[0]


# --- by hand ----------------------------------------------------------------------------------------


def test_by_hand_a_branch_that_is_not_pushed_yet_is_no_other_ground(repo: Repo, tmp_path: Path) -> None:
    repo.commit("one", {"a.txt": LINES})
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    red = repo.commit("not pushed yet", {"a.txt": BROKEN})
    delivery = Delivering(repo=repo, context=CiContext(branch="main")).deliver(fix(repo, "f1", {"a.txt": LINES}))
    assert remote.git("rev-parse", f"{delivery.branch}^") == red
    assert delivery.notes == ()


@pytest.mark.slow
def test_by_hand_a_branch_that_moved_on_is_followed(repo: Repo, tmp_path: Path) -> None:
    repo.commit("red", {"a.txt": BROKEN})
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    mine = clone(remote.path, tmp_path / "mine", "--branch", "main")
    moved = repo.commit("moved on", {"b.txt": "b\n"})
    repo.git("push", "--quiet", "origin", "main")
    by_hand = Delivering(
        repo=mine, context=CiContext(branch="main"), more={"prove_again": agrees, "is_mended": never_mended}
    )
    delivery = by_hand.deliver(fix(mine, "f1", {"a.txt": LINES}))
    assert remote.git("rev-parse", f"{delivery.branch}^") == moved


# --- running again ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_rerun_finds_what_was_proven_on_the_moved_branch_without_proving_it_again(scene: Scene) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    scene.move({"c.txt": "new\n"})
    first = trying(scene, ci).deliver(one)
    second = trying(scene, ci, proves=refuses).deliver(one)
    assert second.note == "the branch holds this fix already"
    assert second.commit == first.commit


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 0])
def test_an_earlier_fix_gives_way_when_the_branch_has_moved_on(scene: Scene, depth: int) -> None:
    ci = scene.checkout(depth=depth)
    Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"a.txt": LINES}))
    scene.move({"c.txt": "new\n"})
    second = trying(scene, ci).deliver(fix(ci, "f1", {"a.txt": LINES.replace("line 5\n", "line five\n")}))
    assert second.note == "pushed in place of an earlier patch"


@pytest.mark.slow
def test_an_earlier_fix_gives_way_when_the_branch_was_rewritten(scene: Scene) -> None:
    ci = scene.checkout()
    Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"a.txt": LINES}))
    scene.dev.git("checkout", "--quiet", "-B", "feature", "main")
    scene.dev.commit("all in one", {"a.txt": BROKEN, "c.txt": "c\n"})
    scene.dev.git("push", "--quiet", "--force", "origin", "feature")
    second = trying(scene, ci).deliver(fix(ci, "f1", {"a.txt": LINES}))
    assert second.note == "pushed in place of an earlier patch"


@pytest.mark.slow
def test_a_fix_of_the_fix_branch_itself_goes_on_top_of_it(scene: Scene) -> None:
    ci = scene.checkout()
    first = Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"a.txt": LINES}))
    again = clone(scene.remote.path, scene.path / "again", "--branch", first.branch)
    own = CiContext(name="github", branch=first.branch, default_branch="main")
    second = Delivering(repo=again, context=own).deliver(fix(again, "f1", {"b.txt": "9\n"}))
    assert second.done
    assert scene.remote.git("rev-parse", f"{second.branch}^") == first.commit


def test_a_person_s_commit_between_two_fixes_is_never_lost(scene: Scene) -> None:
    ci = scene.checkout()
    one = fix(ci, "f1", {"a.txt": LINES})
    first = Delivering(repo=ci, context=scene.context()).deliver(one)
    scene.dev.git("fetch", "--quiet", "origin", first.branch)
    scene.dev.git("checkout", "--quiet", "-B", "mine", "FETCH_HEAD")
    scene.dev.commit("my own touch", {"c.txt": "c\n"})
    scene.dev.git("push", "--quiet", "origin", f"HEAD:{first.branch}")
    again = clone(scene.remote.path, scene.path / "again", "--branch", first.branch)
    own = CiContext(name="github", branch=first.branch, default_branch="main")
    second = Delivering(repo=again, context=own).deliver(fix(again, "f1", {"b.txt": "9\n"}))
    third = Delivering(repo=ci, context=scene.context()).deliver(fix(ci, "f1", {"a.txt": BROKEN + "x\n"}))
    assert not third.done
    assert scene.tip(first.branch) == second.commit
    assert opened(ci).resolve(f"refs/heads/{first.branch}") == third.commit


# --- what a checkout makes of files -----------------------------------------------------------------


def test_filters_links_and_submodules_are_stored_as_they_were(repo: Repo, tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 3\n"
    windows = LINES.replace("\n", "\r\n").encode()
    first = repo.commit("first", {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n*.md text eol=crlf\n"})
    (repo.path / "big.bin").write_text(pointer)
    (repo.path / "windows.txt").write_bytes(windows)
    (repo.path / "link").symlink_to("a.txt")
    (repo.path / "readme.md").write_bytes(windows)
    repo.git("add", "--all")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},vendor")
    repo.git("commit", "--quiet", "--message", "all kinds of files")
    repo.write({"a.txt": BROKEN})
    repo.git("add", "a.txt")
    repo.git("commit", "--quiet", "--message", "red")
    for name, value in {
        "core.autocrlf": "true",
        "filter.lfs.clean": "touch ran; cat",
        "filter.lfs.required": "true",
    }.items():
        repo.git("config", name, value)
    remote = repo.add_bare_remote(tmp_path / "remote.git")
    one = fix(repo, "f1", {"a.txt": LINES, "windows.txt": windows.replace(b"line 9\r", b"line nine\r")})
    delivery = Delivering(repo=repo).deliver(one)
    assert remote.git("diff", "--name-only", f"{delivery.branch}^", delivery.branch).split() == ["a.txt", "windows.txt"]
    assert opened(remote_checkout(remote)).show(delivery.commit, "windows.txt") == windows.replace(
        b"e 9\r", b"e nine\r"
    )
    assert remote.git("ls-tree", delivery.branch, "vendor").startswith("160000")
    assert not (repo.path / "ran").exists()


def remote_checkout(remote: Repo) -> Repo:
    return clone(remote.path, remote.path.parent / "look", "--no-checkout")
