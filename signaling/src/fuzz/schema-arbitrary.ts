import fc from 'fast-check';
import * as v from 'valibot';

/** Stands for something that only the conversation knows, such as the id of a member: see `fill`. */
export class Blank {
  readonly key: string;
  readonly pick: number;

  constructor(key: string, pick: number) {
    this.key = key;
    this.pick = pick;
  }
}

/** What Valibot's schemas are made of, as far as values are made from it. */
interface Node {
  kind: 'schema' | 'validation' | 'transformation' | 'metadata';
  type: string;
  pipe?: readonly Node[];
  entries?: Readonly<Record<string, Node>>;
  wrapped?: Node;
  item?: Node;
  items?: readonly Node[];
  options?: readonly unknown[];
  literal?: unknown;
  key?: Node;
  value?: Node;
  getter?: (input: undefined) => Node;
  requirement?: unknown;
}

const MANY = 6;
const LONG = 64;

/** Values that a schema takes, most of them; `keys` may be left blank, for the conversation to fill in. */
export function valuesOf(schema: v.GenericSchema, keys: ReadonlySet<string>): fc.Arbitrary<unknown> {
  return arbitraryOf(schema as unknown as Node, keys, undefined);
}

function arbitraryOf(node: Node, keys: ReadonlySet<string>, key: string | undefined): fc.Arbitrary<unknown> {
  const rules = (node.pipe ?? []).filter(({ kind }) => kind === 'validation');
  const made = madeOf(node, rules, keys, key);
  const hasCheck = rules.some(({ type }) => type === 'check' || type === 'raw_check');
  // Some rules cannot be read but tried: what fails is kept now and then, as it is nearly right.
  return hasCheck && !isBlankable(node, keys, key) ? mostly(made, node) : made;
}

function mostly(made: fc.Arbitrary<unknown>, node: Node): fc.Arbitrary<unknown> {
  const fits = (value: unknown) => v.safeParse(node as unknown as v.GenericSchema, value).success;
  return fc.array(made, { minLength: 4, maxLength: 4 }).map((tries) => tries.find(fits) ?? tries[0]);
}

function isBlankable(node: Node, keys: ReadonlySet<string>, key: string | undefined): boolean {
  return key !== undefined && keys.has(key) && (node.type === 'string' || node.type === 'number');
}

function madeOf(
  node: Node,
  rules: readonly Node[],
  keys: ReadonlySet<string>,
  key: string | undefined,
): fc.Arbitrary<unknown> {
  if (isBlankable(node, keys, key)) {
    const blank = fc.nat({ max: 1_000 }).map((pick) => new Blank(key ?? '', pick));
    return fc.oneof({ weight: 9, arbitrary: blank }, { weight: 1, arbitrary: plainOf(node, rules, keys, key) });
  }
  return plainOf(node, rules, keys, key);
}

function plainOf(
  node: Node,
  rules: readonly Node[],
  keys: ReadonlySet<string>,
  key: string | undefined,
): fc.Arbitrary<unknown> {
  const rule = (...types: string[]) => rules.find(({ type }) => types.includes(type))?.requirement;
  const of = (inner: Node | undefined) => (inner ? arbitraryOf(inner, keys, key) : fc.jsonValue());
  const length = {
    minLength: Number(rule('min_length', 'length') ?? 0),
    maxLength: Math.max(
      Number(rule('min_length', 'length') ?? 0),
      Math.min(Number(rule('max_length', 'length') ?? MANY), node.type === 'string' ? LONG : MANY),
    ),
  };
  switch (node.type) {
    case 'string': {
      const regex = rule('regex');
      return regex instanceof RegExp
        ? fc.stringMatching(new RegExp(regex.source, regex.flags.replace('i', '')))
        : fc.string({ ...length, unit: 'grapheme' });
    }
    case 'number': {
      const min = Number(rule('min_value') ?? -1e6);
      const max = Number(rule('max_value') ?? 1e9);
      return rules.some(({ type }) => type === 'integer' || type === 'safe_integer')
        ? fc.oneof(fc.integer({ min, max: Math.min(max, 2 ** 31) }), fc.constantFrom(min, Math.min(max, 2 ** 31)))
        : fc.double({ min, max, noNaN: true });
    }
    case 'boolean':
      return fc.boolean();
    case 'literal':
      return fc.constant(node.literal);
    case 'picklist':
    case 'enum':
      return fc.constantFrom(...(node.options ?? []));
    case 'optional':
    case 'nullish':
    case 'undefinedable':
      return fc.option(of(node.wrapped), { nil: undefined });
    case 'nullable':
      return fc.option(of(node.wrapped), { nil: null });
    case 'array':
      return fc.array(of(node.item), length);
    case 'tuple':
    case 'strict_tuple':
      return fc.tuple(...(node.items ?? []).map(of));
    case 'record':
      return fc.dictionary(of(node.key).map(String), of(node.value), { maxKeys: MANY });
    case 'object':
    case 'strict_object':
    case 'loose_object':
      return fc.record(
        Object.fromEntries(
          Object.entries(node.entries ?? {}).map(([name, inner]) => [name, arbitraryOf(inner, keys, name)]),
        ),
      );
    case 'union':
    case 'variant':
      return fc.oneof(...(node.options ?? []).map((option) => of(option as Node)));
    default:
      // A kind of schema that is new here: anything will do, and much of it will be refused.
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Puts what the conversation knows into the blanks. */
export function fill(value: unknown, known: (key: string) => readonly unknown[]): unknown {
  if (value instanceof Blank) {
    const choice = known(value.key);
    return choice[value.pick % Math.max(1, choice.length)];
  }
  // Not `map`: an array that was given a `constructor` of its own would have it called.
  if (Array.isArray(value)) return Array.from(value, (item) => fill(item, known));
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, known)]));
}
