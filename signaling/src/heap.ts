import { setFlagsFromString } from 'node:v8';

/**
 * Lets this process's heap hold less garbage. Left alone V8 takes up to 64 MB for what was allocated last and lets the
 * rest grow to a multiple of what is alive before it looks; a server with thousands of connections, most of them
 * silent, would hold as much garbage as connections. Costs some percent of CPU time while many connect at once.
 * To be imported before anything else: what has grown by then stays. `heap.test.ts` tells whether V8 still heeds it.
 */
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=20');
