import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

const DEADLINE_MS = 5_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The serial number of the certificate it came with. */
  readonly certificate: string;
}

/** Asks `localhost` on a connection of its own. The path is sent as it is, not tidied up as browsers do. */
export function ask(
  port: number,
  path: string,
  { ca, headers }: { ca: string; headers: Readonly<Record<string, string>> },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: 'localhost', port, path, ca, headers, agent: false, timeout: DEADLINE_MS });
    asked.once('error', reject);
    asked.once('timeout', () => asked.destroy(new Error(`${path}: no answer in time`)));
    asked.once('response', (response) => {
      const certificate = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
      let body = '';
      response.setEncoding('latin1').on('data', (chunk: string) => {
        body += chunk;
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, certificate }),
      );
    });
    asked.end();
  });
}

/** Asks for a WebSocket; what is not taken is given up again. @returns the status of the answer: 101, or why not */
export function upgrade(port: number, ca: string, take?: (socket: Duplex) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    };
    const path = '/socket.io/?EIO=4&transport=websocket';
    const asked = request({ host: 'localhost', port, path, ca, headers, agent: false, timeout: DEADLINE_MS });
    asked.once('error', reject);
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('response', ({ statusCode = 0 }) => resolve(statusCode));
    asked.once('upgrade', ({ statusCode = 0 }, socket) => {
      if (take) take(socket);
      else socket.destroy();
      resolve(statusCode);
    });
    asked.end();
  });
}
