"""Console logs: one family of tools a file, and the registry of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from honk_ci.reports.console.annotations import Annotations
from honk_ci.reports.console.compilers import Compilers
from honk_ci.reports.console.found import ConsoleFormat
from honk_ci.reports.console.go_tests import GoTests
from honk_ci.reports.console.infrastructure import Infrastructure
from honk_ci.reports.console.javascript import JavaScript
from honk_ci.reports.console.linters import Linters
from honk_ci.reports.console.native_tests import NativeTests
from honk_ci.reports.console.packages import Packages
from honk_ci.reports.console.pytest import Pytest
from honk_ci.reports.console.python import Python
from honk_ci.reports.console.tap import Tap
from honk_ci.reports.console.unittests import Unittest

# They keep state from line to line, so each log gets new ones.
LOG_FORMATS: Mapping[str, Callable[[], ConsoleFormat]] = {
    "pytest": Pytest,
    "unittest": Unittest,
    "python": Python,
    "compilers": Compilers,
    "linters": Linters,
    "javascript": JavaScript,
    "tap": Tap,
    "go-tests": GoTests,
    "native-tests": NativeTests,
    "packages": Packages,
    "infrastructure": Infrastructure,
    "annotations": Annotations,
}
