import type { OpusOptions } from '../types.ts';

/**
 * Writes our Opus wishes into a description that is about to be sent: its `fmtp` line tells the other
 * side's encoder what we want to receive (RFC 7587, section 6.1), and that we ask again for what is missing (RFC 4585,
 * section 4.2): browsers do it for audio too when they are told, but do not say so.
 */
export function withOpusSettings(sdp: string, opus: Required<OpusOptions>): string {
  const payloadType = /^a=rtpmap:(\d+) opus\/48000/im.exec(sdp)?.[1];
  if (payloadType === undefined) return sdp;
  return withNack(withWishes(sdp, payloadType, opus), payloadType);
}

function withNack(sdp: string, payloadType: string): string {
  if (new RegExp(`^a=rtcp-fb:${payloadType} nack\\r?$`, 'm').test(sdp)) return sdp;
  return sdp.replace(new RegExp(`^(a=rtpmap:${payloadType} [^\\r\\n]*)`, 'm'), `$1\r\na=rtcp-fb:${payloadType} nack`);
}

function withWishes(sdp: string, payloadType: string, opus: Required<OpusOptions>): string {
  const wishes: Record<string, string> = {
    useinbandfec: opus.fec ? '1' : '0',
    usedtx: opus.dtx ? '1' : '0',
    maxaveragebitrate: String(opus.maxBitrate),
  };
  const line = new RegExp(`^a=fmtp:${payloadType} (.*)$`, 'm');
  const present = line.exec(sdp)?.[1];
  if (present === undefined) {
    return sdp.replace(
      new RegExp(`^(a=rtpmap:${payloadType} .*)$`, 'm'),
      `$1\r\na=fmtp:${payloadType} ${join(wishes)}`,
    );
  }
  const parameters: Record<string, string> = {};
  for (const pair of present.trim().split(';')) {
    const [key, value] = pair.split('=');
    if (key?.trim()) parameters[key.trim()] = value ?? '';
  }
  return sdp.replace(line, `a=fmtp:${payloadType} ${join({ ...parameters, ...wishes })}`);
}

function join(parameters: Record<string, string>): string {
  return Object.entries(parameters)
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
    .join(';');
}
