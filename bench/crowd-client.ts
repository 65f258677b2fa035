/** One of a crowd, as the crowd sees it. */
export interface Client {
  /** Settles once it is connected, or was refused. */
  readonly opened: Promise<void>;
  /** A request; rejects unless it is acknowledged with ok. One at a time. */
  ask(name: string, input: object): Promise<void>;
}

export interface ClientOptions {
  port: number;
  localAddress: string;
  /** `websocket`: nothing on top, for the limit. */
  speaks: 'socket.io' | 'websocket';
  /** Every event, with its text somewhere in it. */
  onEvent: (text: string) => void;
  /** The connection is gone or never was; may be called more than once. */
  onEnd: (error: Error) => void;
}
