const MAX_LENGTH = 64;

/** What the protocol refuses in a name: control characters, line separators, bidirectional overrides. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point.
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Why a display or room name cannot be used, in words; undefined when it can. */
export function nameProblem(text: string, what: 'name' | 'room'): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return what === 'name' ? 'Tell people who you are.' : 'Name the room you want to talk in.';
  const length = [...trimmed].length;
  if (length > MAX_LENGTH) return `That is ${length} characters; at most ${MAX_LENGTH} fit.`;
  if (FORBIDDEN.test(trimmed) || !trimmed.isWellFormed()) {
    return 'There is an invisible control character in it; type it anew.';
  }
  return undefined;
}

/** One or two letters that stand for a name: of its first and its last word. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
  const first = words[0];
  if (first === undefined) return '?';
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return (firstLetter(first) + (last === undefined ? '' : firstLetter(last))).toLocaleUpperCase();
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function firstLetter(word: string): string {
  for (const { segment } of graphemes.segment(word)) {
    if (/[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(segment)) return segment;
  }
  return '';
}

/** FNV-1a: a small stable number for a name, so that a person looks the same everywhere. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}

/** "Ada", "Ada and Bo", "Ada, Bo and 3 others". */
export function listNames(names: readonly string[]): string {
  const [first = '', second = '', third = ''] = names;
  if (names.length <= 1) return first;
  if (names.length === 2) return `${first} and ${second}`;
  if (names.length === 3) return `${first}, ${second} and ${third}`;
  return `${first}, ${second} and ${names.length - 2} others`;
}

const CALM = [
  'amber',
  'quiet',
  'copper',
  'north',
  'silver',
  'open',
  'tidal',
  'morning',
  'slow',
  'bright',
  'cedar',
  'low',
];
const PLACES = [
  'harbor',
  'lantern',
  'jetty',
  'anchor',
  'island',
  'beacon',
  'channel',
  'sound',
  'cove',
  'mast',
  'delta',
];

/** A room name that is easy to say on the phone. @param random in [0, 1), as Math.random. */
export function suggestRoom(random: () => number = Math.random): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? '';
  return `${pick(CALM)}-${pick(PLACES)}-${10 + Math.floor(random() * 90)}`;
}
