import { ensureWorker } from '../../worker/ensure.mjs';

/** The worker that integration tests run: the one named by MEDIASOUP_WORKER_BIN, else the one npm start uses. */
export const workerBin: string = await ensureWorker({ log: (line) => process.stderr.write(`${line}\n`) });
