/**
 * What a fan-out can cost at the least in Node: a bare `ws` server, which on a POST with a body writes it to all
 * clients as one buffer that was framed once, in one loop.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { serverFrame } from './websocket.ts';

const http = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const frame = serverFrame(Buffer.concat(chunks).toString());
    for (const client of server.clients) tcpOf(client).write(frame);
    response.writeHead(204).end();
  });
});
const server = new WebSocketServer({ server: http, perMessageDeflate: false });
http.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ level: 'info', message: 'listening', port: (http.address() as AddressInfo).port }));
});
process.on('SIGTERM', () => process.exit(0));

function tcpOf(client: WebSocket): Socket {
  return (client as unknown as { _socket: Socket })._socket;
}
