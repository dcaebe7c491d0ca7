"""The literals that failing tests name, so that product code that merely repeats them is told apart."""

from __future__ import annotations

import re

from honk_ci.checks.integrity.javascript.inventory import blocks
from honk_ci.checks.integrity.javascript.product import literal_keys
from honk_ci.checks.integrity.javascript.tokens import code
from honk_ci.checks.integrity.python.special import literals
from honk_ci.checks.integrity.python.syntax import functions, parse


def literals_of_tests(path: str, content: bytes, names: frozenset[str]) -> frozenset[str]:
    """The telling literals of the tests called ``names``; of the whole file where none is found."""
    if path.endswith(".py"):
        return _python(content, names)
    if re.search(r"\.[cm]?[jt]sx?$", path):
        return _javascript(content.decode("utf-8", "replace"), names)
    return frozenset()


def _python(content: bytes, names: frozenset[str]) -> frozenset[str]:
    tree = parse(content)
    if tree is None:
        return frozenset()
    wanted = {re.split(r"[\[(]", name)[0].rpartition(".")[2] for name in names}
    tests = [function for function in functions(tree) if function.name in wanted]
    return frozenset().union(*map(literals, tests)) if tests else literals(tree)


def _javascript(text: str, names: frozenset[str]) -> frozenset[str]:
    some = code(text)
    tests = [b for b in blocks(some) if not b.is_suite and any(n.endswith(b.title.rpartition(" > ")[2]) for n in names)]
    return frozenset().union(*(literal_keys(block.body[2:]) for block in tests)) if tests else literal_keys(some)
