import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_CODES, ERRORS } from './errors.ts';
import { RoomEventSchema, SERVER_EVENTS } from './events.ts';
import { REQUEST_NAMES } from './requests.ts';
import { TopologyReasonSchema } from './topology.ts';
import { PROTOCOL_VERSION } from './version.ts';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

/** First cells of the rows of the table whose head starts with `head`. */
function firstCells(head: string): Set<string> {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  assert.notEqual(start, -1, `no table "${head}"`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return new Set(rows.slice(0, end).map((line) => /`([^`]+)`/.exec(line)?.[1] ?? line));
}

test('docs/protocol.md lists every request, event, reason and error code, and no other', () => {
  assert.deepEqual(firstCells('request'), new Set(REQUEST_NAMES));
  assert.deepEqual(firstCells('event'), new Set(Object.keys(SERVER_EVENTS)));
  assert.deepEqual(
    firstCells('`event.type`'),
    new Set(RoomEventSchema.options.map((option) => option.entries.type.literal)),
  );
  assert.deepEqual(firstCells('`reason`'), new Set(TopologyReasonSchema.options));
  assert.deepEqual(firstCells('code'), new Set(ERROR_CODES));
});

test('it tells what may be retried, and the version', () => {
  for (const code of ERROR_CODES) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${code}\` |`));
    assert.ok(row?.includes(ERRORS[code].retryable ? '| yes |' : '| no |'), code);
  }
  assert.ok(page.includes(`version **${PROTOCOL_VERSION}**`));
});
