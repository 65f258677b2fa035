import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  HOLD_MS,
  MARGIN_DB,
  noSelection,
  ROUNDS,
  type Round,
  type Selection,
  SPEECH_DBOV,
  select,
} from './selection.ts';

const ROUND_MS = 250;

/** A room at its rounds: who is open, who is pinned, and how loud each is. */
class Rounds {
  selection: Selection;
  now = 0;
  open = new Set<string>();
  pinned: string[] = [];

  constructor(slots: number, ...peers: string[]) {
    this.selection = noSelection(slots);
    this.open = new Set(peers);
  }

  get holders() {
    return this.selection.holders;
  }

  /** A round with these levels, some times over. Returns the holders. */
  hear(levels: Record<string, number>, times = 1, covers?: (peer: string) => boolean) {
    for (let i = 0; i < times; i++) {
      this.now += ROUND_MS;
      this.#select({ levels: new Map(Object.entries(levels)), covers });
    }
    return this.holders;
  }

  /** Somebody came, went or was pinned: a round without a report. */
  change(change: { open?: string[]; pinned?: string[] }) {
    if (change.open) this.open = new Set(change.open);
    if (change.pinned) this.pinned = change.pinned;
    this.#select({});
    return this.holders;
  }

  #select(more: Pick<Round, 'levels' | 'covers'>) {
    const { now, open, pinned } = this;
    this.selection = select(this.selection, { now, open, pinned, ...more });
  }
}

const HOLD_ROUNDS = HOLD_MS / ROUND_MS;

test('free slots go to whoever is there, at once, the loudest first', () => {
  const room = new Rounds(2, 'ann', 'ben', 'cat');
  assert.deepEqual(room.hear({ ben: -40, cat: -30 }), ['cat', 'ben']);
  // A silent one too: his first word is then not lost.
  assert.deepEqual(room.change({ open: ['ann', 'ben'] }), ['ann', 'ben']);
});

test('a pause for breath does not lose the floor, a silence past the hold does', () => {
  const room = new Rounds(2, 'ann', 'ben', 'cat');
  room.hear({ ann: -30, ben: -30 }, 4);
  assert.deepEqual(room.hear({ ben: -30, cat: -30 }, HOLD_ROUNDS - 1), ['ann', 'ben']);
  assert.deepEqual(room.hear({ ann: -30, ben: -30, cat: -30 }), ['ann', 'ben']);
  assert.deepEqual(room.hear({ ben: -30, cat: -30 }, HOLD_ROUNDS), ['cat', 'ben']);
});

test('of silent holders the longest silent gives way first, and nobody else moves', () => {
  const room = new Rounds(3, 'ann', 'ben', 'cat', 'dan', 'eve');
  room.hear({ ann: -30, ben: -30, cat: -30 });
  room.hear({ ann: -30, cat: -30 });
  room.hear({ ann: -30 });
  assert.deepEqual(room.hear({}, 2 * HOLD_ROUNDS), ['ann', 'ben', 'cat'], 'nobody needs a slot');
  assert.deepEqual(room.hear({ dan: -50 }), ['ann', 'dan', 'cat']);
  assert.deepEqual(room.hear({ eve: -50, dan: -50 }), ['ann', 'dan', 'eve']);
});

test('a challenger must be louder by the margin, two rounds in a row', () => {
  const room = new Rounds(1, 'ann', 'ben');
  room.hear({ ann: -40 }, 4);
  assert.deepEqual(room.hear({ ann: -40, ben: -40 + MARGIN_DB - 1 }, 20), ['ann']);
  room.hear({ ann: -40 }, HOLD_ROUNDS);
  assert.deepEqual(room.hear({ ann: -40, ben: -40 + MARGIN_DB + 1 }), ['ann']);
  assert.deepEqual(room.hear({ ann: -40 }), ['ann'], 'a cough');
  assert.deepEqual(room.hear({ ann: -40, ben: -40 + MARGIN_DB + 1 }), ['ann']);
  assert.deepEqual(room.hear({ ann: -40, ben: -40 + MARGIN_DB + 1 }), ['ben']);
});

test('who has taken a slot and lost it begins again: two rounds, and nothing of how loud he was long ago', () => {
  const room = new Rounds(1, 'ann', 'ben');
  room.hear({ ann: -40 });
  assert.deepEqual(room.hear({ ann: -40, ben: -30 }, ROUNDS), ['ben']);
  assert.deepEqual(room.hear({ ann: -16, ben: -30 }, ROUNDS + 1), ['ann']);
  assert.deepEqual(room.hear({ ann: -59, ben: 0 }), ['ann']);
  room.hear({}, HOLD_ROUNDS);
  assert.deepEqual(room.hear({ ann: -50, ben: -40 }, ROUNDS), ['ben']);
});

test('a report of some says nothing of the others: between two of its own a challenger does not begin again', () => {
  const room = new Rounds(1, 'ann', 'ben');
  room.hear({ ann: -40 }, 4);
  const elsewhere = (peer: string) => peer !== 'ben';
  assert.deepEqual(
    room.hear({ ben: -20 }, 1, (peer) => peer === 'ben'),
    ['ann'],
  );
  assert.deepEqual(room.hear({ ann: -40 }, 3, elsewhere), ['ann']);
  room.now -= ROUND_MS;
  assert.deepEqual(room.hear({}, 1, elsewhere), ['ann'], 'nor does one at the same moment count for another');
  assert.deepEqual(
    room.hear({ ben: -20 }, 1, (peer) => peer === 'ben'),
    ['ben'],
  );
});

test('a challenger takes the quietest talker’s slot', () => {
  const room = new Rounds(3, 'ann', 'ben', 'cat', 'dan');
  room.hear({ ann: -30, ben: -45, cat: -40 }, 4);
  assert.deepEqual(room.hear({ ann: -30, ben: -45, cat: -40, dan: -20 }, ROUNDS), ['ann', 'cat', 'dan']);
});

test('noise below speech takes nobody’s slot', () => {
  const room = new Rounds(1, 'ann', 'ben');
  room.hear({ ann: -40 });
  room.hear({}, 2 * HOLD_ROUNDS);
  assert.deepEqual(room.hear({ ben: SPEECH_DBOV - 1 }, 10), ['ann']);
  assert.deepEqual(room.hear({ ben: SPEECH_DBOV }), ['ben']);
});

test('who is pinned holds a slot at once and keeps it, one slot is left to the others', () => {
  const room = new Rounds(3, 'ann', 'ben', 'cat', 'dan', 'eve');
  room.hear({ ann: -30, ben: -50, cat: -40 }, 4);
  assert.deepEqual(room.change({ pinned: ['dan', 'eve', 'ann'] }), ['ann', 'eve', 'dan']);
  assert.deepEqual(room.hear({ ben: -10, cat: -9 }, 2 * HOLD_ROUNDS), ['cat', 'eve', 'dan']);
  // Muted he holds none, and another of those pinned comes up.
  assert.deepEqual(room.change({ open: ['ann', 'ben', 'cat', 'eve'] }), ['cat', 'eve', 'ann']);
  assert.deepEqual(room.change({ pinned: [] }), ['cat', 'eve', 'ann']);
  assert.deepEqual(room.hear({ ben: -10, cat: -9 }), ['cat', 'ben', 'ann'], 'unpinned he is as others are');
});

test('the only slot there is cannot be pinned', () => {
  const room = new Rounds(1, 'ann', 'ben');
  room.hear({ ann: -30 });
  assert.deepEqual(room.change({ pinned: ['ben'] }), ['ann']);
});

const NAMES = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal'];
const some = fc.subarray(NAMES);
const rounds = fc.array(
  fc.record({
    levels: fc.dictionary(fc.constantFrom(...NAMES), fc.integer({ min: -127, max: 0 })),
    open: fc.option(some, { nil: undefined, freq: 3 }),
    pinned: fc.option(fc.shuffledSubarray(NAMES), { nil: undefined, freq: 3 }),
    times: fc.integer({ min: 1, max: 10 }),
  }),
  { maxLength: 30 },
);

test('whatever happens: nobody twice, only who is there, who is pinned always, all slots used, the same again', () => {
  fc.assert(
    fc.property(rounds, fc.integer({ min: 1, max: 5 }), (all, slots) => {
      const [room, again] = [new Rounds(slots, ...NAMES), new Rounds(slots, ...NAMES)];
      let last = room.holders;
      const check = () => {
        const holders = room.holders.filter((one) => one !== undefined);
        assert.equal(room.holders.length, slots);
        assert.equal(new Set(holders).size, holders.length);
        assert.ok(holders.every((one) => room.open.has(one)));
        assert.equal(holders.length, Math.min(slots, room.open.size));
        const pins = room.pinned.filter((one) => room.open.has(one)).slice(0, slots - 1);
        assert.ok(pins.every((one) => holders.includes(one)));
        for (const [at, one] of room.holders.entries()) {
          if (one !== undefined && last.includes(one)) assert.equal(last.indexOf(one), at, 'nobody changes slots');
        }
        last = room.holders;
        assert.ok(room.selection.voices.size <= room.open.size);
      };
      for (const { levels, open, pinned, times } of all) {
        const change = { ...(open && { open }), ...(pinned && { pinned }) };
        room.change(change);
        again.change(change);
        check();
        for (let i = 0; i < times; i++) {
          room.hear(levels);
          check();
        }
        again.hear(levels, times);
      }
      assert.deepEqual(room.selection, again.selection);
    }),
    { numRuns: 300 },
  );
});

const level = fc.integer({ min: SPEECH_DBOV + 4, max: -4 });

test('levels that waver by less than the margin move nobody once they are known', () => {
  const noise = fc.array(
    fc.array(fc.double({ min: -MARGIN_DB / 2 + 0.1, max: MARGIN_DB / 2 - 0.1, noNaN: true }), {
      minLength: 8,
      maxLength: 8,
    }),
    {
      minLength: 40,
      maxLength: 80,
    },
  );
  fc.assert(
    fc.property(
      fc.array(level, { minLength: 8, maxLength: 8 }),
      noise,
      fc.integer({ min: 1, max: 6 }),
      (base, waver, slots) => {
        const room = new Rounds(slots, ...NAMES);
        const at = (by: readonly number[]) =>
          Object.fromEntries(NAMES.map((name, i) => [name, Math.min(0, (base[i] ?? 0) + (by[i] ?? 0))]));
        room.hear(at([]), 10);
        const { holders } = room;
        for (const by of waver) assert.deepEqual(room.hear(at(by)), holders);
      },
    ),
  );
});

test('who begins to speak louder than a talker by the margin is in within the rounds it takes', () => {
  fc.assert(
    fc.property(fc.array(level, { minLength: 7, maxLength: 7 }), fc.integer({ min: 1, max: 6 }), (base, slots) => {
      const room = new Rounds(slots, ...NAMES);
      const levels = Object.fromEntries(base.map((one, i) => [NAMES[i] ?? '', one]));
      room.hear(levels, 20);
      const least = Math.min(...room.holders.map((one) => levels[one ?? ''] ?? 0));
      const hal = Math.min(0, least + MARGIN_DB);
      fc.pre(hal === least + MARGIN_DB);
      assert.ok(room.hear({ ...levels, hal }, ROUNDS).includes('hal'));
    }),
  );
});

test('who was quiet and becomes loud is in within six rounds', () => {
  const room = new Rounds(1, 'ann', 'ben');
  room.hear({ ann: -30, ben: -59 }, 20);
  assert.deepEqual(room.hear({ ann: -30, ben: -20 }, 6), ['ben']);
});
