// TLS in front of a server of this machine: what comes in is handed on byte for byte.
import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const HANDSHAKE_MS = 10_000;

/**
 * Listens on every address. Browsers give a page a microphone only over https.
 * @param {{ port: number, to: number, key: string, cert: string }} options `to`: the port on loopback
 * @returns {Promise<{ port: number, close: () => void }>}
 */
export async function startFront({ port, to, key, cert }) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();
  const server = createServer({ key, cert, handshakeTimeout: HANDSHAKE_MS, ALPNProtocols: ['http/1.1'] }, (outer) => {
    const inner = connect(to, '127.0.0.1');
    open.add(outer);
    for (const socket of [outer, inner]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    outer.pipe(inner);
    inner.pipe(outer);
    outer.on('close', () => {
      open.delete(outer);
      inner.destroy();
    });
    // What the server has said goes out first.
    inner.on('close', () => outer.destroySoon());
  });
  // A phone that does not accept the certificate yet.
  server.on('tlsClientError', () => {});
  server.listen(port);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
