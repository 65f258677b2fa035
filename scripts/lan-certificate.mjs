// A certificate that nobody vouches for, kept so that a device has to accept it only once.
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';

const DAY_MS = 86_400_000;
/** Browsers refuse longer ones. */
const DAYS = 397;
/** One that ends sooner is made anew. */
const LEFT_DAYS = 14;

/**
 * The kept certificate, or a new one of the kept key when that does not name the address or is about to end.
 * @param {string} folder where it is kept
 * @param {string} address
 * @param {number} [now] in ms since the epoch
 * @returns {Promise<{ key: string, cert: string }>} as PEM
 */
export async function lanCertificate(folder, address, now = Date.now()) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = keptKey(join(folder, 'key.pem'));
  const file = join(folder, 'certificate.pem');
  const kept = readIfThere(file);
  if (kept !== undefined && isGood(kept, { key, address, now })) return { key, cert: kept };
  const cert = await newCertificate(key, address, now);
  writeFileSync(file, cert, { mode: 0o600 });
  return { key, cert };
}

/** @param {string} file */
function keptKey(file) {
  const kept = readIfThere(file);
  if (kept !== undefined && isKey(kept)) return kept;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(file, key, { mode: 0o600 });
  return key;
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} pem */
function isKey(pem) {
  try {
    return createPublicKey(pem).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}

/** @param {string} pem @param {{ key: string, address: string, now: number }} wanted */
function isGood(pem, { key, address, now }) {
  try {
    const certificate = new X509Certificate(pem);
    const endsAt = new Date(certificate.validTo).getTime();
    const isOfKey = certificate.publicKey.equals(createPublicKey(key));
    return isOfKey && certificate.checkIP(address) !== undefined && endsAt - now > LEFT_DAYS * DAY_MS;
  } catch {
    return false;
  }
}

/** @param {string} key @param {string} address @param {number} now */
async function newCertificate(key, address, now) {
  // Scripts run before anything is installed; by now it is.
  const { generate } = /** @type {typeof import('selfsigned')} */ (createRequire(import.meta.url)('selfsigned'));
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
  const names = ['localhost', hostname()].filter((name) => /^[\w.-]+$/.test(name));
  const { cert } = await generate([{ name: 'commonName', value: 'Parley on this network' }], {
    ...{ keyType: 'ec', algorithm: 'sha256', keyPair: { privateKey: key, publicKey } },
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + (DAYS - 1) * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...[...new Set(names)].map((value) => ({ type: /** @type {2} */ (2), value })),
          ...[...new Set([address, '127.0.0.1'])].map((ip) => ({ type: /** @type {7} */ (7), ip })),
        ],
      },
    ],
  });
  return cert;
}
