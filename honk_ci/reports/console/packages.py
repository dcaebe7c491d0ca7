"""Package managers: what could not be resolved, found or installed."""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import STATEMENT, VERDICT, Findings, finding

K = FindingKind

# npm's error codes. A 404 is a wrong name or version; what the network did is not the repository's fault.
_NPM_KINDS = {
    "ERESOLVE": K.DEPENDENCY, "ETARGET": K.DEPENDENCY, "ENOVERSIONS": K.DEPENDENCY, "E404": K.DEPENDENCY,
    "EUSAGE": K.DEPENDENCY, "EINTEGRITY": K.DEPENDENCY, "EBADENGINE": K.DEPENDENCY, "EBADPLATFORM": K.DEPENDENCY,
    "EPEERINVALID": K.DEPENDENCY, "EJSONPARSE": K.SYNTAX, "EOVERRIDE": K.DEPENDENCY, "EINVALIDPACKAGENAME": K.DEPENDENCY,
    "ENOTFOUND": K.NETWORK, "EAI_AGAIN": K.NETWORK, "ECONNREFUSED": K.NETWORK, "ECONNRESET": K.NETWORK,
    "ETIMEDOUT": K.NETWORK, "ERR_SOCKET_TIMEOUT": K.NETWORK, "EIDLETIMEOUT": K.NETWORK, "ENETUNREACH": K.NETWORK,
    "E500": K.NETWORK, "E502": K.NETWORK, "E503": K.NETWORK, "E504": K.NETWORK, "EPROTO": K.NETWORK,
    "CERT_HAS_EXPIRED": K.NETWORK, "SELF_SIGNED_CERT_IN_CHAIN": K.NETWORK, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY": K.NETWORK,
    "E429": K.RATE_LIMIT, "E401": K.PERMISSION, "E403": K.PERMISSION, "ENEEDAUTH": K.PERMISSION,
    "EACCES": K.PERMISSION, "EPERM": K.PERMISSION, "ENOSPC": K.DISK_FULL, "ENOMEM": K.OUT_OF_MEMORY,
}  # fmt: skip
_NPM = re.compile(r"^\s*npm (?:ERR!|error) ?(?P<text>.*)$")
_NPM_CODE = re.compile(r"^code (?P<code>[A-Z][A-Z_\d]+)$")
_NPM_MISSING_SCRIPT = re.compile(r"^Missing script: (?P<text>.*)$")
# What follows "npm error code X" and says nothing of its own.
_NPM_EMPTY = ("A complete log of this run", "code ", "errno ", "syscall ", "path ", "command ", "For a full report")

# What the line must contain (for speed), who said it, the line, its kind.
_PATTERNS = (
    ("No matching distribution", "pip", re.compile(r"^(?:ERROR: |error: )?(?P<text>No matching distribution found for .*)$"), K.DEPENDENCY),
    ("satisfies the requirement", "pip", re.compile(r"^(?:ERROR: |error: )?(?P<text>Could not find a version that satisfies the requirement .*)$"), K.DEPENDENCY),
    ("ResolutionImpossible", "pip", re.compile(r"^(?:ERROR: |error: )?(?P<text>ResolutionImpossible: .*)$"), K.DEPENDENCY),
    ("conflicting dependencies", "pip", re.compile(r"^(?:ERROR: )?(?P<text>Cannot install .* because these package versions have conflicting dependencies\.)$"), K.DEPENDENCY),
    ("requires a different Python", "pip", re.compile(r"^(?:ERROR: )?(?P<text>.*requires a different Python: .*)$"), K.DEPENDENCY),
    ("THESE PACKAGES DO NOT MATCH", "pip", re.compile(r"^(?:ERROR: )?(?P<text>THESE PACKAGES DO NOT MATCH THE HASHES.*)$"), K.DEPENDENCY),
    ("Failed building wheel", "pip", re.compile(r"^\s*(?:ERROR: )?(?P<text>Failed building wheel for .*)$"), K.DEPENDENCY),
    ("Could not open requirements file", "pip", re.compile(r"^(?:ERROR: )?(?P<text>Could not open requirements file: .*)$"), K.DEPENDENCY),
    ("did not run successfully", "pip", re.compile(r"^\s*\W? ?(?P<text>\w.* did not run successfully\.)$"), K.DEPENDENCY),
    ("neither 'setup.py' nor", "pip", re.compile(r"^(?:ERROR: )?(?P<text>.* does not appear to be a Python project: .*)$"), K.DEPENDENCY),
    ("No solution found", "uv", re.compile(r"^\s*(?:\u00d7|x|error:) (?P<text>No solution found when resolving .*)$"), K.DEPENDENCY),
    ("lockfile", "uv", re.compile(r"^(?:error: )?(?P<text>The lockfile at `.*` needs to be updated.*)$"), K.DEPENDENCY),
    ("was not found in the package registry", "uv", re.compile(r"^\s*(?:╰─▶ )?(?P<text>(?:Because )?.* was not found in the package registry.*)$"), K.DEPENDENCY),
    ("version solving failed", "poetry", re.compile(r"^\s*(?P<text>.*version solving failed\.?)$"), K.DEPENDENCY),
    ("poetry.lock", "poetry", re.compile(r"^(?:Error: )?(?P<text>pyproject\.toml changed significantly since poetry\.lock was last generated.*)$"), K.DEPENDENCY),
    ("SolverProblemError", "poetry", re.compile(r"^\s*(?P<text>SolverProblemError)$"), K.DEPENDENCY),
    ("ERR_PNPM_", "pnpm", re.compile(r"^\s*(?:ERROR |ERR_PNPM| ERR_PNPM).*?(?P<text>ERR_PNPM_\w+.*)$"), K.DEPENDENCY),
    ("ERR_PNPM_", "pnpm", re.compile(r"^\W*(?P<text>ERR_PNPM_\w+.*)$"), K.DEPENDENCY),
    ("error ", "yarn", re.compile(r"^error (?P<text>Couldn't find (?:any versions|package) .*)$"), K.DEPENDENCY),
    ("error ", "yarn", re.compile(r"^error (?P<text>Your lockfile needs to be updated.*)$"), K.DEPENDENCY),
    ("YN00", "yarn", re.compile(r"^➤ (?P<text>YN00(?!0[07]|1[39])\d\d: .*(?:error|can't|not found|No candidates|would have been modified|failed).*)$"), K.DEPENDENCY),
    ("no required module provides", "go", re.compile(r"^.*?(?P<text>no required module provides package .*)$"), K.DEPENDENCY),
    ("go.sum", "go", re.compile(r"^(?:go: )?.*?(?P<text>(?:missing go\.sum entry|checksum mismatch|updates to go\.(?:mod|sum) needed).*)$"), K.DEPENDENCY),
    ("unknown revision", "go", re.compile(r"^go: (?P<text>.*unknown revision .*)$"), K.DEPENDENCY),
    ("failed to select a version", "cargo", re.compile(r"^error: (?P<text>failed to select a version for .*)$"), K.DEPENDENCY),
    ("no matching package", "cargo", re.compile(r"^error: (?P<text>no matching package (?:named|found).*)$"), K.DEPENDENCY),
    ("lock file", "cargo", re.compile(r"^error: (?P<text>(?:the|cannot update the) lock file .*)$"), K.DEPENDENCY),
    ("Could not resolve dependencies", "maven", re.compile(r"^\[ERROR\] (?P<text>.*Could not resolve dependencies for project .*)$"), K.DEPENDENCY),
    ("Could not find artifact", "maven", re.compile(r"^\[ERROR\] (?P<text>.*Could not find artifact .*)$"), K.DEPENDENCY),
    ("Could not resolve all", "gradle", re.compile(r"^>? ?(?P<text>Could not resolve all (?:files|dependencies|artifacts|task dependencies) for .*)$"), K.DEPENDENCY),
    ("Could not find gem", "bundler", re.compile(r"^(?P<text>Could not find gem .*)$"), K.DEPENDENCY),
    ("Could not find compatible", "bundler", re.compile(r"^(?:Bundler c|C)(?P<text>ould not find compatible versions.*)$"), K.DEPENDENCY),
    ("could not be resolved to an installable", "composer", re.compile(r"^\s*(?P<text>Your requirements could not be resolved to an installable set of packages\.)$"), K.DEPENDENCY),
    ("Unable to locate package", "apt", re.compile(r"^E: (?P<text>Unable to locate package .*)$"), K.DEPENDENCY),
    ("NU1", "dotnet", re.compile(r"^.*error (?P<text>NU1\d{3}: .*)$"), K.DEPENDENCY),
    (": not found", "sh", re.compile(r"^(?:\S*/)?(?:ba|da|z)?sh: (?:line )?(?:\d+: )?(?P<text>\S+: (?:command )?not found)$"), K.DEPENDENCY),
    (": command not found", "sh", re.compile(r"^\S+: line \d+: (?P<text>\S+: command not found)$"), K.DEPENDENCY),
)  # fmt: skip
_BECAUSE = re.compile(r"^\W*(?:cause: )?(?P<text>Because .*)$")
_WORDS = tuple(dict.fromkeys(word for word, *_ in _PATTERNS))


class Packages:
    """npm says its code first and its reason in the lines below; the others say it in one line."""

    def __init__(self) -> None:
        self.found = Findings()
        self._code = ""
        self._code_number = 0
        self._unsolved = ""  # uv: the head of its complaint, whose reason comes in the next line

    def feed(self, line: str, number: int) -> None:
        if self._unsolved:
            self._reason(line, number)
        if "npm " in line and (said := _NPM.match(line)):
            self._npm(said["text"], number)
            return
        self._npm_silent(number)
        for word in _WORDS:
            if word in line:
                self._other(line, number)
                return

    def findings(self) -> list[LogFinding]:
        self._npm_silent(self._code_number + 100)
        if self._unsolved:
            self._reason("", self._code_number)
        return self.found.findings()

    def _npm(self, text: str, number: int) -> None:
        if code := _NPM_CODE.match(text):
            self._npm_silent(self._code_number + 100)
            self._code, self._code_number = code["code"], number
        elif missing := _NPM_MISSING_SCRIPT.match(text):
            self.found.add(number, finding(K.OTHER, "npm", missing[0]))
        elif self._code and not text.startswith(_NPM_EMPTY) and text:
            self._add_npm(text, number)

    def _npm_silent(self, number: int) -> None:
        """The code alone, where no reason came within a few lines."""
        if self._code and number > self._code_number + 5:
            self._add_npm("", self._code_number)

    def _add_npm(self, reason: str, number: int) -> None:
        code, self._code = self._code, ""
        kind = _NPM_KINDS.get(code)
        if kind is not None:  # others, such as ELIFECYCLE, only repeat that a script failed
            self.found.add(number, finding(kind, "npm", f"{code}: {reason}" if reason else code, code=code))

    def _reason(self, line: str, number: int) -> None:
        head, self._unsolved = self._unsolved.rstrip(":"), ""
        reason = _BECAUSE.match(line)
        said = f"{head}: {reason['text']}" if reason else head
        self.found.add(number, finding(K.DEPENDENCY, "uv", said))

    def _other(self, line: str, number: int) -> None:
        for word, tool, pattern, kind in _PATTERNS:
            if word in line and (stated := pattern.match(line)):
                if tool == "uv" and word == "No solution found":
                    self._unsolved = stated["text"]
                    return
                weight = STATEMENT if tool == "sh" else VERDICT
                self.found.add(number, finding(kind, tool, stated["text"]), weight=weight)
                return
