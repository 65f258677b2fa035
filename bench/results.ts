import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeCommit, describeMachine } from './machine.ts';

const FILE = fileURLToPath(new URL('./results.md', import.meta.url));

const HEADING = `# Results

What the programs in this folder measured, newest last: each row is one run with \`--record\`, on the commit and the machine
it names (a \`+\` after a commit: with changes not committed). Figures of different machines do not compare.

| date | bench | commit | machine | figures |
|---|---|---|---|---|
`;

/** Adds a row to results.md. */
export function record(bench: string, figures: string): void {
  if (!existsSync(FILE)) writeFileSync(FILE, HEADING);
  const date = new Date().toISOString().slice(0, 10);
  appendFileSync(FILE, `| ${date} | ${bench} | ${describeCommit()} | ${describeMachine()} | ${figures} |\n`);
}
