// `npm run turn:check -- turn:turn.example.org`: whether a TURN server does what calls need, and if not, what is wrong.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bootstrap } from './bootstrap.mjs';
import { run } from './command.mjs';
import { inRoot, nodeBin } from './paths.mjs';
import { fail, StepError, say, seconds } from './progress.mjs';
import { restCredentials } from './turn-client.mjs';
import { probe, targetsOf } from './turn-probe.mjs';

const CALL_DEADLINE_MS = 120_000;
const LIFETIME_MS = 600_000;
const USAGE = `npm run turn:check -- turn:turn.example.org[:3478]
  With TURN_SECRET in the environment, or --username and --credential as signaling gives them.
  Checks UDP, TCP and TLS; one of them: turn:…?transport=udp, turn:…?transport=tcp, turns:….
  --tls-port 443   where TLS is, if not at 5349
  --ca ca.pem      whom to believe besides the usual, for the certificate
  --no-audio       without the call between two browsers`;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        username: { type: 'string' },
        credential: { type: 'string' },
        'tls-port': { type: 'string', default: '5349' },
        ca: { type: 'string' },
        'no-audio': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new StepError(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/** @param {{ username?: string | undefined, credential?: string | undefined }} given */
function credentialsFrom({ username, credential }) {
  if (username && credential) return { username, credential };
  if (username || credential) throw new StepError(`--username and --credential go together\n${USAGE}`);
  const secret = process.env.TURN_SECRET;
  if (!secret) throw new StepError(`TURN_SECRET is not set, and no --username and --credential given\n${USAGE}`);
  return restCredentials({ secret, user: 'turn-check', expiresAt: Date.now() + LIFETIME_MS });
}

/** @param {string | undefined} file */
function certificatesIn(file) {
  try {
    return file === undefined ? {} : { ca: readFileSync(file) };
  } catch (error) {
    throw new StepError(`--ca ${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

try {
  const { values, positionals } = readArguments();
  const [url = ''] = positionals;
  const targets = targetsOf(url, Number(values['tls-port']));
  if (!targets || positionals.length !== 1) throw new StepError(`say which server\n${USAGE}`);
  const credentials = credentialsFrom(values);
  const findings = await probe(targets, { credentials, ...certificatesIn(values.ca) });
  let bad = 0;
  for (const { what, verdict, words } of findings) {
    if (verdict !== 'ok' && verdict !== 'untried') bad++;
    say(`${verdict === 'ok' ? '✓' : verdict === 'untried' ? '·' : '✗'} ${what} ${words}`);
  }
  const urls = findings.flatMap(({ url: works }) => works ?? []);
  if (urls.length === 0) throw new StepError('no way in: nobody can be relayed');
  if (!values['no-audio']) {
    const { hasPackages } = await bootstrap({ packages: ['chromium'] });
    if (!hasPackages) throw new StepError('the call needs Chromium, see above; --no-audio leaves it out');
    const server = { urls, ...credentials, isCertified: values.ca !== undefined };
    const env = { ...process.env, PARLEY_TURN: JSON.stringify(server) };
    const call = inRoot('web-client/e2e/turn/call.ts');
    const { code, timedOut } = await run(nodeBin, [call], { env, show: true, deadlineMs: CALL_DEADLINE_MS });
    if (timedOut) say(`✗ the call did not end within ${seconds(CALL_DEADLINE_MS)}`);
    if (code !== 0) bad++;
  }
  if (bad > 0) throw new StepError(`${bad} of it is not as it should be`);
} catch (error) {
  fail(error);
}
