import { REQUEST_NAMES, REQUESTS, type RequestName } from '@parley/shared/protocol';
import fc from 'fast-check';
import { Blank, valuesOf } from './schema-arbitrary.ts';

/** One message of a client: a name, what goes with it, and whether it wants an answer. */
export interface Message {
  name: string;
  args: unknown[];
  wantsAnswer: boolean;
}

/** What a conversation knows, by the name of the field it fits in. */
export const KNOWN_KEYS = [
  'roomId',
  'epoch',
  'to',
  'participantId',
  'userId',
  'userIds',
  'transportId',
  'producerId',
  'producerIds',
  'consumerIds',
  'resumeToken',
  'topologyToken',
  'joinId',
  'matchId',
  'pass',
] as const;
const KEYS: ReadonlySet<string> = new Set(KNOWN_KEYS);

const deep = fc.integer({ min: 10, max: 1_000 }).map((depth) => {
  let value: unknown = 'bottom';
  for (let i = 0; i < depth; i++) value = i % 2 ? { a: value } : [value];
  return value;
});
const huge = fc
  .tuple(fc.constantFrom('x', '\u0000', '👋', '"', '\\', '\ud800'), fc.integer({ min: 1_000, max: 9_000 }))
  .map(([unit, times]) => unit.repeat(times));
const hostileKey = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', '');
const hostileObject = fc
  .dictionary(hostileKey, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 4, noNullPrototype: true })
  .chain((rest) =>
    fc
      .constantFrom('{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', '{}')
      .map((json) => ({ ...rest, ...(JSON.parse(json) as object) })),
  );
const binary = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));
const number = fc.constantFrom(-1, 0, 0.5, -0, 2 ** 31, 2 ** 53, 2 ** 60, Number.MAX_VALUE, Number.NaN, Infinity);

/** Anything at all. */
const wild: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 2, arbitrary: hostileObject },
  { weight: 2, arbitrary: fc.oneof(number, fc.string({ unit: 'binary' }), fc.constantFrom(null, undefined, true)) },
  { weight: 1, arbitrary: binary },
  { weight: 1, arbitrary: fc.oneof(deep, huge) },
);

/** A value with one thing in it that is not as it was: replaced, left out, or added to. */
function nearly(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const how = fc.constantFrom('replace', 'delete', 'add', 'wrap');
  return fc.tuple(values, how, fc.nat({ max: 30 }), wild, hostileKey).map(([value, change, at, strange, key]) => {
    const places = placesIn(value);
    const place = places[at % Math.max(1, places.length)];
    if (!place) return strange;
    const { parent, name } = place;
    if (change === 'replace') parent[name] = strange;
    else if (change === 'delete') delete parent[name];
    else if (change === 'wrap') parent[name] = [parent[name]];
    else Object.defineProperty(parent, key, { value: strange, enumerable: true, configurable: true, writable: true });
    return value;
  });
}

interface Place {
  parent: Record<string, unknown>;
  name: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Blank) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).flatMap((name) => [{ parent, name }, ...placesIn(parent[name])]);
}

function messageOf(name: RequestName): fc.Arbitrary<Message> {
  const valid = valuesOf(REQUESTS[name].input, KEYS);
  const input = fc.oneof(
    { weight: 5, arbitrary: valid },
    { weight: 3, arbitrary: nearly(valid) },
    { weight: 2, arbitrary: wild },
  );
  const args = fc.oneof(
    { weight: 30, arbitrary: input.map((one) => [one]) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.tuple(input, wild) },
  );
  return args.map((it) => ({ name, args: [...it], wantsAnswer: true }));
}

const strangeName = fc.oneof(
  fc.constantFrom('', 'nothing', '__proto__', 'constructor', 'room:event', 'room:Join', 'error'),
  fc.string({ maxLength: 20 }),
);
const stranger = fc.tuple(strangeName, wild).map(([name, arg]) => ({ name, args: [arg], wantsAnswer: true }));

/** Every request there is, made right, nearly right and wrong, and now and then what is no request. */
export const messages: fc.Arbitrary<Message> = fc
  .oneof(...REQUEST_NAMES.map((name) => ({ weight: 4, arbitrary: messageOf(name) })), {
    weight: 3,
    arbitrary: stranger,
  })
  .chain((message) => fc.nat({ max: 19 }).map((n) => ({ ...message, wantsAnswer: n > 0 })));
