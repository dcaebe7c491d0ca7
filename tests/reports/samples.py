"""Reports as the producers write them, cut to what matters."""

from __future__ import annotations

PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="2" tests="6" time="0.1"
 timestamp="2026-11-20T17:00:00.123456+00:00" hostname="ci">
<testcase classname="tests.test_cart" name="test_ok" time="0.001" />
<testcase classname="tests.test_cart" name="test_total" time="0.002"><failure message="AssertionError: assert 3 == 4&#10; +  where 3 = f()">def test_total():
&gt;       assert f() == 4
E       AssertionError: assert 3 == 4
E        +  where 3 = f()

tests/test_cart.py:12: AssertionError</failure></testcase>
<testcase classname="tests.test_cart.TestEmpty" name="test_new[a-b/c]" time="0.002"><error message="failed on setup with &quot;RuntimeError: no&quot;">    @pytest.fixture
    def x():
&gt;       raise RuntimeError("no")
E       RuntimeError: no

tests/conftest.py:4: RuntimeError</error></testcase>
<testcase classname="tests.test_cart" name="test_skip" time="0.000"><skipped type="pytest.skip" message="later">x.py:1: later</skipped></testcase>
<testcase classname="tests.test_cart" name="test_xfail" time="0.000"><skipped type="pytest.xfail" message="" /></testcase>
<testcase classname="tests.test_cart" name="test_twice" time="0.000"><failure message="AssertionError: one">E  AssertionError: one</failure></testcase>
<testcase classname="tests.test_cart" name="test_twice" time="0.000"><error message="failed on teardown with &quot;KeyError: 'k'&quot;">E  KeyError: 'k'</error></testcase>
</testsuite></testsuites>
"""

SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="com.acme.CartTest" time="0.5" tests="5" errors="1" skipped="1" failures="1">
  <properties><property name="java.version" value="21"/><property name="git.commit.id" value="0123456789012345678901234567890123456789"/></properties>
  <testcase name="adds" classname="com.acme.CartTest" time="0.01"/>
  <testcase name="total" classname="com.acme.CartTest" time="1,234.5">
    <failure message="expected: &lt;3&gt; but was: &lt;4&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected: <3> but was: <4>
	at com.acme.CartTest.total(CartTest.java:17)
]]></failure>
    <rerunFailure message="again" type="org.opentest4j.AssertionFailedError"><stackTrace>x</stackTrace><system-out>out</system-out></rerunFailure>
    <system-out><![CDATA[printed]]></system-out>
  </testcase>
  <testcase name="state" classname="com.acme.CartTest" time="0.01"><error message="boom" type="java.lang.IllegalStateException">java.lang.IllegalStateException: boom
	at com.acme.Cart.state(Cart.java:3)
	at com.acme.CartTest.state(CartTest.java:23)</error></testcase>
  <testcase name="shaky" classname="com.acme.CartTest" time="0.01"><flakyFailure message="once" type="java.lang.AssertionError"><stackTrace>java.lang.AssertionError: once</stackTrace></flakyFailure></testcase>
  <testcase name="off" classname="com.acme.CartTest" time="0"><skipped message="later"/></testcase>
  <system-out>suite output with an error: nothing</system-out>
</testsuite>
"""

GOTESTSUM = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" failures="3" errors="0" time="0.01">
	<testsuite tests="5" failures="3" time="0.01" name="example.com/cart" timestamp="2026-11-20T17:00:00Z">
		<properties><property name="go.version" value="go1.22"></property></properties>
		<testcase classname="example.com/cart" name="TestSum" time="0.000000">
			<failure message="Failed" type="">=== RUN   TestSum&#xA;--- FAIL: TestSum (0.00s)&#xA;</failure>
		</testcase>
		<testcase classname="example.com/cart" name="TestSum/two" time="0.000000">
			<failure message="Failed" type="">=== RUN   TestSum/two&#xA;    cart_test.go:12: got 3, want 4&#xA;--- FAIL: TestSum/two (0.00s)&#xA;</failure>
		</testcase>
		<testcase classname="example.com/cart" name="TestSum/one" time="0.000000"></testcase>
		<testcase classname="example.com/cart" name="TestBoth" time="0.000000">
			<failure message="Failed" type="">=== RUN   TestBoth&#xA;    cart_test.go:30: and the parent too&#xA;--- FAIL: TestBoth (0.00s)&#xA;</failure>
		</testcase>
		<testcase classname="example.com/cart" name="TestBoth/a" time="0.000000">
			<failure message="Failed" type="">    cart_test.go:28: sub&#xA;</failure>
		</testcase>
	</testsuite>
</testsuites>
"""

JEST_JUNIT = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="2" failures="1" errors="0" time="0.9">
  <testsuite name="cart" errors="0" failures="1" skipped="0" timestamp="2026-11-20T17:00:00" time="0.3" tests="2">
    <testcase classname="cart adds" name="cart adds" time="0.002">
    </testcase>
    <testcase classname="cart totals" name="cart totals" time="0.004">
      <failure>Error: expect(received).toBe(expected) // Object.is equality

Expected: 4
Received: 3
    at Object.toBe (/home/ci/app/src/cart.test.js:8:23)</failure>
    </testcase>
  </testsuite>
</testsuites>
"""

VITEST = """<?xml version="1.0" encoding="UTF-8" ?>
<testsuites name="vitest tests" tests="2" failures="1" errors="0" time="0.02">
    <testsuite name="src/cart.test.ts" timestamp="2026-11-20T17:00:00.000Z" hostname="ci" tests="2" failures="1" errors="0" skipped="0" time="0.005">
        <testcase classname="src/cart.test.ts" name="cart &gt; totals" time="0.003">
            <failure message="expected 3 to be 4 // Object.is equality" type="AssertionError">
AssertionError: expected 3 to be 4 // Object.is equality
 ❯ src/cart.test.ts:7:19
            </failure>
        </testcase>
        <testcase classname="src/cart.test.ts" name="cart &gt; adds" time="0.001">
        </testcase>
    </testsuite>
</testsuites>
"""

NEXTEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="3" failures="1" errors="0" uuid="1" timestamp="2026-11-20T17:00:00.000+00:00" time="0.1">
    <testsuite name="cart" tests="3" disabled="0" errors="0" failures="1">
        <testcase name="tests::ok" classname="cart" timestamp="2026-11-20T17:00:00.000+00:00" time="0.005">
        </testcase>
        <testcase name="tests::totals" classname="cart" time="0.005">
            <failure message="thread &apos;tests::totals&apos; panicked at src/lib.rs:9:9: assertion `left == right` failed" type="test failure with exit code 101">thread &apos;tests::totals&apos; panicked at src/lib.rs:9:9:
assertion `left == right` failed</failure>
            <rerunFailure type="test failure with exit code 101" time="0.1"/>
            <system-out>running 1 test</system-out>
            <system-err>thread panicked</system-err>
        </testcase>
        <testcase name="tests::shaky" classname="cart" time="0.005">
            <flakyFailure message="x" type="test failure with exit code 101">x<system-out>o</system-out></flakyFailure>
        </testcase>
    </testsuite>
</testsuites>
"""

PHPUNIT = r"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="" tests="3" assertions="3" errors="0" failures="1" skipped="0" time="0.01">
    <testsuite name="unit" tests="3" assertions="3" errors="0" failures="1" skipped="0" time="0.01">
      <testsuite name="CartTest" file="/app/tests/CartTest.php" tests="3" failures="1" time="0.01">
        <testcase name="testAdds" class="CartTest" classname="CartTest" file="/app/tests/CartTest.php" line="9" assertions="1" time="0.001"/>
        <testsuite name="CartTest::testTotals" tests="2" failures="1">
          <testcase name="testTotals with data set #0" class="CartTest" classname="CartTest" file="/app/tests/CartTest.php" line="15" assertions="1" time="0.001">
            <failure type="PHPUnit\Framework\ExpectationFailedException">CartTest::testTotals with data set #0 (3, 4)
Failed asserting that 3 matches expected 4.

/app/tests/CartTest.php:17</failure>
          </testcase>
          <testcase name="testTotals with data set #1" class="CartTest" classname="CartTest" file="/app/tests/CartTest.php" line="15" assertions="1" time="0.001"/>
        </testsuite>
      </testsuite>
    </testsuite>
  </testsuite>
</testsuites>
"""

RSPEC = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="rspec" tests="3" skipped="1" failures="1" errors="0" time="0.01" timestamp="2026-11-20T17:00:00+00:00" hostname="ci">
<properties><property name="seed" value="1"/></properties>
<testcase classname="spec.cart_spec" name="Cart adds" file="./spec/cart_spec.rb" time="0.001"></testcase>
<testcase classname="spec.cart_spec" name="Cart totals" file="./spec/cart_spec.rb" time="0.002"><failure message="&#10;expected: 4&#10;     got: 3&#10;&#10;(compared using ==)&#10;" type="RSpec::Expectations::ExpectationNotMetError">Failure/Error: expect(3).to eq(4)

  expected: 4
       got: 3
./spec/cart_spec.rb:9:in `block (2 levels) in &lt;top (required)&gt;&apos;</failure></testcase>
<testcase classname="spec.cart_spec" name="Cart later" file="./spec/cart_spec.rb" time="0.0"><skipped/></testcase>
</testsuite>
"""

NODE = """<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testcase name="adds" time="0.001" classname="test" failure="1 == 2">
		<failure type="testCodeFailure" message="1 == 2">
Error [ERR_TEST_FAILURE]: 1 == 2
    at AsyncResource.runInAsyncScope (node:async_hooks:206:9) {
  code: 'ERR_TEST_FAILURE',
  failureType: 'testCodeFailure',
  cause: AssertionError [ERR_ASSERTION]: 1 == 2
      at TestContext.&lt;anonymous> (/app/a.test.js:2:25)
}
		</failure>
	</testcase>
	<testcase name="ok" time="0.0001" classname="test"/>
	<testsuite name="outer" time="0.001" disabled="0" errors="0" tests="1" failures="1" skipped="0" hostname="vm">
		<testcase name="inner" time="0.0001" classname="test" failure="x is not a function">
			<failure type="testCodeFailure" message="x is not a function">
Error [ERR_TEST_FAILURE]: x is not a function {
  cause: TypeError [Error]: x is not a function
      at TestContext.&lt;anonymous> (/app/a.test.js:3:79)
      at Test.run (node:internal/test_runner/test:796:25)
}
			</failure>
		</testcase>
	</testsuite>
	<testcase name="later" time="0.0001" classname="test" failure="t">
		<skipped type="todo" message="true"/>
		<failure type="testCodeFailure" message="t">Error: t</failure>
	</testcase>
</testsuites>
"""

GOOGLETEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" disabled="1" errors="0" timestamp="2026-11-20T17:00:00.000" time="0.001" name="AllTests">
  <testsuite name="Cart" tests="3" failures="1" disabled="1" skipped="0" errors="0" time="0.001">
    <testcase name="Adds" file="cart_test.cc" line="5" status="run" result="completed" time="0." classname="Cart" />
    <testcase name="DISABLED_Off" file="cart_test.cc" line="9" status="notrun" result="suppressed" time="0." classname="Cart" />
    <testcase name="Totals" file="cart_test.cc" line="13" status="run" result="completed" time="0." classname="Cart">
      <failure message="cart_test.cc:14&#x0A;Expected equality of these values:&#x0A;  3&#x0A;  4" type=""><![CDATA[cart_test.cc:14
Expected equality of these values:
  3
  4]]></failure>
    </testcase>
  </testsuite>
</testsuites>
"""

# Each with its distinct cases by state: passed, failed, skipped, flaky.
ALL = {
    "pytest": (PYTEST, (1, 3, 2, 0)),
    "surefire": (SUREFIRE, (2, 2, 1, 1)),
    "gotestsum": (GOTESTSUM, (1, 3, 0, 0)),
    "jest-junit": (JEST_JUNIT, (1, 1, 0, 0)),
    "vitest": (VITEST, (1, 1, 0, 0)),
    "nextest": (NEXTEST, (2, 1, 0, 1)),
    "phpunit": (PHPUNIT, (2, 1, 0, 0)),
    "rspec": (RSPEC, (1, 1, 1, 0)),
    "node": (NODE, (1, 2, 1, 0)),
    "googletest": (GOOGLETEST, (1, 1, 1, 0)),
}
