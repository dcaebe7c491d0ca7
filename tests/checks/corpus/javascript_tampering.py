"""Tampering with JavaScript and TypeScript tests."""

from __future__ import annotations

from tests.checks.corpus.cases import Case, edit, text

PATH = "src/__tests__/cart.test.ts"

TESTS = text("""
    import { describe, expect, it, vi } from "vitest";
    import { Cart, discount, load, total } from "../cart";

    // it("is not a test", () => {});
    const LIMIT = 3;

    beforeEach(() => {
      reset();
    });

    describe("cart", () => {
      it("adds up", () => {
        const cart = new Cart([1, 2, 3]);
        expect(total(cart)).toBe(6);
        expect(cart.items).toEqual([1, 2, 3]);
      });

      it("is empty at first", () => {
        expect.assertions(1);
        expect(new Cart().items).toStrictEqual([]);
      });

      it("refuses text", () => {
        expect(() => total("it's a cart")).toThrow(TypeError);
      });

      it("loads", async () => {
        await expect(load("cart.json")).resolves.toMatchObject({ items: [1], name: `cart ${1 + 1}` });
      }, 2000);

      test.each([
        [1, 1],
        [10, 9],
      ])("price of %i", (price, expected) => {
        expect(discount(price)).toBe(expected);
      });

      it("is close", () => {
        expect(discount(0.3)).toBeCloseTo(0.27, 5);
        expect(/a"b/.test('a"b')).toBe(true);
      });
    });
""")

NODE_PATH = "test/cart.test.mjs"

NODE_TESTS = text("""
    import assert from "node:assert/strict";
    import test from "node:test";
    import { total } from "../cart.mjs";

    test("adds up", () => {
      assert.equal(total([1, 2]), 3);
      assert.deepEqual(total([]), 0);
    });

    test("refuses text", { timeout: 500 }, () => {
      assert.throws(() => total("x"), TypeError);
    });
""")

MOCHA_PATH = "test/cart.spec.js"

MOCHA_TESTS = text("""
    const { expect } = require("chai");
    const { total } = require("../lib/cart");

    describe("cart", function () {
      this.timeout(2000);

      it("adds up", function () {
        expect(total([1, 2])).to.equal(3);
        expect(total([])).to.be.a("number");
      });
    });
""")


def tamper(rule: str, old: str, new: str, at: str) -> Case:
    return edit(PATH, TESTS, old, new, rule=rule, at=at)


def node(rule: str, old: str, new: str, at: str) -> Case:
    return edit(NODE_PATH, NODE_TESTS, old, new, rule=rule, at=at)


def mocha(rule: str, old: str, new: str, at: str) -> Case:
    return edit(MOCHA_PATH, MOCHA_TESTS, old, new, rule=rule, at=at)


_ADDS_UP = """  it("adds up", () => {
    const cart = new Cart([1, 2, 3]);
    expect(total(cart)).toBe(6);
    expect(cart.items).toEqual([1, 2, 3]);
  });
"""

CASES = (
    tamper("test-deleted", _ADDS_UP, "", 'it("adds up"'),
    tamper("test-deleted", _ADDS_UP, "".join(f"  // {line}\n" for line in _ADDS_UP.splitlines()), 'it("adds up"'),
    tamper("skip-added", 'it("adds up"', 'it.skip("adds up"', "it.skip"),
    tamper("skip-added", 'it("adds up"', 'xit("adds up"', "xit("),
    tamper("skip-added", 'it("adds up"', 'it.failing("adds up"', "it.failing"),
    tamper("skip-added", 'it("adds up"', 'it.skipIf(true)("adds up"', "it.skipIf"),
    tamper("skip-added", _ADDS_UP, '  it.todo("adds up");\n', "it.todo"),
    tamper("skip-added", 'describe("cart"', 'describe.skip("cart"', "describe.skip"),
    tamper("only-added", 'it("loads"', 'it.only("loads"', "it.only"),
    tamper("only-added", 'it("loads"', 'fit("loads"', "fit("),
    tamper("test-emptied", "    expect(discount(price)).toBe(expected);\n", "", "test.each"),
    tamper("assertion-removed", "    expect(total(cart)).toBe(6);\n", "", "expect(total(cart)).toBe(6)"),
    tamper("assertion-removed", "    expect(total(cart)).toBe(6);\n", "    // expect(total(cart)).toBe(6);\n", "expect(total"),
    tamper("assertion-removed", "    expect.assertions(1);\n", "", "expect.assertions"),
    tamper("parametrize-reduced", "    [10, 9],\n", "", "test.each"),
    tamper("assertion-weakened", "expect(total(cart)).toBe(6)", "expect(total(cart)).toBeTruthy()", "toBeTruthy"),
    tamper("assertion-weakened", "expect(total(cart)).toBe(6)", "expect(total(cart)).toBeDefined()", "toBeDefined"),
    tamper("assertion-weakened", "expect(total(cart)).toBe(6)", "expect(total(cart)).toBeGreaterThan(0)", "toBeGreater"),
    tamper("assertion-weakened", "expect(total(cart)).toBe(6)", "expect(total(cart)).toEqual(expect.anything())", "anything"),
    tamper("assertion-weakened", "expect(total(cart)).toBe(6)", "expect(total(cart)).not.toBe(0)", ".not.toBe(0)"),
    tamper("assertion-weakened", "toEqual([1, 2, 3])", "toContain(1)", "toContain(1)"),
    tamper("assertion-weakened", "expect(cart.items).toEqual([1, 2, 3])", "expect(cart.items.length).toBe(3)", ".length"),
    tamper("assertion-weakened", "toStrictEqual([])", "toEqual([])", "toEqual([])"),
    tamper("assertion-constant", "expect(total(cart)).toBe(6)", "expect(true).toBe(true)", "expect(true)"),
    tamper("assertion-constant", "expect(total(cart)).toBe(6)", "expect(total(cart)).toBe(total(cart))", "toBe(total"),
    tamper("raises-broadened", "toThrow(TypeError)", "toThrow()", "toThrow()"),
    tamper("raises-removed", "toThrow(TypeError)", "not.toThrow()", "not.toThrow()"),
    tamper("tolerance-widened", "toBeCloseTo(0.27, 5)", "toBeCloseTo(0.27, 0)", "0.27, 0"),
    tamper("timeout-raised", "}, 2000);", "}, 60000);", 'it("loads"'),
    tamper("timeout-raised", "const LIMIT = 3;", "const LIMIT = 3;\nvi.setConfig({ testTimeout: 99999 });", "testTimeout"),
    tamper("retry-added", 'it("adds up", () => {', 'it("adds up", { retry: 5 }, () => {', "retry: 5"),
    tamper("retry-added", "const LIMIT = 3;", "const LIMIT = 3;\njest.retryTimes(3);", "jest.retryTimes"),
    tamper("subject-mocked", "const LIMIT = 3;", 'const LIMIT = 3;\nvi.mock("../cart", () => ({ total: () => 6 }));', "vi.mock"),
    tamper("subject-mocked", "    const cart = new Cart([1, 2, 3]);", "    const cart = { items: [1, 2, 3], sum: vi.fn() };", "vi.fn"),
    tamper("assertion-swallowed", "    expect(total(cart)).toBe(6);",
           "    try {\n      expect(total(cart)).toBe(6);\n    } catch {}", "expect(total(cart)).toBe(6)"),
    tamper("assertion-conditional", "    expect(total(cart)).toBe(6);", "    if (total(cart) === 6) expect(total(cart)).toBe(6);",
           "if (total"),
    tamper("early-return", "    expect(total(cart)).toBe(6);", "    return;\n    expect(total(cart)).toBe(6);", "    return;"),
    tamper("exit-added", "    expect(total(cart)).toBe(6);", "    process.exit(0);\n    expect(total(cart)).toBe(6);", "process.exit"),
    tamper("sleep-added", "    expect(total(cart)).toBe(6);",
           "    await new Promise((r) => setTimeout(r, 5000));\n    expect(total(cart)).toBe(6);", "setTimeout"),
    node("skip-added", 'test("adds up", () => {', 'test("adds up", { skip: true }, () => {', "skip: true"),
    node("skip-added", 'test("adds up", () => {', 'test("adds up", (t) => {\n  t.skip();', "t.skip()"),
    node("assertion-weakened", "assert.equal(total([1, 2]), 3)", "assert.ok(total([1, 2]))", "assert.ok"),
    node("assertion-removed", "  assert.equal(total([1, 2]), 3);\n", "", "assert.equal"),
    node("raises-broadened", ', TypeError', "", "assert.throws"),
    node("timeout-raised", "timeout: 500", "timeout: 50000", "timeout: 50000"),
    mocha("timeout-raised", "this.timeout(2000)", "this.timeout(0xffff)", "this.timeout"),
    mocha("assertion-weakened", ".to.equal(3)", ".to.exist", ".to.exist"),
    mocha("skip-added", 'it("adds up", function () {', 'it("adds up", function () {\n    this.skip();', "this.skip"),
    Case(
        name="a whole file of JavaScript tests",
        files={PATH: (TESTS, None)},
        rule="test-file-deleted",
    ),
)  # fmt: skip

CLEAN = (
    tamper("expected-changed", "toBe(6)", "toBe(7)", "toBe(7)"),
    tamper("expected-changed", "[10, 9]", "[10, 8]", "test.each"),
    tamper("test-changed", "const LIMIT = 3", "const LIMIT = 4", "const LIMIT"),
    tamper("fixture-changed", "  reset();", "  reset(1);", "beforeEach"),
    tamper("test-renamed", 'it("refuses text"', 'it("refuses strings"', 'it("refuses strings"'),
    node("expected-changed", "total([1, 2]), 3", "total([1, 2]), 4", "total([1, 2]), 4"),
    Case(
        name="snapshot file",
        files={
            "src/__snapshots__/cart.test.ts.snap": (
                "exports[`cart 1`] = `\n6\n`;\n",
                "exports[`cart 1`] = `\n7\n`;\n",
            )
        },
        rule="snapshot-changed",
        at="7",
    ),
    Case(
        name="golden file",
        files={"tests/data/cart.json": ('{"total": 6}\n', '{"total": 7}\n')},
        rule="golden-changed",
        at='"total": 7',
    ),
)  # fmt: skip
