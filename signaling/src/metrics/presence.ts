import type { Instruments } from './instruments.ts';

/** Who is online, who wants to know, and how well the nodes keep up with each other. */
export class PresenceMetrics {
  /** What there is now; whoever keeps count sets it. */
  source: { readonly users: number; readonly watches: number } | undefined;
  readonly repaired: () => void;

  constructor(instruments: Instruments) {
    instruments.number(
      'parley_presence_users',
      'Users online at all nodes, as this one sees it',
      () => this.source?.users,
    );
    instruments.number('parley_presence_watches', 'Watches of clients of this node', () => this.source?.watches);
    const count = instruments.counter({
      name: 'parley_presence_repairs_total',
      help: 'Times that what another node says of its users was read anew, since a message was missing',
      labels: {},
      start: true,
    });
    this.repaired = () => count({});
  }
}
