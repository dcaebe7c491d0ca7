"""What is nobody's code's fault: time, memory, disk, network, rate limits, credentials.

Only lines in the words of runners, shells, installers and clients count: a test that prints
"connection refused" while it passes must not make a build look like an outage.
"""

from __future__ import annotations

import re

from honk_ci.domain import FindingKind, LogFinding
from honk_ci.reports.console.found import STATEMENT, VERDICT, Findings, finding

K = FindingKind

# Kind, who said it, the line. ``_ANY`` below is the words at least one of which each line has.
_PATTERNS = (
    # time
    (K.TIMEOUT, "runner", re.compile(r"^(?:Error: )?The (?:job|action|operation) .*(?:has exceeded the maximum execution time|has timed out after|was canceled because it exceeded).*")),
    (K.TIMEOUT, "runner", re.compile(r"^ERROR: Job failed: execution took longer than .*")),
    (K.TIMEOUT, "runner", re.compile(r"^.*\bJob's timeout\b.*|^The job (?:exceeded|has exceeded) the maximum time limit.*|^Too long with no output \(exceeded .*")),
    (K.TIMEOUT, "make", re.compile(r"^(?:make(?:\[\d+\])?: \*\*\* .*|.*(?:exit code|exited with|Error) )124\b.*$")),
    (K.TIMEOUT, "timeout", re.compile(r"^timeout: sending signal \w+ to command .*")),
    # memory and signals
    (K.OUT_OF_MEMORY, "node", re.compile(r"^.*(?:FATAL ERROR: .*)?JavaScript heap out of memory.*")),
    (K.OUT_OF_MEMORY, "jvm", re.compile(r"^(?:Caused by: |\[ERROR\] |> |# |ERROR: )*(?:Exception in thread .*)?(?:java\.lang\.OutOfMemoryError|There is insufficient memory for the Java Runtime|OutOfMemoryError).*")),
    (K.OUT_OF_MEMORY, "kernel", re.compile(r"^.*(?:\bOOMKilled\b|Out of memory: Killed process|oom-kill|oom_reaper|Memory cgroup out of memory).*")),
    (K.OUT_OF_MEMORY, "", re.compile(r"^.*(?:virtual memory exhausted|cannot allocate memory|Cannot allocate memory|std::bad_alloc|runtime: out of memory|ENOMEM: |LLVM ERROR: out of memory|memory allocation of \d+ bytes failed).*")),
    (K.OUT_OF_MEMORY, "gcc", re.compile(r"^.*(?:fatal error: Killed signal terminated program|internal compiler error: Killed).*")),
    (K.KILLED, "runner", re.compile(r"^(?:(?:Error: )?[Pp]rocess completed with exit code |ERROR: Job failed: .*(?:code|status):? |command terminated with exit code |.*: \*\*\* .*Error |The command .* returned a non-zero code: |\S+ exited with code )(?:137|139|143)\.?$")),
    (K.KILLED, "shell", re.compile(r"^(?:(?:\S+: line \d+:\s+\d+ |\[\d+\]\s+\d+ )Killed(?:: 9)?(?:\s.*)?|(?:.*: \*\*\* \[.*\] |\d+ )?Killed(?:: 9)?)$")),
    (K.KILLED, "runner", re.compile(r"^(?:Error: )?The (?:hosted )?runner has received a shutdown signal.*|^The self-hosted runner .* lost communication.*|^(?:Error: )?The operation was canceled\.$")),
    (K.KILLED, "", re.compile(r"^(?:Command|[Pp]rocess) .*(?:terminated|killed|exited) (?:by|with|due to) (?:signal )?(?:SIGKILL|SIGTERM|9\b).*|^npm (?:ERR!|error) signal SIGKILL$")),
    # disk
    (K.DISK_FULL, "", re.compile(r"^.*(?:[Nn]o space left on device|\bENOSPC\b|There is not enough space on the disk|Disk quota exceeded|You are running out of disk space).*")),
    # rate limits before the network: an answer of 429 is both
    (K.RATE_LIMIT, "", re.compile(r"^(?!npm )(?:.*toomanyrequests: .*|.*You have reached your (?:unauthenticated )?pull rate limit.*|.*API rate limit exceeded.*|.*secondary rate limit.*|.*(?:[Ee]rror|ERR|[Ff]ailed).*\b429\b.*Too Many Requests.*)")),
    # network
    (K.NETWORK, "git", re.compile(r"^(?:fatal|error|ssh|kex_exchange_identification): .*(?:Could not resolve host|unable to access '[^']*': (?!.*(?:403|401))|Connection (?:refused|reset|timed out|closed)|early EOF|the remote end hung up|RPC failed|Could not read from remote).*")),
    (K.NETWORK, "curl", re.compile(r"^[\s\d:.kM-]*(?P<text>curl: \((?:5|6|7|18|28|35|52|55|56|60|92)\) .*)")),
    (K.NETWORK, "wget", re.compile(r"^wget: (?:unable to resolve host address|bad address|can't connect|server returned error: HTTP/\S+ 5).*")),
    (K.NETWORK, "apt", re.compile(r"^(?:E|Err|W): ?(?:\d+ )?(?:Failed to fetch|Some index files failed|Could not connect|Temporary failure resolving|Unable to connect).*|^E: .*(?:Hash Sum mismatch|is not signed).*")),
    (K.NETWORK, "pip", re.compile(r"^(?:WARNING|ERROR): (?:Retrying \(Retry\(total=0.*|Could not install packages due to an OSError: (?:HTTPS?ConnectionPool|\('Connection).*|HTTP error 5\d\d while getting .*|Could not fetch URL .*)")),
    (K.NETWORK, "uv", re.compile(r"^\s*(?:error|\u00d7|Caused by:|╰─▶|├─▶)+:? ?.*(?:Failed to (?:fetch|download)|error sending request|Request failed after \d+ retries|dns error|tcp connect error|operation timed out|Connection reset|client error \(Connect\)|HTTP status server error).*")),
    (K.NETWORK, "go", re.compile(r"^(?:go: .*|(?:[Ee]rror|ERROR).* Get \"?https?://.*)(?:dial tcp|i/o timeout|TLS handshake timeout|connection reset|no such host|502 Bad|503 Service).*")),
    (K.NETWORK, "docker", re.compile(r"^(?:.*[Ee]rror response from daemon: |ERROR: failed to (?:solve|do request)|.*failed to (?:pull|resolve|copy)).*(?:timeout|TLS handshake|no such host|connection re|EOF|50\d |i/o|deadline exceeded).*")),
    (K.NETWORK, "docker", re.compile(r"^(?:ERROR: )?Cannot connect to the Docker daemon.*")),
    (K.NETWORK, "yarn", re.compile(r"^error (?:An unexpected error occurred: \"https?://.*(?:ETIMEDOUT|ECONNRESET|ENOTFOUND|ESOCKETTIMEDOUT).*|.*There appears to be trouble with your network connection.*)")),
    (K.NETWORK, "cargo", re.compile(r"^\s*(?:error: failed to (?:download|get) .*|warning: spurious network error .*|.*\[(?:6|7|28|35)\] (?:Couldn't|Could not|Timeout|SSL).*)")),
    (K.NETWORK, "maven", re.compile(r"^\[ERROR\] .*(?:Could not transfer artifact|Connection timed out|Connect to .* failed|Unknown host).*|^> Could not (?:GET|HEAD) 'https?://.*")),
    (K.NETWORK, "runner", re.compile(r"^(?:Error: )?(?:Failed to download action|Unable to download actions?|Failed to (?:resolve action download info|CreateArtifact|FinalizeArtifact)|Unable to reserve cache|getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|connect (?:ECONNREFUSED|ETIMEDOUT)).*|^ERROR: Job failed \(system failure\).*|^ERROR: Preparation failed: .*")),
    (K.NETWORK, "service", re.compile(r"^(?:psql|pg_isready|mysqladmin|mysql|redis-cli|Could not connect to Redis|ERROR \d+ \(HY000\)).*(?:onnection refused|could not connect|Can't connect|could not translate host name|no response).*")),
    # rights
    (K.PERMISSION, "git", re.compile(r"^(?:fatal|remote|ERROR): .*(?:could not read (?:Username|Password)|Authentication failed|Permission to .* denied|Invalid username or|Repository not found|Write access to repository not granted|HTTP Basic: Access denied|The requested URL returned error: 40[13]).*")),
    (K.PERMISSION, "git", re.compile(r"^.*Permission denied \(publickey.*\).*|^Host key verification failed\.$")),
    (K.PERMISSION, "runner", re.compile(r"^(?:Error: )?(?:Resource not accessible by integration|Bad credentials|Input required and not supplied: .*(?:token|key|secret|password).*)")),
    (K.PERMISSION, "docker", re.compile(r"^.*(?:unauthorized: (?:authentication required|incorrect username or password)|denied: requested access to the resource is denied|pull access denied for).*")),
    (K.PERMISSION, "aws", re.compile(r"^.*(?:Unable to locate credentials|The security token included in the request is (?:invalid|expired)|ExpiredToken(?:Exception)?:|An error occurred \(AccessDenied\w*\)).*")),
    (K.PERMISSION, "pip", re.compile(r"^(?:ERROR|error): .*(?:40[13] (?:Client )?Error|403 Forbidden|401 Unauthorized|status code 40[13]).*")),
    (K.PERMISSION, "gcloud", re.compile(r"^.*(?:google-github-actions/auth failed|Could not automatically determine credentials|Could not load the default credentials).*")),
)  # fmt: skip

# Each line that a pattern above matches starts with one of these or has one of those; nearly all
# lines of a log do not. One search for an alternation of them all would take ten times as long.
_STARTS = (
    "fatal", "error", "ssh", "kex_", "curl: ", "wget: ", "E: ", "Err", "W: ", "WARNING: Retrying", "ERROR", "npm ",
    "[ERROR]", "> Could not", "> ", "psql", "pg_", "mysql", "redis", "remote: ", "Error: ", "Could not", "Failed to",
    "Unable to", "The ", "timeout: ", "Too long", "Host key", "Killed", "Command ", "Process ", "process ", "getaddrinfo",
    "Resource not", "Bad cred", "Input req", "connect E",
)  # fmt: skip
_WORDS = (
    " 124", " 137", " 143", " 139", "emory", "ENOMEM", "OOM", "oom", "bad_alloc", "illed", "signal", "space", "ENOSPC",
    "uota", "toomany", "pull rate", "rate limit", "429", "curl: (", "dial tcp", "daemon", "failed to", "denied",
    "nauthorized", "credentials", "security token", "ExpiredToken", "sending", "dns ", "timed out", "timeout", "github-actions/auth",
    "spurious", "Couldn", "] Could not", "Timeout", "SSL", "fetch", "download", "Connection", "status",
)  # fmt: skip


def _may_tell(line: str) -> bool:
    if line.startswith(_STARTS):
        return True
    for word in _WORDS:  # noqa: SIM110 (a loop is faster than any() with a generator, and this runs for every line)
        if word in line:
            return True
    return False


class Infrastructure:
    """One finding a line; the first kind that fits."""

    def __init__(self) -> None:
        self.found = Findings()

    def feed(self, line: str, number: int) -> None:
        if not _may_tell(line):
            return
        for kind, tool, pattern in _PATTERNS:
            if stated := pattern.match(line):
                message = stated.groupdict().get("text") or line.strip()
                self.found.add(number, finding(kind, tool, message), weight=VERDICT if tool else STATEMENT)
                return

    def findings(self) -> list[LogFinding]:
        return self.found.findings()
