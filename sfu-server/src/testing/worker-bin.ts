import { readFileSync } from 'node:fs';
import { ensureWorker } from '../../worker/ensure.mjs';

/** The worker that integration tests run: the one named by MEDIASOUP_WORKER_BIN, else the one npm start uses. */
export const workerBin: string = await ensureWorker({ log: (line) => process.stderr.write(`${line}\n`) });

/**
 * Whether that worker was built here (sfu-server/worker), with libsrtp 2: mediasoup's own has libsrtp 3, and lets whoever is in a
 * call grow it by an SSRC of its own for each packet.
 */
export const isWorkerBuiltHere: boolean = readFileSync(workerBin).includes('libsrtp2 ');
