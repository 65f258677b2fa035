import { join } from 'node:path';
import { check } from '../test/checkers.ts';

/** Writes `fullchain.pem` and `privkey.pem`, as a certificate client does; each time another certificate, signed by itself. */
export async function writeCertificate(folder: string): Promise<void> {
  await check(
    'openssl',
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ...['-out', join(folder, 'fullchain.pem'), '-keyout', join(folder, 'privkey.pem')],
  );
}
