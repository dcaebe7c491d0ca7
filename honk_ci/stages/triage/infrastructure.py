"""Faults of the machine, the network and services, told from faults of the code by what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from honk_ci.domain import INFRASTRUCTURE_KINDS, FindingKind
from honk_ci.stages.triage.changes import Changes
from honk_ci.stages.triage.symptoms import Symptom

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "ip6-localhost"})  # noqa: S104 (a name, no bind)
EPHEMERAL_PORTS = 32768  # from here on ports are given out by the system: to servers that a test starts

# Ports on which a CI job finds its services.
SERVICES = {
    1433: "sqlserver", 1521: "oracle", 2181: "zookeeper", 2375: "docker", 2376: "docker", 3306: "mysql", 4222: "nats",
    4444: "selenium", 5432: "postgres", 5433: "postgres", 5672: "rabbitmq", 5984: "couchdb", 6379: "redis",
    6380: "redis", 7687: "neo4j", 8086: "influxdb", 8123: "clickhouse", 9000: "minio", 9042: "cassandra",
    9092: "kafka", 9200: "elasticsearch", 9300: "elasticsearch", 11211: "memcached", 26257: "cockroach",
    27017: "mongodb", 4566: "localstack",
}  # fmt: skip
_CLIENTS = {
    "psycopg": "postgres", "asyncpg": "postgres", "pg8000": "postgres", "org/postgresql": "postgres", "node_modules/pg/": "postgres",
    "pymysql": "mysql", "MySQLdb": "mysql", "mysql/connector": "mysql", "aiomysql": "mysql", "mysql2": "mysql",
    "site-packages/redis": "redis", "redis.exceptions": "redis", "aioredis": "redis", "ioredis": "redis", "go-redis": "redis",
    "pymongo": "mongodb", "mongoose": "mongodb", "com/mongodb": "mongodb",
    "pika": "rabbitmq", "amqp": "rabbitmq", "kombu": "rabbitmq", "kafka": "kafka", "elasticsearch": "elasticsearch",
    "opensearchpy": "opensearch", "pymemcache": "memcached", "cassandra": "cassandra", "botocore": "aws",
}  # fmt: skip

_PATTERNS: tuple[tuple[FindingKind, str, re.Pattern[str]], ...] = (
    (FindingKind.DISK_FULL, "disk full", re.compile(r"ENOSPC|No space left on device|Disk quota exceeded|\[Errno (?:28|122)\]")),
    (
        FindingKind.OUT_OF_MEMORY,
        "out of memory",
        re.compile(
            r"\bMemoryError\b|heap out of memory|OutOfMemoryError|Cannot allocate memory|OOMKilled|\bENOMEM\b"
            r"|exit(?:ed)?(?: with)?(?: code| status)? 137\b"
        ),
    ),
    (
        FindingKind.NETWORK,
        "docker",
        re.compile(
            r"[Cc]annot connect to the Docker daemon|[Ii]s the docker daemon running|Could not find a valid Docker environment"
            r"|DockerException: Error while fetching server API version"
        ),
    ),
    (
        FindingKind.RATE_LIMIT,
        "rate limit",
        re.compile(r"toomanyrequests:|\b429 (?:Client Error|Too Many Requests)|status code 429\b|API rate limit exceeded"),
    ),
    (
        FindingKind.NETWORK,
        "name resolution",
        re.compile(
            r"\bgaierror\b|Temporary failure in name resolution|Name or service not known|nodename nor servname|\bENOTFOUND\b"
            r"|\bEAI_AGAIN\b|UnknownHostException|no such host|Could not resolve host|NameResolutionError|SocketError: getaddrinfo"
        ),
    ),
    (
        FindingKind.NETWORK,
        "connection refused",
        re.compile(r"ConnectionRefusedError|ECONNREFUSED|[Cc]onnection refused|actively refused it"),
    ),
    (
        FindingKind.NETWORK,
        "unreachable",
        re.compile(r"ENETUNREACH|EHOSTUNREACH|Network is unreachable|No route to host"),
    ),
    (
        FindingKind.NETWORK,
        "server error",
        re.compile(r"\b5(?:00|02|03|04) (?:Server Error|Service (?:Temporarily )?Unavailable|Bad Gateway|Gateway Time-?out|Internal Server Error)"),
    ),
    (
        FindingKind.NETWORK,
        "connection lost",
        re.compile(
            r"ECONNRESET|ETIMEDOUT|ConnectionResetError|[Cc]onnection (?:reset by peer|timed out)|ConnectTimeout|ReadTimeout"
            r"|SocketTimeoutException|i/o timeout|CERTIFICATE_VERIFY_FAILED|certificate has expired"
        ),
    ),
)  # fmt: skip

# Only a host outside makes these the network's fault.
_NEEDS_OUTSIDE_HOST = frozenset({"rate limit", "server error", "connection lost"})

_HOST = r"(?P<host>(?:\d{1,3}\.){3}\d{1,3}|\[?::1\]?|[A-Za-z_](?:[\w-]*[A-Za-z0-9])?(?:\.[\w-]+)*)"
_HOSTS = (
    re.compile(
        rf"(?:ENOTFOUND|EAI_AGAIN|(?:tcp|udp): lookup|UnknownHostException:|resolve host:?|resolve ['\"]|host name ['\"]|hostname ['\"])\s*{_HOST}"
    ),
    re.compile(rf"\b[a-z][a-z0-9+.-]*://(?:[^\s/@'\"]*@)?{_HOST}(?::(?P<port>\d{{1,5}}))?"),
    re.compile(rf"host=['\"]?{_HOST}['\"]?,? port=(?P<port>\d{{1,5}})"),
    re.compile(rf"\(\(?['\"]{_HOST}['\"], (?P<port>\d{{1,5}})\b"),
    re.compile(rf"server at ['\"]{_HOST}['\"](?: \([^)]*\))?, port (?P<port>\d{{1,5}})"),
    re.compile(
        rf"(?:\bto|\bat|\bconnect|\btcp|\bwith|ECONNREFUSED|EHOSTUNREACH|ETIMEDOUT|ECONNRESET) {_HOST}:(?P<port>\d{{2,5}})\b"
    ),
    re.compile(r"(?P<host>\blocalhost|\b\d{1,3}(?:\.\d{1,3}){3}|::1|\b[\w-]+(?:\.[\w-]+)+):(?P<port>\d{2,5})\b"),
    re.compile(r"\bport[ =:]+(?P<port>\d{2,5})\b(?P<host>)"),
)
_URL_PATH = re.compile(r"\b(?:[\w-]+/)*[\w.-]+\.(?:py|js|ts|go|rb|java|rs|php|cs|tsx|jsx|mjs|kt):\d+")
_NO_HOST = frozenset(
    {"none", "null", "undefined", "nan", "line", "errno", "http", "https", "error", "e", "e0", "py", "at"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Disturbance:
    """What looks like a fault of the surroundings, and whether it is one."""

    kind: FindingKind
    target: str  # the host or service, "" where nothing names one
    is_infrastructure: bool
    why: str


def disturbance(symptom: Symptom, changes: Changes) -> Disturbance | None:
    """Judge a symptom; None where nothing speaks of the surroundings."""
    if symptom.finding is not None and symptom.finding.kind in INFRASTRUCTURE_KINDS:
        return _of_finding(symptom)
    if symptom.is_assertion or (not symptom.exception and re.match(r"(?i)assert|expected\b", symptom.message)):
        return None
    for kind, what, pattern in _PATTERNS:
        if found := pattern.search(symptom.statement):
            return _judge(kind, what, found[0], symptom, changes)
    return None


def _of_finding(symptom: Symptom) -> Disturbance | None:
    finding = symptom.finding
    assert finding is not None
    if finding.kind is FindingKind.TIMEOUT and is_timeout_of_a_test(symptom):
        return None
    host, port = endpoint(f"{finding.message}\n{finding.excerpt}")
    target = SERVICES.get(port, host) if host in LOOPBACK or not host else host
    why = f"the log says so: {finding.message}"
    return Disturbance(kind=finding.kind, target=target or finding.tool, is_infrastructure=True, why=why)


def is_timeout_of_a_test(symptom: Symptom) -> bool:
    """A test that hangs is a fault of the code: only the job's own time-out is the surroundings'."""
    tools = {"pytest", "pytest-timeout", "unittest", "jest", "vitest", "mocha", "node", "go", "cargo"}
    return symptom.finding is not None and symptom.finding.tool in tools


def _judge(kind: FindingKind, what: str, words: str, symptom: Symptom, changes: Changes) -> Disturbance:
    host, port = endpoint(symptom.statement)
    if not host and not port:
        host, port = endpoint(symptom.traceback)
    if kind is FindingKind.OUT_OF_MEMORY:
        return _memory(words, symptom, changes)
    if kind is FindingKind.DISK_FULL or what == "docker":
        return Disturbance(kind=kind, target=what, is_infrastructure=True, why=f"“{words}”")
    place = f"{host}:{port}" if port and host else host or (f"port {port}" if port else "")
    said = f"{what} ({words}){f' for {place}' if place else ''}"
    reason = _why_not_surroundings(what, host, port, symptom, changes)
    service = SERVICES.get(port) if host in LOOPBACK or not host else host
    target = service or _client(symptom) or host
    if reason:
        return Disturbance(kind=kind, target=target, is_infrastructure=False, why=f"{said}, but {reason}")
    return Disturbance(kind=kind, target=target, is_infrastructure=True, why=said)


def _memory(words: str, symptom: Symptom, changes: Changes) -> Disturbance:
    frame = symptom.product_frame
    if frame is not None and frame.path in changes.paths:
        why = f"{words}, but {frame.path}, where it was raised, changed since the last good commit"
        return Disturbance(kind=FindingKind.OUT_OF_MEMORY, target="", is_infrastructure=False, why=why)
    return Disturbance(kind=FindingKind.OUT_OF_MEMORY, target="", is_infrastructure=True, why=f"“{words}”")


def _why_not_surroundings(what: str, host: str, port: int, symptom: Symptom, changes: Changes) -> str:
    """Why the code may be at fault after all; "" where the surroundings are."""
    if host.lower() in {"none", "null", "undefined", "nan"}:
        return f"“{host}” is no host: the code made it up"
    if host and host not in LOOPBACK and changes.adds(host):
        return f"{host} stands in a line added since the last good commit"
    if port and host in LOOPBACK and changes.adds(str(port)):
        return f"port {port} stands in a line added since the last good commit"
    if what in _NEEDS_OUTSIDE_HOST and (not host or host in LOOPBACK):
        return "no host outside of this machine is named"
    if what == "connection refused" and (not host or host in LOOPBACK):
        return _why_not_service(port, symptom)
    return ""


def _why_not_service(port: int, symptom: Symptom) -> str:
    if port in SERVICES or (not port and _client(symptom)):
        return ""
    if port >= EPHEMERAL_PORTS:
        return f"port {port} of this machine is one that a test's own server gets"
    return "the server may be one that the tests start themselves"


def _client(symptom: Symptom) -> str:
    """The service whose client library the failure came through."""
    trace = "\n".join(place.path.replace("\\", "/") for place in symptom.places if place) + symptom.statement
    return next((service for library, service in _CLIENTS.items() if library in trace), "")


def endpoint(text: str) -> tuple[str, int]:
    """The host and port that a text speaks of; "" and 0 where it names none."""
    text = _URL_PATH.sub("", text)
    if named := _HOSTS[0].search(text):  # a name that was looked up; what stands behind it is the name server
        return named["host"], 0
    best: tuple[str, int] = ("", 0)
    for host, port in _endpoints(text):
        if host and port:
            return host, port
        best = best if any(best) else (host, port)
    return best


def _endpoints(text: str) -> Iterator[tuple[str, int]]:
    for pattern in _HOSTS[1:]:
        for match in pattern.finditer(text):
            host = (match["host"] or "").strip("[]")
            port = match.groupdict().get("port")
            looks_real = host.lower() not in _NO_HOST or host.lower() in {"none", "null", "undefined", "nan"}
            if looks_real and (not port or 0 < int(port) < 65536):
                yield host, int(port or 0)
                break
