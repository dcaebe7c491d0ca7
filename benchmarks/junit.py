"""Reading JUnit XML against what expat alone costs in Python.

    python -m benchmarks.junit [--cases 100000 1000000] [--repeats 5]

Both ways run as whole processes, in turn; times are CPU seconds, medians. The yardstick is a plain
parse of the same file with start, end and character handlers that do nothing. Target: at most
1.5 times that, and at most 25 MiB above an interpreter with the reader imported.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

FAILURES = 20
RATIO_TARGET = 1.5
MEMORY_TARGET_MIB = 25.0
TIMEOUT_S = 600

PLAIN = """
import sys
from xml.parsers import expat

def start(tag, attributes): pass
def end(tag): pass
def text(data): pass

def work(path):
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            parser.Parse(block, False)
    parser.Parse(b"", True)
    return 0
"""

READER = """
import sys
from pathlib import Path
from honk_ci import reports
import junitparser

def work(path):
    report = reports.read_all([Path(path)])
    return report.counts.total
"""

MEASURE = """
import json, resource, time

def peak_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

before = peak_mib()
started = time.process_time()
cases = work(sys.argv[1])
used = time.process_time() - started
print(json.dumps({"cpu_s": time.process_time(), "work_s": used, "above_start_mib": peak_mib() - before, "cases": cases}))
"""


def make_report(path: Path, cases: int) -> None:
    """A report as pytest writes it: every tenth case with captured output, some 590 bytes a case."""
    output = escape("\n".join(f"INFO service.worker handled item {n} of <batch> in 0.0{n} s" for n in range(90)))
    bad = {round((n + 0.5) * cases / FAILURES) for n in range(FAILURES)}
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest">\n')
        for number in range(cases):
            file.write(_case(number, output, is_bad=number in bad))
        file.write("</testsuite></testsuites>\n")


def _case(number: int, output: str, *, is_bad: bool) -> str:
    head = (
        f'<testcase classname="tests.area_{number % 40}.test_module_{number % 700}.TestThing" '
        f'name="test_behaviour_{number}[value-{number % 9}]" time="0.0{number % 90 + 10}"'
    )
    if is_bad:
        trace = escape("\n".join(["    def test():", ">       assert 1 == 2", "E       assert 1 == 2"] * 12))
        return f'{head}><failure message="assert 1 == 2">{trace}</failure></testcase>\n'
    if number % 10 == 0:
        return f"{head}><system-out>{output}</system-out></testcase>\n"
    return f"{head} />\n"


def measure(program: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", program + MEASURE, str(path)],
        capture_output=True, text=True, check=True, timeout=TIMEOUT_S,
    )  # fmt: skip
    result: dict[str, float] = json.loads(done.stdout)
    return result


def compare(path: Path, cases: int, repeats: int) -> bool:
    """Prints one line a figure; whether the targets hold."""
    make_report(path, cases)
    pairs = [(measure(PLAIN, path), measure(READER, path)) for _ in range(repeats)]
    assert all(reader["cases"] == cases for _, reader in pairs), "the reader lost cases"
    plain = statistics.median(pair[0]["cpu_s"] for pair in pairs)
    reader = statistics.median(pair[1]["cpu_s"] for pair in pairs)
    ratio = statistics.median(pair[1]["cpu_s"] / pair[0]["cpu_s"] for pair in pairs)
    memory = max(pair[1]["above_start_mib"] for pair in pairs)
    held = ratio <= RATIO_TARGET and memory <= MEMORY_TARGET_MIB
    print(f"{cases:,} cases, {path.stat().st_size / 1e6:.0f} MB")
    print(f"  plain expat   {plain:8.2f} s CPU")
    print(f"  honk          {reader:8.2f} s CPU, {memory:.1f} MiB above start")
    print(f"  ratio         {ratio:8.2f}    (target {RATIO_TARGET}) {'ok' if held else 'MISSED'}")
    return held


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="honk-benchmark-") as folder:
        results = [compare(Path(folder) / "report.xml", cases, options.repeats) for cases in options.cases]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
