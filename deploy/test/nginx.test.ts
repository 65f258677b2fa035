import { match } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeCertificate } from '../topology/certificate.ts';
import { check, without } from './checkers.ts';
import { compose } from './compose.ts';
import { filledEnv } from './example-env.ts';
import { nginxArguments, writeNginx } from './nginx.ts';

const skip = without('nginx-light') || without('openssl');

test('nginx takes the configuration that is shipped, with the values docker-compose.yml gives it', {
  skip,
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-nginx-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeCertificate(folder);
  const env = compose(filledEnv((name) => `a-${name}`)).services.nginx?.environment ?? {};
  const own = { TLS_CERTIFICATE: join(folder, 'fullchain.pem'), TLS_KEY: join(folder, 'privkey.pem') };
  const configuration = await writeNginx(folder, { ...env, ...own });
  const output = await check('nginx-light', '-t', ...nginxArguments(folder, configuration));
  match(output, /test is successful/);
});
