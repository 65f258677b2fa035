import type { Local, Remote } from './media-client.ts';
import { LEVEL_EXTENSION, PAYLOAD_TYPE } from './speaker.ts';

/** A client's description of one Opus stream that it sends, or (without an SSRC) receives. */
export function describe(local: Local, { mid = '0', ssrc }: { mid?: string; ssrc?: number }): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    `m=audio 9 UDP/TLS/RTP/SAVPF ${PAYLOAD_TYPE}`,
    'c=IN IP4 127.0.0.1',
    `a=mid:${mid}`,
    `a=ice-ufrag:${local.usernameFragment}`,
    `a=ice-pwd:${local.password}`,
    `a=fingerprint:sha-256 ${local.fingerprint}`,
    'a=setup:active',
    'a=rtcp-mux',
    ssrc === undefined ? 'a=recvonly' : 'a=sendonly',
    `a=rtpmap:${PAYLOAD_TYPE} opus/48000/2`,
    `a=fmtp:${PAYLOAD_TYPE} useinbandfec=1;usedtx=1`,
    `a=extmap:${LEVEL_EXTENSION.id} ${LEVEL_EXTENSION.uri}`,
    ...(ssrc === undefined ? [] : [`a=ssrc:${ssrc} cname:cname-${ssrc}`]),
    'a=end-of-candidates',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Where the server's description says it is: its first candidate by UDP. @throws {Error} when it says nowhere */
export function remoteIn(sdp: string): Remote {
  const find = (pattern: RegExp) => {
    const match = pattern.exec(sdp);
    if (!match) throw new Error(`there is no ${pattern} in ${sdp}`);
    return match;
  };
  const [, address = '', port] = find(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/im);
  return {
    usernameFragment: find(/^a=ice-ufrag:(\S+)/m)[1] ?? '',
    password: find(/^a=ice-pwd:(\S+)/m)[1] ?? '',
    address,
    port: Number(port),
  };
}

export const midIn = (sdp: string): string => /^a=mid:(\S+)/m.exec(sdp)?.[1] ?? '0';
