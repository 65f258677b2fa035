import * as v from 'valibot';

/** The id of a transport, producer or consumer, as the SFU made it. */
export const MediaId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
