'use strict';

// Writes JUnit XML for jest projects that have no jest-junit of their own, to $HONK_JUNIT_FILE.
// Classnames and names are those of jest-junit's defaults ("{classname} {title}" for both, a blank
// first where there is no describe), so that cases keep their identity across both reporters. What
// jest-junit leaves out by default is here: the file of each case, and files that could not run.

const fs = require('fs');
const path = require('path');

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\r': '&#13;', '\t': '&#9;' };
const ANSI = /[\u001b\u009b][[\]()#;?]*(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PR-TZcf-nq-uy=><~]/g;
// Everything that XML 1.0 has no way to write; with the u flag lone surrogates match alone.
const UNWRITABLE = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const clean = (text) => String(text).replace(ANSI, '').replace(UNWRITABLE, '');
const escapeText = (text) => clean(text).replace(/[&<>]/g, (c) => ENTITIES[c]);
const escapeAttribute = (text) => clean(text).replace(/[&<>"\n\r\t]/g, (c) => ENTITIES[c]);
const attributes = (values) =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`)
    .join('');

class JUnitReporter {
  onRunComplete(_contexts, results) {
    const suites = results.testResults.map(suiteXml).join('');
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="jest tests">\n${suites}</testsuites>\n`;
    fs.writeFileSync(process.env.HONK_JUNIT_FILE, xml);
  }
}

function suiteXml(suite) {
  const file = path.relative(process.cwd(), suite.testFilePath);
  const cases = suite.testResults.map((result) => caseXml(result, file));
  if (suite.testResults.length === 0 && suite.failureMessage) {
    cases.push(brokenFileXml(suite, file));
  }
  const name = (suite.testResults[0] && suite.testResults[0].ancestorTitles[0]) || file;
  return `  <testsuite${attributes({ name, tests: cases.length, file })}>\n${cases.join('')}  </testsuite>\n`;
}

function caseXml(result, file) {
  const name = `${result.ancestorTitles.join(' ')} ${result.title}`;
  const time = (result.duration || 0) / 1000;
  const start = `    <testcase${attributes({ classname: name, name, file, time })}>`;
  return `${start}${resultXml(result)}</testcase>\n`;
}

function resultXml(result) {
  if (result.status === 'passed') {
    return '';
  }
  if (result.status !== 'failed') {
    return '<skipped/>';
  }
  const text = result.failureMessages.join('\n\n');
  return `<failure${attributes({ message: firstParagraph(text) })}>${escapeText(text)}</failure>`;
}

function brokenFileXml(suite, file) {
  const start = `    <testcase${attributes({ classname: 'Test suite failed to run', name: file, file, time: 0 })}>`;
  return `${start}<error>${escapeText(suite.failureMessage)}</error></testcase>\n`;
}

function firstParagraph(text) {
  return clean(text).split(/\n\s*(?:at |\n)/)[0];
}

module.exports = JUnitReporter;
