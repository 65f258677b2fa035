import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as official from 'socket.io-parser';
import * as ours from './text-parser.ts';

/** What comes out of a message: packets, or that it was refused. */
function read(parser: { Decoder: typeof ours.Decoder | typeof official.Decoder }, message: string): unknown {
  const decoder = new parser.Decoder();
  const packets: object[] = [];
  (decoder as ours.Decoder).on('decoded', (packet) => packets.push({ id: undefined, data: undefined, ...packet }));
  try {
    decoder.add(message);
    return packets;
  } catch {
    return 'refused';
  } finally {
    decoder.destroy();
  }
}

const PACKETS: ours.Packet[] = [
  { type: 0, nsp: '/', data: { token: 'ann', of: ['ö', '"', '\u2028'] } },
  { type: 1, nsp: '/' },
  { type: 2, nsp: '/', data: ['room:join', { roomId: 'lobby' }] },
  { type: 2, nsp: '/', id: 0, data: ['room:join', { roomId: '7,8' }, null] },
  { type: 2, nsp: '/admin', id: 12, data: ['1', 2] },
  { type: 3, nsp: '/', id: 13, data: [] },
  { type: 3, nsp: '/', id: 14, data: [{ ok: true }] },
  { type: 4, nsp: '/', data: { message: 'no', data: { code: 'banned' } } },
];
const MESSAGES = [
  ...[
    '',
    ' ',
    '0',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '9',
    'x',
    '00',
    '{}',
    '[]',
    '2[',
    '2[]',
    '2{}',
    '2null',
    '2"a"',
    '2a',
  ],
  ...[
    '2["connect"]',
    '2["disconnect",1]',
    '2["newListener"]',
    '2[null]',
    '2[{}]',
    '2[[]]',
    '2["a"]',
    '2["a"] ',
    '2["a"]b',
  ],
  ...['0[]', '0null', '0"a"', '0{"sid":"a"}', '1{}', '1[]', '4[]', '4null', '4"no"', '4{}', '3[]', '31', '3{}', '3"a"'],
  ...['2/', '2/a', '2/a,', '2/a,["b"]', '2/a,7["b"]', '27/a,["b"]', '2/a["b,c"]', '2-1["a"]', '21.5["a"]', '2["a\nb"]'],
  ...['51-["a",{"_placeholder":true,"num":0}]', '61-7[{"_placeholder":true,"num":0}]', '451-["a"]'],
];

test('packets are written as Socket.IO writes them, and read again', () => {
  for (const packet of PACKETS) {
    const [text] = new ours.Encoder().encode(packet);
    assert.deepEqual([text], new official.Encoder().encode(packet as official.Packet));
    assert.deepEqual(read(ours, text), read(official, text), text);
  }
});

test('a message that Socket.IO would refuse is refused, and one that is taken is read as Socket.IO reads it', () => {
  const taken = MESSAGES.filter((text) => read(ours, text) !== 'refused');
  for (const text of taken) assert.deepEqual(read(ours, text), read(official, text), text);
  assert.deepEqual(taken, ['1', '2["a"]', '2["a"] ', '0{"sid":"a"}', '4"no"', '4{}', '3[]', '2/a,["b"]', '2/a,7["b"]']);
});

test('a connection that shows nothing says nothing', () => {
  assert.deepEqual(new ours.Encoder().encode({ type: 0, nsp: '/' }), ['0']);
});

test('a binary message is refused', () => {
  assert.throws(() => new ours.Decoder().add(new ArrayBuffer(3)));
});
