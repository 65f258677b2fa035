import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/ports.mjs';
import { findProgram } from '../../scripts/system-packages.mjs';
import { JanusApi } from './janus-api.ts';
import { describe, midIn, remoteIn } from './sdp.ts';
import type { Forwarder } from './side.ts';
import { cpuOf, rssOf } from './usage.ts';

const ROOM = 1;
const PLUGIN = 'janus.plugin.videoroom';
const PLUGINS_LEFT_OUT = [
  ...['audiobridge', 'duktape', 'echotest', 'lua', 'nosip', 'recordplay', 'sip', 'streaming', 'textroom', 'videocall'],
  'voicemail',
].map((name) => `libjanus_${name}.so`);
const TRANSPORTS_LEFT_OUT = ['http', 'mqtt', 'nanomsg', 'pfunix', 'rabbitmq'].map((name) => `libjanus_${name}.so`);

/**
 * As its documentation has it for many handles: event loops, one for each core, not a thread for each handle. The files
 * are all there is of its configuration; where its modules lie, it knows.
 */
const settings = (port: number): Record<string, string> => ({
  'janus.jcfg': `
    general: { debug_level = 2; session_timeout = 0; event_loops = ${availableParallelism()} }
    nat: { ice_lite = true; ignore_mdns = true }
    plugins: { disable = "${PLUGINS_LEFT_OUT.join(',')}" }
    transports: { disable = "${TRANSPORTS_LEFT_OUT.join(',')}" }
    loggers: { disable = "libjanus_jsonlog.so" }
  `,
  'janus.transport.websockets.jcfg': `general: { ws = true; ws_port = ${port}; ws_ip = "127.0.0.1"; wss = false }`,
  'janus.plugin.videoroom.jcfg': `
    room-${ROOM}: { publishers = 1000; audiocodec = "opus"; opus_dtx = true; audiolevel_event = false }
  `,
});

/** Janus's video room: each listener a subscriber to every speaker there is. */
export async function startJanus(): Promise<Forwarder> {
  const program = findProgram('janus');
  if (!program) throw new Error('janus is missing');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'parley-janus-'));
  for (const [name, text] of Object.entries(settings(port))) writeFileSync(join(folder, name), text);
  const child = spawn(program, ['--configs-folder', folder], { stdio: 'ignore' });
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  const pid = child.pid as number;
  const api = await JanusApi.open(port);
  const feeds: unknown[] = [];
  return {
    name: 'janus',
    async openSpeaker(local, ssrc) {
      const handle = await api.attach(PLUGIN);
      const { plugindata } = await api.message(handle, { request: 'join', ptype: 'publisher', room: ROOM });
      const offer = { type: 'offer' as const, sdp: describe(local, { ssrc }) };
      const { jsep } = await api.message(handle, { request: 'publish' }, offer);
      feeds.push(plugindata?.data.id);
      return remoteIn(jsep?.sdp ?? '');
    },
    async openListener(local) {
      const handle = await api.attach(PLUGIN);
      const streams = feeds.map((feed) => ({ feed }));
      const { jsep } = await api.message(handle, { request: 'join', ptype: 'subscriber', room: ROOM, streams });
      const offer = jsep?.sdp ?? '';
      const answer = { type: 'answer' as const, sdp: describe(local, { mid: midIn(offer) }) };
      await api.message(handle, { request: 'start' }, answer);
      return remoteIn(offer);
    },
    cpu() {
      const us = cpuOf(pid);
      return { forwarding: us, all: us };
    },
    rss: () => rssOf(pid),
    async close() {
      api.close();
      child.kill('SIGKILL');
      process.off('exit', killed);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
