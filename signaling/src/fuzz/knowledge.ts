const KEPT = 32;

/** Fields in which an id comes -> fields in which it may be said again. */
const ALSO_AS: Readonly<Record<string, readonly string[]>> = {
  id: ['to', 'participantId', 'transportId'],
  selfId: ['to', 'participantId'],
  participantId: ['to'],
  userId: ['userIds'],
  producerId: ['producerIds'],
  consumerId: ['consumerIds'],
};

/** What attackers have seen and may say again, right or in the wrong place; bounded. */
export class Knowledge {
  #values = new Map<string, unknown[]>();

  constructor(given: Readonly<Record<string, readonly unknown[]>>) {
    for (const [key, values] of Object.entries(given)) this.#values.set(key, [...values]);
  }

  of(key: string): readonly unknown[] {
    return this.#values.get(key) ?? [`no ${key} yet`];
  }

  /** Takes in an answer, but for the names of rooms: those that the attackers are given are theirs. */
  learn(answer: unknown): void {
    if (typeof answer !== 'object' || answer === null) return;
    for (const [key, value] of Object.entries(answer)) {
      if (typeof value === 'object') this.learn(value);
      else if (key !== 'roomId') for (const name of [key, ...(ALSO_AS[key] ?? [])]) this.#keep(name, value);
    }
  }

  #keep(key: string, value: unknown): void {
    let values = this.#values.get(key);
    if (!values) {
      values = [];
      this.#values.set(key, values);
    }
    if (values.includes(value)) return;
    values.push(value);
    if (values.length > KEPT) values.shift();
  }
}
