"""How tests look in languages that are compared by patterns on lines: Go, Java, Ruby, Rust and others."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """How tests look in one language; patterns are searched in lines without strings and comments."""

    suffixes: tuple[str, ...]
    test: re.Pattern[str]  # declares a test; the group is its name
    check: re.Pattern[str]  # makes an assertion
    skip: re.Pattern[str]
    weak: re.Pattern[str]  # assertions that rule out little
    comment: str = r"//.*"
    other: tuple[tuple[str, re.Pattern[str]], ...] = ()  # further rules with their patterns


def _language(suffixes: str, test: str, check: str, skip: str, weak: str, **more: str) -> Language:
    comment = more.pop("comment", r"//.*")
    other = tuple((rule.replace("_", "-"), re.compile(pattern)) for rule, pattern in more.items())
    return Language(
        suffixes=tuple(suffixes.split()),
        test=re.compile(test),
        check=re.compile(check),
        skip=re.compile(skip),
        weak=re.compile(weak),
        comment=comment,
        other=other,
    )


LANGUAGES = (
    _language(
        ".go",
        r"^func (?:\([^)]*\) )?((?:Test|Benchmark|Fuzz|Example)\w*)\(|\bt\.Run\(([^,]+),",
        r"\b(?:t|b|f|tb)\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require|is|qt|c)\.\w+\(",
        r"\b(?:t|b|f|tb|s\.T\(\))\.Skip(?:f|Now)?\(|testing\.Short\(\)|//go:build ignore",
        r"\.(?:NotNil|NotEmpty|True|NoError|NotPanics|Contains|Greater|Less)\(|\.Log(?:f)?\(",
        sleep_added=r"time\.Sleep\(",
        exit_added=r"os\.Exit\(0\)",
        early_return=r"^\s*return\s*$",
    ),
    _language(
        ".java .kt .kts .scala .groovy",
        r"\b(?:void|fun|def)\s+(?:`)?([\w ]+?)(?:`)?\s*\(",
        r"\b(?:assert\w*|verify\w*|fail|expect\w*|should\w*)\s*[({<]|\bassert\s|\.(?:isEqualTo|isTrue|isFalse|hasSize|contains)\(",
        r"@(?:Disabled|Ignore)\w*|\bassume\w*\(|\bAssumptions?\.|\benabled\s*=\s*false|@EnabledIf|@Tag\(",
        r"\b(?:assertNotNull|assertTrue|assertDoesNotThrow|isNotNull|isNotEmpty)\b",
        retry_added=r"@(?:RetryingTest|RepeatedIfExceptionsTest|Retry\w*|Flaky\w*)|RetryAnalyzer",
        sleep_added=r"Thread\.sleep\(|TimeUnit\.\w+\.sleep\(",
        exit_added=r"System\.exit\(|Runtime\.getRuntime\(\)\.halt\(",
        subject_mocked=r"@(?:MockBean|Mock|Spy|MockK)\b|\bmock\(|\bmockk\(|mockStatic\(|doReturn\(",
    ),
    _language(
        ".rb",
        r"\b(?:it|specify|scenario|test|context|describe)\s+['\"]([^'\"]+)['\"]|\bdef\s+(test_\w+)",
        r"\bexpect\b.*\.(?:to|not_to|to_not)\b|\bassert\w*\b|\brefute\w*\b|\.(?:must|wont)_\w+|\.should\b",
        r"\bskip\b|\bpending\b|\bx(?:it|describe|context|specify)\b|\b(?:fit|fdescribe|focus:\s*true)\b|,\s*:?skip\b",
        r"be_truthy|be_present|\bassert\s|not_to raise|be_a\b|assert_not_nil|assert_nothing_raised",
        comment=r"#.*",
        retry_added=r"\bretry:\s*\d+|\bflaky\b",
        sleep_added=r"\bsleep[ (]\s*[\d.]+",
        exit_added=r"\bexit!?\b",
        subject_mocked=r"\ballow(?:_any_instance_of)?\(|\.stub\(|\bdouble\(|\.stubs\(",
    ),
    _language(
        ".rs",
        r"\bfn\s+(\w+)\s*\(",
        r"\b(?:debug_)?assert(?:_\w+)?!|\bpanic!|\bunreachable!",
        r"#\[ignore|#\[cfg_attr\([^)]*ignore|#\[should_panic\]",
        r"\bassert!\(.*(?:is_ok|is_some|is_err|true)\b|assert_ne!",
        sleep_added=r"thread::sleep\(|\bsleep\(Duration",
        exit_added=r"process::exit\(0\)",
    ),
    _language(
        ".cs .fs .vb",
        r"\b(?:void|Task)\s+(\w+)\s*\(",
        r"\bAssert\.\w+|\.Should\(\)|\bVerify\(",
        r"\bSkip\s*=|\[Ignore|\[Explicit|Assert\.(?:Ignore|Inconclusive|Skip)",
        r"Assert\.(?:NotNull|True|IsNotNull|IsTrue)|\.NotBeNull\(",
        retry_added=r"\[Retry",
        sleep_added=r"Thread\.Sleep\(|Task\.Delay\(",
        exit_added=r"Environment\.Exit\(",
    ),
    _language(
        ".php",
        r"\bfunction\s+(test\w+)\s*\(|\b(?:it|test)\(\s*['\"]([^'\"]+)",
        r"(?:\$this->|self::|static::|Assert::)(?:assert|expect|fail)\w*\(|\bexpect\(",
        r"markTest(?:Skipped|Incomplete)|->skip\(|->todo\(|@group\s+skip|#\[RequiresPhp",
        r"assert(?:NotNull|True|NotEmpty|IsArray|InstanceOf)\(|expectNotToPerformAssertions",
        sleep_added=r"\b(?:u?sleep)\(",
        exit_added=r"\b(?:exit|die)\b",
    ),
    _language(
        ".swift .m .mm",
        r"\bfunc\s+(test\w+)\s*\(|@Test[^\n]*func\s+(\w+)",
        r"\bXCTAssert\w*\(|\bXCTFail\(|#expect\(|#require\(",
        r"XCTSkip|\.disabled\(|XCTExpectFailure|withKnownIssue",
        r"XCTAssertNotNil|XCTAssertTrue|XCTAssertNoThrow",
        sleep_added=r"\bsleep\(|Thread\.sleep",
    ),
    _language(
        ".ex .exs",
        r"\btest\s+\"([^\"]+)\"",
        r"\b(?:assert|refute)\w*\b",
        r"@tag\s+:?skip|@moduletag\s+:?skip",
        r"\bassert\s+is_\w+",
        comment=r"#.*",
        sleep_added=r"Process\.sleep|:timer\.sleep",
    ),
    _language(
        ".c .cc .cpp .cxx .h .hpp .dart .lua .pl .t .sh .bats .zig .hs .clj .erl .jl .R .r",
        r"\bTEST(?:_F|_P|_CASE)?\s*\(\s*([^)]+)\)|\btest\(\s*['\"]([^'\"]+)|@test\s+\"([^\"]+)\"|\bfn\s+(test\w+)",
        r"\b(?:EXPECT|ASSERT|CHECK|REQUIRE)(?:_\w+)?\s*\(|\bassert\w*\b|\bexpect\w*\b|\bok\b|\bis\b",
        r"GTEST_SKIP|\bDISABLED_|\bskip\b|\[\.\]|SUCCEED\(\)",
        r"(?:EXPECT|ASSERT)_(?:TRUE|NE|NO_THROW)|isNotNull|isTrue",
        sleep_added=r"\b(?:u?sleep|sleep_for)\s*\(",
        exit_added=r"\bexit\s*\(?\s*0",
    ),
    _language(  # Python that cannot be parsed: another version's, or the failure itself
        ".py .pyi",
        r"\bdef\s+(test\w*)\s*\(",
        r"\bassert\b|\bself\.assert\w+\(|\braises\(",
        r"\bskip\w*\b|\bxfail\b|\bexpectedFailure\b",
        r"assertTrue|is not None|\bassertIn\b",
        comment=r"(?<!\S)#.*",
        sleep_added=r"\bsleep\(",
        exit_added=r"\b(?:sys\.exit|os\._exit)\(",
    ),
)  # fmt: skip


def language_of(path: str) -> Language | None:
    """The patterns for a file, by its suffix."""
    return next((language for language in LANGUAGES if path.endswith(language.suffixes)), None)
