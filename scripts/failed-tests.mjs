// What failed, said once more at the end of `npm test`: whoever reads only the last lines of a log learns it too.

const LINES_OF_AN_ERROR = 15;
const FAILURES = 20;

/** @typedef {{ title: string, error: string }} Failure one failed test, and what it says */
/** @typedef {Failure & { file: string }} FailureOfFile */

/** @param {string} text */
function firstLines(text) {
  const lines = text.trimEnd().split('\n');
  const more = lines.length - LINES_OF_AN_ERROR;
  return more > 0 ? [...lines.slice(0, LINES_OF_AN_ERROR), `… ${more} more lines, see above`] : lines;
}

/**
 * @param {FailureOfFile[]} failures
 * @returns {string[]} lines for people; none when nothing failed
 */
export function repeatFailures(failures) {
  if (failures.length === 0) return [];
  const lines = ['', 'What failed:'];
  for (const { file, title, error } of failures.slice(0, FAILURES)) {
    lines.push(`  ${file}`, `    ✗ ${title}`);
    if (error.trim()) lines.push(...firstLines(error).map((line) => `        ${line}`));
  }
  if (failures.length > FAILURES) lines.push(`  … and ${failures.length - FAILURES} more, see above`);
  return lines;
}
