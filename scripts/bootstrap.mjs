// Brings a fresh machine to where Parley runs. Each step looks first and does only what is missing.
import { ensureBuild } from './build.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureSystemPackages } from './system-packages.mjs';
import { ensureWorker } from './worker.mjs';

/**
 * @typedef {import('./system-packages.mjs').SystemPackage} SystemPackage
 * @param {{ worker?: boolean, build?: boolean | 'sdk', packages?: SystemPackage[], wishes?: SystemPackage[] }} needs
 *   what is only wished for may stay missing
 * @returns {Promise<{ worker: string | undefined, hasPackages: boolean }>} the worker's path, if it was asked for
 */
export async function bootstrap({ worker = false, build = false, packages = [], wishes = [] }) {
  await ensureDependencies();
  const hasPackages = await ensureSystemPackages(packages);
  await ensureSystemPackages(wishes);
  const path = worker ? await ensureWorker() : undefined;
  if (build) await ensureBuild(build === 'sdk' ? { only: 'sdk' } : {});
  return { worker: path, hasPackages };
}
