import { setFlagsFromString } from 'node:v8';

/**
 * Lets this process's heap hold less garbage. Left alone V8 takes up to 128 MB for what was allocated last and lets the
 * rest grow to a multiple of what is alive before it looks; a server with thousands of connections, most of them
 * silent, would hold as much garbage as connections. Costs about half as much CPU time again while many connect and
 * join (some 0.4 ms each), and nothing while events go out. To be imported before anything else: what has grown by
 * then stays. `heap.test.ts` tells whether V8 still heeds it.
 */
setFlagsFromString('--optimize-for-size');
