// `npm start -- --lan`: Parley for the devices of this network, a phone for example.
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { lanAddress } from './lan-address.mjs';
import { lanCertificate } from './lan-certificate.mjs';
import { startFront } from './lan-front.mjs';
import { cacheFolder } from './paths.mjs';
import { StepError } from './progress.mjs';

/**
 * What is asked for on the command line: undefined, no network; empty, any address of this machine in it.
 * @param {string[]} args
 */
export function readLan(args) {
  const given = args.find((arg) => arg === '--lan' || arg.startsWith('--lan='));
  if (given === undefined) return undefined;
  if (args.includes('--dev')) throw new StepError('--lan serves what is built; it does not go with `npm run dev`.');
  return { address: lanAddress(networkInterfaces(), given.slice('--lan='.length)) };
}

/**
 * What the two servers are told: only TLS in front reaches signaling, and media is where the devices are.
 * @param {string} address
 */
export function lanSettings(address) {
  return {
    signaling: { HOST: '127.0.0.1' },
    sfu: { RTC_LISTEN_IPS: `${address},127.0.0.1`, RTC_ANNOUNCED_ADDRESS: address },
  };
}

/** @param {{ address: string, port: number, to: number }} options `to`: signaling's port */
export async function serveLan({ address, port, to }) {
  const { key, cert } = await lanCertificate(join(cacheFolder(), 'lan'), address);
  return startFront({ port, to, key, cert });
}

/** What the person sees when it runs. @param {string} url */
export function lanInWords(url) {
  // Scripts run before anything is installed; by now it is.
  const { renderUnicodeCompact } = /** @type {typeof import('uqr')} */ (createRequire(import.meta.url)('uqr'));
  return [
    renderUnicodeCompact(url, { border: 2 }),
    '',
    `Parley is ready: ${url}`,
    'Open that address on a phone of this network, or point its camera at the code. It warns once that nobody vouches',
    'for the certificate: that is so, it was made on this machine. (Ctrl-C ends it.)',
  ].join('\n');
}
