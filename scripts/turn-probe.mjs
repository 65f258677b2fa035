// What a TURN server does for whoever comes from here, in words: ports, credentials, address, relay range.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AnswerError, SilenceError, TurnClient, TurnError } from './turn-client.mjs';

const DEADLINE_MS = 5_000;
/** What is sent to a relayed address is sent again so often, in ms: datagrams get lost. */
const KNOCK_EVERY_MS = 150;

/**
 * @typedef {import('./turn-client.mjs').Credentials} Credentials
 * @typedef {import('./turn-client.mjs').Transport} Transport
 * @typedef {{ transport: Transport, host: string, port: number }} Target
 * @typedef {'ok' | 'unknown_host' | 'closed' | 'silent' | 'not_turn' | 'not_tls' | 'certificate' | 'wrong_secret' | 'expired' | 'quota' | 'refused'
 *   | 'wrong_external_address' | 'range_blocked' | 'untried'} Verdict
 * @typedef {{ what: string, verdict: Verdict, words: string, url?: string }} Finding `url`: as a browser takes it
 * @typedef {{ credentials: Credentials, ca?: string | Buffer, deadlineMs?: number }} Options
 */

/** `turn:host[:port][?transport=…]` or `turns:…`: what it may mean. @param {string} url @param {number} [tlsPort] @returns {Target[] | null} */
export function targetsOf(url, tlsPort = 5349) {
  const [, scheme, name = '', port, transport] =
    /^(turns?):([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?$/.exec(url) ?? [];
  if (!scheme || (scheme === 'turns' && transport === 'udp')) return null;
  if ([port ?? tlsPort, tlsPort].some((it) => !(Number(it) > 0 && Number(it) < 65_536))) return null;
  const host = name.replace(/^\[|\]$/g, '');
  if (scheme === 'turns') return [{ transport: 'tls', host, port: Number(port ?? tlsPort) }];
  const plain = { host, port: Number(port ?? 3478) };
  if (transport) return [{ transport: transport === 'udp' ? 'udp' : 'tcp', ...plain }];
  return [
    { transport: 'udp', ...plain },
    { transport: 'tcp', ...plain },
    { transport: 'tls', host, port: tlsPort },
  ];
}

/** Allocates over each transport; over the first that lets us, looks whether others reach what was allocated. @param {Target[]} targets @param {Options} options */
export async function probe(targets, options) {
  /** @type {Finding[]} */
  const findings = [];
  let isRangeKnown = false;
  for (const target of targets) {
    const what = `${target.transport.toUpperCase()} ${target.host}:${target.port}`;
    const name = isIP(target.host) === 6 ? `[${target.host}]` : target.host;
    const [scheme, by] = target.transport === 'tls' ? ['turns', 'tcp'] : ['turn', target.transport];
    /** @type {TurnClient | undefined} */
    let client;
    try {
      // Both sides of a relay are of one family; IPv4 is what all have.
      const { address, family } = await lookup(target.host, { family: 4 }).catch(() => lookup(target.host));
      client = await TurnClient.open({ ...target, address, ...optional(options) });
      const mapped = await client.bind();
      await client.allocate(options.credentials, family === 6 ? 6 : 4);
      findings.push({
        what,
        verdict: 'ok',
        words: 'gives us a relay',
        url: `${scheme}:${name}:${target.port}?transport=${by}`,
      });
      if (!isRangeKnown)
        findings.push(await reach(client, { server: address, mapped, deadlineMs: options.deadlineMs ?? DEADLINE_MS }));
      isRangeKnown = true;
    } catch (error) {
      findings.push({ what, ...explain(error, target, options.credentials) });
    } finally {
      client?.close();
    }
  }
  return findings;
}

/**
 * Whether what others send to the relayed address arrives.
 * @param {TurnClient} client which has a relay
 * @param {{ server: string, mapped: import('./turn-client.mjs').Address, deadlineMs: number }} of `mapped`: how the server sees us
 * @returns {Promise<Finding>}
 */
async function reach(client, { server, mapped, deadlineMs }) {
  const { relayed } = client;
  if (!relayed) throw new Error('nothing is allocated');
  const what = `relay ${relayed.host}:${relayed.port}`;
  const isElsewhere = relayed.host !== server;
  const wrong = `the server answers at ${server} and tells the others ${relayed.host}: set TURN_EXTERNAL_IP to where it is found`;
  try {
    await client.permit(mapped);
  } catch (error) {
    if (!(error instanceof TurnError)) throw error;
    if (isElsewhere) return { what, verdict: 'wrong_external_address', words: wrong };
    const words = `it relays to no address like ours (${mapped.host}), so whether its ports are open has to be seen from outside`;
    return { what, verdict: 'untried', words };
  }
  if (await knock(client, relayed, deadlineMs)) return { what, verdict: 'ok', words: 'is reached from outside' };
  if (isElsewhere) return { what, verdict: 'wrong_external_address', words: wrong };
  const words = 'nothing arrives there: a firewall has to let in UDP from TURN_MIN_PORT to TURN_MAX_PORT';
  return { what, verdict: 'range_blocked', words };
}

/** Sends to the relayed address from outside until it comes out at our end. @param {TurnClient} client @param {import('./turn-client.mjs').Address} relayed @param {number} deadlineMs @returns {Promise<boolean>} */
function knock(client, relayed, deadlineMs) {
  const socket = createSocket(isIP(relayed.host) === 6 ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  return new Promise((resolve) => {
    const done = (/** @type {boolean} */ arrived) => {
      clearInterval(knocking);
      clearTimeout(deadline);
      client.onData = () => {};
      socket.close();
      resolve(arrived);
    };
    const say = () => socket.send('knock', relayed.port, relayed.host, () => {});
    const knocking = setInterval(say, KNOCK_EVERY_MS);
    const deadline = setTimeout(() => done(false), deadlineMs);
    client.onData = (_peer, data) => {
      if (data.toString() === 'knock') done(true);
    };
    say();
  });
}

/** @param {unknown} error @param {Target} target @param {Credentials} credentials @returns {{ verdict: Verdict, words: string }} */
function explain(error, { transport, port }, { username }) {
  if (error instanceof TurnError) return refusal(error, username);
  const of = `${transport === 'udp' ? 'UDP' : 'TCP'} port ${port}`;
  if (error instanceof SilenceError) {
    return {
      verdict: 'silent',
      words: `nothing answers: a firewall has ${of} closed, or something else than coturn is there`,
    };
  }
  if (error instanceof AnswerError) {
    return { verdict: 'not_turn', words: `what answers is no TURN server, or a broken one (${error.message})` };
  }
  const { code = '', message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (/^(ENOTFOUND|EAI_)/.test(code))
    return { verdict: 'unknown_host', words: `the name is not known (${code}): look at your DNS` };
  if (code === 'ECONNREFUSED') {
    const needs = transport === 'tls' ? ' (for TLS it needs TURN_CERT and TURN_KEY)' : '';
    return { verdict: 'closed', words: `${of} is closed: coturn does not run, or does not listen there${needs}` };
  }
  if (/^(CERT_|DEPTH_|SELF_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_)/.test(code)) {
    return { verdict: 'certificate', words: `browsers will not take its certificate (${message}): see TURN_CERT` };
  }
  if (/^(EPROTO|ECONNRESET|ERR_SSL_|ERR_TLS_)/.test(code) && transport === 'tls') {
    return {
      verdict: 'not_tls',
      words: `it speaks no TLS there (${message}): see TURN_TLS_PORT, TURN_CERT and TURN_KEY`,
    };
  }
  return { verdict: 'closed', words: `${of} cannot be used (${message})` };
}

/** @param {TurnError} error @param {string} username @returns {{ verdict: Verdict, words: string }} */
function refusal({ code, message }, username) {
  if (code === 401) {
    const until = 1_000 * Number(/^\d+/.exec(username)?.[0]);
    return until < Date.now()
      ? { verdict: 'expired', words: `these credentials ended at ${new Date(until).toISOString()}` }
      : {
          verdict: 'wrong_secret',
          words: 'it does not know us: TURN_SECRET is another than there, or its clock is wrong',
        };
  }
  if (code === 486)
    return { verdict: 'quota', words: 'it has no more for this user, or at all: TURN_USER_QUOTA, TURN_TOTAL_QUOTA' };
  return {
    verdict: 'refused',
    words: `it refuses (${message})${code === 508 ? ': no port is free, TURN_MIN_PORT to TURN_MAX_PORT' : ''}`,
  };
}

/** @param {Options} options */
function optional({ ca, deadlineMs }) {
  return { ...(ca === undefined ? {} : { ca }), ...(deadlineMs === undefined ? {} : { deadlineMs }) };
}
