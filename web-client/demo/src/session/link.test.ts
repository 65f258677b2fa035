import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, roomFromUrl, roomLink, tokenFromUrl } from './link.ts';

const room = (url: string) => roomFromUrl(new URL(url, 'https://voice.example.org'));

test('reads the room from the query and from the path', () => {
  assert.equal(room('/?room=lobby'), 'lobby');
  assert.equal(room('/?room=caf%C3%A9+two'), 'café two');
  assert.equal(room('/r/caf%C3%A9%20two'), 'café two');
  assert.equal(room('/r/lobby/'), 'lobby');
});

test('a link without a room, or with a broken one, names none', () => {
  for (const url of ['/', '/about', '/r/', '/r/%E0%A4%A', '/?room=']) assert.equal(room(url), '');
});

test('a shared link leads back to the same room, whatever its name', () => {
  for (const name of ['lobby', 'a/b?c#d', 'größe & co', '🚢']) {
    assert.equal(room(roomLink('https://voice.example.org', name)), name);
  }
});

test('knows the addresses that only this computer can reach', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.0.1', '[::1]', 'a.localhost']) assert.ok(isLoopback(host), host);
  for (const host of ['voice.example.org', '192.168.1.2', '12.7.0.1']) assert.ok(!isLoopback(host), host);
});

test('a link may bring a token along, where no server sees it', () => {
  const token = (url: string) => tokenFromUrl(new URL(url, 'https://voice.example.org'));
  assert.equal(token('/?room=lobby#token=a.b-c_d'), 'a.b-c_d');
  assert.equal(token('/?room=lobby&token=a'), undefined);
});
