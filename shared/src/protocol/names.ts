import * as v from 'valibot';

/**
 * Control characters, line and paragraph separators, and the bidirectional overrides that let a name
 * disguise itself. Joiners stay: emoji and several scripts need them.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point.
export const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** 1 to 64 characters (code points) after trimming, none of them a control character. */
const Name = v.pipe(
  v.string(),
  v.maxLength(256),
  v.check((text) => !FORBIDDEN.test(text), 'must not contain control characters'),
  v.trim(),
  v.check((text) => text.isWellFormed(), 'must be well-formed Unicode'),
  v.check((text) => {
    const length = [...text].length;
    return length >= 1 && length <= 64;
  }, 'must have 1 to 64 characters'),
);

/** A room's name is its id. */
export const RoomIdSchema = Name;
export const DisplayNameSchema = Name;

/** An id the server made. */
export const IdSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
