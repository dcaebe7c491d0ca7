"""Faults of the surroundings are told from faults of the code, with the reason."""

from __future__ import annotations

import pytest

from honk_ci.domain import Cause, FindingKind, LogFinding
from honk_ci.stages.triage.infrastructure import endpoint
from tests.repos import Repo
from tests.stages.triage_kit import evidence, failed, triaged

FILES = {
    "shop/__init__.py": "",
    "shop/api.py": "def fetch():\n    return 1\n",
    "tests/test_api.py": "def test_api():\n    pass\n",
}


@pytest.fixture
def shop(repo: Repo) -> Repo:
    repo.commit("files", FILES)
    return repo


def _python(last: str, *before: str) -> str:
    return (
        'Traceback (most recent call last):\n  File "/ci/tests/test_api.py", line 2, in test_api\n    fetch()\n'
        '  File "/ci/shop/api.py", line 2, in fetch\n    get()\n'
        + "".join(f"{line}\n" for line in before)
        + f"{last}\n"
    )


INFRASTRUCTURE = {
    "dns": ("socket.gaierror: [Errno -3] Temporary failure in name resolution", ""),
    "dns of requests": (
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.acme.example', port=443): Max retries exceeded with url: / "
        "(Caused by NameResolutionError(\"<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to resolve 'api.acme.example'\"))",
        "api.acme.example",
    ),
    "dns of node": ("Error: getaddrinfo ENOTFOUND db.acme.example", "db.acme.example"),
    "dns of go": ("dial tcp: lookup mq.acme.example on 10.0.0.2:53: no such host", "mq.acme.example"),
    "dns of java": ("java.net.UnknownHostException: search.acme.example", "search.acme.example"),
    "database": (
        'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
        "postgres",
    ),
    "cache": ("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.", "redis"),
    "cache by name": ("redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.", "cache"),
    "node": ("Error: connect ECONNREFUSED 127.0.0.1:27017", "mongodb"),
    "go": ("dial tcp 127.0.0.1:9092: connect: connection refused", "kafka"),
    "remote": ("ConnectionRefusedError: [Errno 111] Connection refused: https://api.acme.example:8443/v1", "api.acme.example"),
    "disk": ("OSError: [Errno 28] No space left on device: '/tmp/x'", "disk full"),
    "disk of node": ("Error: ENOSPC: no space left on device, write", "disk full"),
    "memory": ("MemoryError", ""),
    "heap": ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", ""),
    "docker": ("docker.errors.DockerException: Error while fetching server API version: ('Connection aborted.')", "docker"),
    "registry": ("requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://pypi.acme.example/simple/", "pypi.acme.example"),
    "rate": ("requests.exceptions.HTTPError: 429 Client Error: Too Many Requests for url: https://api.acme.example/x", "api.acme.example"),
    "unreachable": ("OSError: [Errno 101] Network is unreachable", ""),
    "certificate": ("ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED certificate has expired: https://api.acme.example/", "api.acme.example"),
    "slow": ("requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='api.acme.example', port=443): Read timed out.", "api.acme.example"),
}  # fmt: skip


def test_surroundings_are_named(shop: Repo) -> None:
    for name, (statement, target) in INFRASTRUCTURE.items():
        (failure,) = triaged(shop, [failed("test_api", _python(statement), message=statement)])
        assert failure.cause is Cause.INFRASTRUCTURE, (name, failure.evidence)
        assert target in failure.summary, name
        assert evidence(failure, "rule"), name


CODE = {
    "own server": "ConnectionRefusedError: [Errno 111] Connection refused: http://127.0.0.1:43121/",
    "unknown port": "ConnectionRefusedError: [Errno 111] Connection refused: http://127.0.0.1:8000/",
    "no host": "ConnectionRefusedError: [Errno 111] Connection refused",
    "made up host": "socket.gaierror: [Errno -2] Name or service not known: http://None:80/",
    "undefined host": "Error: getaddrinfo ENOTFOUND undefined",
    "assertion about it": "AssertionError: assert 'Connection refused' == 'ok'",
    "own limit": "shop.api.RateLimited: rate limit exceeded",
    "own time-out": "TimeoutError: nothing came for 5 s",
    "reset by itself": "ConnectionResetError: [Errno 104] Connection reset by peer",
    "own 503": "shop.api.HTTPError: 503 Service Unavailable for url: http://localhost:5000/",
    "recursion": "RecursionError: maximum recursion depth exceeded",
    "permission": "PermissionError: [Errno 13] Permission denied: '/etc/shadow'",
}


def test_code_is_not_excused(shop: Repo) -> None:
    for name, statement in CODE.items():
        (failure,) = triaged(shop, [failed("test_api", _python(statement), message=statement)])
        assert failure.cause is Cause.CODE, name


def test_a_doubt_is_stated(shop: Repo) -> None:
    (failure,) = triaged(shop, [failed("test_api", _python(CODE["own server"]), message=CODE["own server"])])
    assert evidence(failure, "not_infrastructure") == [
        "connection refused (ConnectionRefusedError) for 127.0.0.1:43121, but port 43121 of this machine is one that a test's own server gets"
    ]  # fmt: skip


def test_what_a_test_printed_says_nothing_of_why_it_failed(shop: Repo) -> None:
    text = "E   assert 1 == 2\n\ntests/test_api.py:2: AssertionError\n--- output ---\ngaierror: [Errno -3] Temporary failure in name resolution"
    (failure,) = triaged(shop, [failed("test_api", text)])
    assert failure.cause is Cause.CODE


def test_a_host_that_the_change_brought_is_the_code_s(repo: Repo) -> None:
    base = repo.commit("good", FILES)
    repo.commit("red", {"shop/api.py": 'def fetch():\n    return get("https://ap1.acme.example/v1")\n'})
    statement = "Error: getaddrinfo ENOTFOUND ap1.acme.example"
    (failure,) = triaged(repo, [failed("test_api", _python(statement), message=statement)], base=base)
    assert failure.cause is Cause.CODE
    assert "stands in a line added" in evidence(failure, "not_infrastructure")[0]


def test_memory_that_changed_code_uses_up_is_the_code_s(repo: Repo) -> None:
    base = repo.commit("good", FILES)
    repo.commit("red", {"shop/api.py": "def fetch():\n    return 'x' * 10 ** 15\n"})
    (failure,) = triaged(repo, [failed("test_api", _python("MemoryError"), message="MemoryError")], base=base)
    assert failure.cause is Cause.CODE


def test_one_service_that_is_down_is_one_cause(shop: Repo) -> None:
    statements = [
        'psycopg2.OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused',
        'psycopg2.OperationalError: connection to server at "localhost" (::1), port 5432 failed: Connection refused\n\tIs the server running?',
        "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)",
    ]
    tests = [failed(f"test_{n}", _python(said), message=said) for n, said in enumerate(statements)]
    (failure,) = triaged(shop, tests)
    assert len(failure.tests) == 3


LOGGED = (
        (FindingKind.TIMEOUT, "The job running on runner has exceeded the maximum execution time of 360 minutes."),
        (FindingKind.OUT_OF_MEMORY, "Process completed with exit code 137."),
        (FindingKind.DISK_FULL, "No space left on device"),
        (
            FindingKind.NETWORK,
            "npm error network request to https://registry.acme.example/left-pad failed, reason: EAI_AGAIN",
        ),
        (FindingKind.RATE_LIMIT, "toomanyrequests: You have reached your pull rate limit."),
        (
            FindingKind.PERMISSION,
            "fatal: could not read Username for 'https://git.acme.example': No such device or address",
        ),
        (FindingKind.KILLED, "Killed"),
)  # fmt: skip


def test_what_the_log_says_of_the_surroundings(shop: Repo) -> None:
    for kind, message in LOGGED:
        (failure,) = triaged(shop, findings=[LogFinding(kind=kind, tool="", message=message)])
        assert failure.cause is Cause.INFRASTRUCTURE, message
        assert message[:40] in failure.summary
        assert failure.tests == ()


def test_a_test_that_hangs_is_the_code_s(shop: Repo) -> None:
    finding = LogFinding(kind=FindingKind.TIMEOUT, tool="pytest", message="Timeout >5.0s", file="tests/test_api.py")
    (failure,) = triaged(shop, findings=[finding])
    assert failure.cause is Cause.CODE
    text = "E   Failed: Timeout >5.0s\n\nshop/api.py:2: Failed"
    (failure,) = triaged(shop, [failed("test_api", text, exception="Failed")], [finding])
    assert failure.cause is Cause.CODE
    assert failure.findings == (finding,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect ECONNREFUSED 127.0.0.1:5432", ("127.0.0.1", 5432)),
        ("connect ECONNREFUSED ::1:5432", ("::1", 5432)),
        ("http://user:pw@api.acme.example:8080/x", ("api.acme.example", 8080)),
        ("host='db', port=5432", ("db", 5432)),
        ("Connect call failed ('10.0.0.7', 80)", ("10.0.0.7", 80)),
        ("address = ('localhost', 9)", ("localhost", 9)),
        ("connecting to cache:6379.", ("cache", 6379)),
        ("could not translate host name \"db\" to address", ("db", 0)),
        ("tests/test_api.py:12: in test", ("", 0)),
        ("at 17:04:55 the end", ("", 0)),
        ("{'timeout': 30}", ("", 0)),
        ("", ("", 0)),
    ],
)  # fmt: skip
def test_finds_the_host_and_port_in_a_text(text: str, expected: tuple[str, int]) -> None:
    assert endpoint(text) == expected
