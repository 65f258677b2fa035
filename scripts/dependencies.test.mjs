import { doesNotThrow, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { requireNode } from './dependencies.mjs';

test('a Node that is too old to install with is told by its version, with what to do', () => {
  throws(() => requireNode('v18.20.4'), /Node 20 or newer .* v18\.20\.4\. For example: `npm install --global node@24/);
  for (const version of ['v20.19.2', 'v24.0.0']) doesNotThrow(() => requireNode(version));
});
