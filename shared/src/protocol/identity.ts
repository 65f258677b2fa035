import * as v from 'valibot';
import { FORBIDDEN } from './names.ts';

/** Who someone is to the integrator; a guest's id begins with `guest:`. */
export const UserIdSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(128),
  v.check((text) => text.isWellFormed() && !FORBIDDEN.test(text), 'must not contain control characters'),
);

const METADATA_ENTRIES = 16;
const METADATA_CHARACTERS = 1024;

const Text = (min: number, max: number) =>
  v.pipe(
    v.string(),
    v.minLength(min),
    v.maxLength(max),
    v.check((text) => text.isWellFormed(), 'must be well-formed Unicode'),
  );

/** A small map of what an integrator wants the other members to know: at most 16 entries, 1024 characters in all. */
export const MetadataSchema = v.pipe(
  v.custom<Record<string, string>>((map) => !Array.isArray(map), 'must be a map'),
  v.record(Text(1, 64), Text(0, 512)),
  v.check((map) => Object.keys(map).length <= METADATA_ENTRIES, `must have at most ${METADATA_ENTRIES} entries`),
  v.check(
    (map) => Object.entries(map).reduce((sum, entry) => sum + entry.join('').length, 0) <= METADATA_CHARACTERS,
    `must have at most ${METADATA_CHARACTERS} characters in all`,
  ),
);
export type Metadata = v.InferOutput<typeof MetadataSchema>;

/** What a user may do: come in, be heard, hear, moderate. */
export const GrantsSchema = v.object({
  join: v.boolean(),
  speak: v.boolean(),
  listen: v.boolean(),
  moderate: v.boolean(),
});
export type Grants = v.InferOutput<typeof GrantsSchema>;
