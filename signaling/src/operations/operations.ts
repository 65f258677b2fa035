import type { QualityReport } from '@parley/shared/protocol';
import { Bulletins, type BulletinsOptions } from './bulletins.ts';
import { type OperationsNamespace, Reception, type ReceptionOptions } from './reception.ts';
import { Sight } from './sight.ts';
import { Watchers } from './watchers.ts';

export interface OperationsOptions extends Omit<ReceptionOptions, 'watchers'>, BulletinsOptions {
  namespace: OperationsNamespace;
}

/** What operators see and do while they look on. Where no admin key is set nobody is let in, and only other nodes are told. */
export class Operations {
  readonly #bulletins: Bulletins;
  readonly #watchers: Watchers;

  constructor(options: OperationsOptions) {
    const { key, namespace, services, clock } = options;
    this.#bulletins = new Bulletins(options);
    this.#watchers = new Watchers({ ...options, sight: new Sight({ ...services, bulletins: this.#bulletins, clock }) });
    new Reception({ ...options, watchers: this.#watchers }).open(namespace);
    this.#bulletins.open(key.isSet);
  }

  /** A client has told how a room sounds. */
  reported(report: QualityReport): void {
    this.#bulletins.reported(report);
  }

  close(): void {
    this.#watchers.close();
    this.#bulletins.close();
  }
}
