/** A text message as a masked client frame (RFC 6455). The mask is zero, which leaves the text as it is. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  if (length >= 65_536) throw new RangeError('longer than these benches need');
  const header = length < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  header[0] = 0x81;
  if (length < 126) {
    header[1] = 0x80 | length;
  } else {
    header[1] = 0x80 | 126;
    header.writeUInt16BE(length, 2);
  }
  return Buffer.concat([header, payload]);
}

/** A whole message as an unmasked server frame. */
export function serverFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  if (length >= 65_536) throw new RangeError('longer than these benches need');
  const header = length < 126 ? Buffer.from([0x81, length]) : Buffer.from([0x81, 126, length >> 8, length & 0xff]);
  return Buffer.concat([header, payload]);
}

const TEXT = 1;
const CLOSE = 8;

/** Finds the messages in what a server sends, however the network has cut it up. Latin-1: the text is only looked at. */
export class FrameReader {
  #rest: Buffer | null = null;

  /** @param bytes may be overwritten afterwards */
  read(bytes: Buffer, onText: (text: string) => void, onClose: () => void): void {
    const data = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    let at = 0;
    while (data.length - at >= 2) {
      const size = sizeAt(data, at);
      if (!size || data.length - at < size.header + size.payload) break;
      const begin = at + size.header;
      at = begin + size.payload;
      const kind = (data[begin - size.header] ?? 0) & 0x0f;
      if (kind === TEXT) onText(data.toString('latin1', begin, at));
      else if (kind === CLOSE) onClose();
    }
    this.#rest = at < data.length ? Buffer.from(data.subarray(at)) : null;
  }
}

/** The lengths of a frame's two parts; null while its header is not whole. */
function sizeAt(data: Buffer, at: number): { header: number; payload: number } | null {
  const short = (data[at + 1] ?? 0) & 0x7f;
  if (short < 126) return { header: 2, payload: short };
  const header = short === 126 ? 4 : 10;
  if (data.length - at < header) return null;
  const payload = short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
  return { header, payload };
}
