"""Takes secrets out of text: the values of this environment, and tokens of known formats.

What a run prints, records, sends to a model or writes to a forge goes through here. Git hashes,
uuids and ordinary code stay as they are.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

MIN_SECRET = 6  # shorter values occur by chance

# Names whose value is a secret whatever it looks like, and names whose value often is one.
_STRONG = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY")
_WEAK = re.compile(
    r"(?:^|_)(?:KEY|KEYS|AUTH|PASS|PAT|JWT|DSN|PRIVATE|SESSION|COOKIE|WEBHOOK|SIGNATURE|SALT)(?:_|$)"
    r"|_PWD(?:_|$)|^PWD_"  # PWD alone is the working directory
    r"|(?:SSH|GPG|DEPLOY|SIGNING|ENCRYPTION|MASTER|LICENSE)KEY$"
)

_COMMON_WORDS = frozenset({
    "enabled", "disabled", "default", "production", "staging", "development", "testing", "public", "private",
    "required", "optional", "github", "gitlab", "bearer", "oauth2", "password", "secret", "changeme", "redacted",
    "always", "undefined", "localhost", "postgres", "example", "username",
})  # fmt: skip
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d+)?[a-z]{0,2}")
_PATH = re.compile(r"(?:[A-Za-z]:[\\/]|~?/|\.{1,2}/)[\w.@ \\/+-]*")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s@]*")
_WORDS = re.compile(r"[A-Za-z]+(?:[-_ .][A-Za-z]+)*")
_RANDOM_PART = re.compile(r"(?=[^\\/]*\d)(?=[^\\/]*[a-z])(?=[^\\/]*[A-Z])[^\\/]{16,}")


def is_secret_name(name: str) -> bool:
    """Whether the name of an environment variable says that its value is a secret."""
    upper = name.upper()
    return bool(_STRONG.search(upper) or _WEAK.search(upper))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Format:
    """A token of a known shape. The pattern runs only where one of the hints occurs in the text."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    replace: Callable[[re.Match[str]], str] | None = None  # None: the whole match goes


class Redactor:
    """Replaces secrets by ``[redacted:KIND]``: the variable's name, or the token's format."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        forms: dict[str, str] = {}
        for name in sorted(environ):
            if is_secret_name(name) and not _is_harmless(environ[name], strong=bool(_STRONG.search(name.upper()))):
                for form in _forms(environ[name]):
                    forms.setdefault(form, f"[redacted:{name}]")
        # longest first: a value may be part of another one
        self._forms = sorted(forms.items(), key=lambda item: (-len(item[0]), item[0]))

    def redact(self, text: str) -> str:
        """``text`` without secrets; the same object when there are none."""
        for value, label in self._forms:
            if value in text:
                text = text.replace(value, label)
        for known in _FORMATS:
            if any(hint in text for hint in known.hints):
                text = known.pattern.sub(known.replace or f"[redacted:{known.kind}]", text)
        return text

    def kinds(self, text: str) -> tuple[str, ...]:
        """Which kinds of secrets are in ``text``, sorted; empty when there are none."""
        before, after = set(_LABEL.findall(text)), set(_LABEL.findall(self.redact(text)))
        return tuple(sorted(after - before))


_LABEL = re.compile(r"\[redacted:([\w-]+)\]")


def _is_harmless(value: str, *, strong: bool) -> bool:
    stripped = value.strip()
    if len(stripped) < MIN_SECRET or stripped.lower() in _COMMON_WORDS or _NUMBER.fullmatch(stripped):
        return True
    if _PATH.fullmatch(stripped) and not _RANDOM_PART.search(stripped):
        return True
    if _URL.fullmatch(stripped) and "?" not in stripped and not _RANDOM_PART.search(stripped):
        return True
    return not strong and _WORDS.fullmatch(stripped) is not None


def _forms(value: str) -> Iterator[str]:
    """The ways in which a value may stand in a text."""
    for part in {value.strip(), *_secret_lines(value)}:
        yield part
        yield json.dumps(part)[1:-1]
        yield json.dumps(part, ensure_ascii=False)[1:-1]
        raw = os.fsencode(part)  # the environment may hold bytes that are no text
        yield raw.decode("utf-8", "replace")
        yield quote(raw, safe="")
        yield quote(raw)
        yield quote_plus(raw)
        yield from _base64_forms(raw)


def _secret_lines(value: str) -> Iterator[str]:
    """Lines of a secret of several lines: logs break it up. Lines with blanks are prose or JSON."""
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= 16 and not re.search(r"[\s\"{}]|-----", line))


def _base64_forms(value: bytes) -> Iterator[str]:
    """What base64 makes of the value alone and inside a longer text, such as ``user:value``.

    Three bytes become four characters, so that the value may start at three offsets; characters
    that depend on its neighbours are cut off.
    """
    if len(value) < 8:
        return
    for offset in range(3):
        length = offset + len(value)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(bytes(offset) + value).decode()
            yield encoded[-(-offset * 8 // 6) : length * 8 // 6]


def _keep(kind: str) -> Callable[[re.Match[str]], str]:
    """Groups ``before`` and ``after`` stay, what stands between them goes."""

    def replace(match: re.Match[str]) -> str:
        groups = match.groupdict()
        return f"{groups.get('before') or ''}[redacted:{kind}]{groups.get('after') or ''}"

    return replace


_PLACEHOLDERS = frozenset({
    "password", "passwd", "pass", "secret", "postgres", "root", "admin", "guest", "test", "user", "username", "example",
    "changeme", "xxx", "token",
})  # fmt: skip


def _url_credentials(match: re.Match[str]) -> str:
    """``user:password@`` in an address, unless it plainly is a placeholder or a template."""
    user, password = match["user"], match["password"] or ""
    is_template = re.search(r"[${}<>*\[\]%]", (password or user).replace("%40", "")) and "redacted" not in password
    if password.lower() in {*_PLACEHOLDERS, user.lower()} or is_template or (not password and len(user) < 20):
        return match[0]
    if password.startswith("[redacted:") or user.startswith("[redacted:"):
        return match[0]
    return "://[redacted:url-credentials]@"


def _pem(match: re.Match[str]) -> str:
    """A key block, whole or cut off; code that merely names the marker has no body."""
    return "[redacted:private-key]" if re.search(r"[A-Za-z0-9+/=]{40}", match[0]) else match[0]


def _header_value(match: re.Match[str]) -> str:
    value = match["value"]
    if re.search(r"[${}<>*\[\]]|\.\.\.|%s", value) or value.isalpha():
        return match[0]
    return f"{match['before']}[redacted:authorization]"


def _format(kind: str, hints: str, pattern: str, replace: Callable[[re.Match[str]], str] | None = None) -> _Format:
    return _Format(kind=kind, hints=tuple(hints.split()), pattern=re.compile(pattern), replace=replace)


_END = r"(?![A-Za-z0-9_])"
_FORMATS = (
    _format(
        "private-key",
        "PRIVATE",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\s\\:,.]|-(?!----))*"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
        _pem,
    ),
    _format("anthropic-key", "sk-ant-", r"sk-ant-[A-Za-z0-9_-]{20,}"),
    _format("openai-key", "sk-", r"(?<![\w-])sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})" + _END),
    _format("github-token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{30,}[A-Za-z0-9_.-]*"),
    _format("github-token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    _format(
        "gitlab-token",
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glsoat- glimt- glagent- glwt- glffct- gloas-",
        r"gl(?:pat|dt|rtr?|cbt|ptt|ft|soat|imt|agent|wt|ffct|oas)-[A-Za-z0-9_.-]{18,}[A-Za-z0-9_]",
    ),
    _format("slack-token", "xox xapp-", r"(?<!\w)(?:xox[abceoprs]|xapp)-[A-Za-z0-9-]{10,}"),
    _format("slack-webhook", "hooks.slack.com", r"(?<=hooks\.slack\.com)/(?:services|workflows)/[A-Za-z0-9/_]{20,}"),
    _format("aws-access-key", "AKIA ASIA ABIA ACCA", r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}" + _END),
    _format(
        "aws-secret-key",
        "aws_secret AWS_SECRET SecretAccessKey secretAccessKey",
        r"(?P<before>(?:(?:aws|AWS)_(?:secret|SECRET)_(?:access|ACCESS)_(?:key|KEY)|[sS]ecretAccessKey)\W{1,5})"
        r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
        _keep("aws-secret-key"),
    ),
    _format("npm-token", "npm_", r"(?<!\w)npm_[A-Za-z0-9]{36,}" + _END),
    _format("npm-token", "_authToken", r"(?P<before>_authToken\s?=\s?)[^\s$\"'{}\[]{8,}", _keep("npm-token")),
    _format("pypi-token", "pypi-", r"(?<!\w)pypi-[A-Za-z0-9_-]{50,}"),
    _format("google-key", "AIza", r"(?<!\w)AIza[A-Za-z0-9_-]{35}" + _END),
    _format("stripe-key", "sk_live_ rk_live_ whsec_", r"(?<!\w)(?:[sr]k_live|whsec)_[A-Za-z0-9]{20,}"),
    _format("sendgrid-key", "SG.", r"(?<!\w)SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{40,46}"),
    _format("huggingface-token", "hf_", r"(?<!\w)hf_[A-Za-z]{30,}" + _END),
    _format("docker-token", "dckr_pat_", r"dckr_pat_[A-Za-z0-9_-]{20,}"),
    _format("digitalocean-token", "do", r"(?<!\w)do[opr]_v1_[a-f0-9]{60,}"),
    _format("azure-key", "AccountKey=", r"(?P<before>AccountKey=)[A-Za-z0-9+/=]{40,}", _keep("azure-key")),
    _format("jwt", "eyJ", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    _format(
        "authorization",
        "uthorization AUTHORIZATION extraheader",
        r"(?P<before>(?:[aA]uthorization|AUTHORIZATION)[\"']?\s?[:=]\s?[\"']?(?:(?:[bB]earer|[bB]asic|BASIC|[tT]oken)\s))"
        r"(?P<value>[^\s\"',;]{8,})",
        _header_value,
    ),
    _format(
        "url-credentials",
        "://",
        r"://(?P<user>[^\s/@:\"'`<>?#]{0,256})(?::(?P<password>[^\s/@\"'`<>?#]{1,256}))?@",
        _url_credentials,
    ),
)
