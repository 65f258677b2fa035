import { equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from './cast.ts';

test('everyone in the cast has a name of their own and a human pitch', () => {
  const everyone = cast(60);
  equal(new Set(everyone.map(({ name }) => name)).size, 60);
  ok(everyone.every(({ name }) => name.length <= 64));
  ok(everyone.every(({ pitch }) => pitch >= 95 && pitch <= 235));
});
