type Engine = {
  once(event: 'open' | 'close', listener: (reason: string) => void): unknown;
  off(event: 'close', listener: (reason: string) => void): unknown;
  emit(event: 'error', error: Error): unknown;
};

/** As much of socket.io-client's `Manager` as is used here; its types keep the engine's own events to themselves. */
type Manager = { engine: unknown; open(done?: (error?: Error) => void): unknown };

/**
 * Makes it a `connect_error` at once when a connection ends before the server has said its first word.
 *
 * A server that dies, or a browser that goes offline, between the opening of the WebSocket and the engine's handshake
 * is a `close` of the engine and not an `error`, and a Manager that opens listens for an `error` alone (`Manager.open`,
 * socket.io-client 4.8): it would wait for its `timeout` to be over before it tries again.
 */
export function failWhenCut(manager: Manager): void {
  const open = manager.open.bind(manager);
  manager.open = (done) => {
    const before = manager.engine;
    open(done);
    if (manager.engine !== before) watchOpening(manager.engine as Engine);
    return manager;
  };
  if (manager.engine) watchOpening(manager.engine as Engine);
}

/** Nobody hears the error of an engine that was closed on purpose, or has failed already. */
function watchOpening(engine: Engine): void {
  const fail = (reason: string) => engine.emit('error', new Error(`cut while opening: ${reason}`));
  engine.once('close', fail);
  engine.once('open', () => engine.off('close', fail));
}
