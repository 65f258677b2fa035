import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOf, routeOf } from './route.ts';

const route = (path: string) => routeOf(new URL(path, 'https://voice.example.org'));

test('/meet leads to strangers, /ops to operations, everything else to rooms', () => {
  assert.deepEqual(['/ops', '/ops/'].map(route), ['operations', 'operations']);
  assert.deepEqual(['/opse', '/r/ops', '/?room=ops'].map(route), Array(3).fill('rooms'));
  assert.deepEqual(['/meet', '/meet/', '/meet?x=1'].map(route), ['meet', 'meet', 'meet']);
  assert.deepEqual(['/', '/r/meet', '/?room=meet', '/meeting', '/r/lobby'].map(route), Array(5).fill('rooms'));
});

test('a way in has a link that leads there', () => {
  assert.equal(route(pathOf('meet')), 'meet');
  assert.equal(route(pathOf('rooms')), 'rooms');
  assert.equal(route(pathOf('operations')), 'operations');
});
