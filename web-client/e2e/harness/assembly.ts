import type { Page } from 'playwright-core';
import type { Cluster } from './cluster.ts';
import { expectMatrix } from './hearing.ts';
import type { Person } from './person.ts';
import { expectNames, expectTopology } from './room.ts';
import type { Scene } from './scene.ts';
import { until } from './until.ts';
import { WireClient } from './wire-client.ts';

/** Names by the node people come in by. */
const ROOMS = {
  mesh: { name: 'small', people: ['Ann', 'Ben', 'Cleo'], ghost: 'Gus' },
  sfu: { name: 'large', people: ['Dan', 'Eve', 'Finn'], ghost: 'Hal' },
} as const;

export type Kind = keyof typeof ROOMS;

/** One of the two rooms, and the three who talk in it, each connected to a node of their own. */
export interface Party {
  readonly kind: Kind;
  readonly room: string;
  readonly people: readonly Person[];
}

/**
 * Three people in a mesh and three on the SFU, who all talk; of each, one on every node. Two share a tab. A fourth tab
 * holds one more of each room, muted, on the first node: whoever is to become a ghost.
 */
export class Assembly {
  readonly scene: Scene<Cluster>;
  readonly parties: readonly Party[];
  readonly #ghosts: readonly Person[];
  readonly #ghostTab: Page;
  #before: readonly string[] = [];

  private constructor(scene: Scene<Cluster>, parties: readonly Party[], ghosts: readonly Person[], ghostTab: Page) {
    this.scene = scene;
    this.parties = parties;
    this.#ghosts = ghosts;
    this.#ghostTab = ghostTab;
  }

  /** Settings under which both rooms stay what they are. */
  static readonly SETTINGS = { MESH_RETURN_PEERS: 0 };

  static async gather(scene: Scene<Cluster>): Promise<Assembly> {
    const { platform } = scene;
    const tabs = await Promise.all([0, 1, 2, null].map(() => scene.openPage()));
    const host = await WireClient.connect(platform.url);
    await host.join(ROOMS.sfu.name, 'Host');
    await host.promote();
    const parties: Party[] = [];
    const ghosts: Person[] = [];
    const ghostTab = tabs.at(-1) as Page;
    for (const kind of ['mesh', 'sfu'] as const) {
      const { name: room, people: names, ghost: ghostName } = ROOMS[kind];
      const people = await Promise.all(names.map((name, i) => scene.person(name, { page: tabs[i] as Page })));
      for (const [i, person] of people.entries()) await person.join(platform.urlTo(i % platform.nodes.length), room);
      const ghost = await scene.person(ghostName, { page: ghostTab });
      await ghost.join(platform.urlTo(0), room, { muted: true });
      ghosts.push(ghost);
      parties.push({ kind, room, people });
    }
    await host.leave();
    host.close();
    const assembly = new Assembly(scene, parties, ghosts, ghostTab);
    await assembly.#settle();
    return assembly;
  }

  get people(): readonly Person[] {
    return this.parties.flatMap((party) => party.people);
  }

  async #settle(): Promise<void> {
    for (const { kind, people } of this.parties) {
      await expectTopology(people, kind);
      await expectNames(people, [...people.map(({ name }) => name), ROOMS[kind].ghost]);
    }
    await this.expectSound();
    await this.expectConnected();
    this.#before = await this.#idsSeen();
  }

  /** Everyone hears those of their own room, and nobody else. */
  async expectSound(): Promise<void> {
    const partyOf = (person: Person) => this.parties.find(({ people }) => people.includes(person));
    await expectMatrix(this.people, (listener, speaker) => partyOf(listener) === partyOf(speaker));
  }

  /** The tab of the two quiet ones dies on the spot: no unload, no word to the server. */
  async killGhostTab(): Promise<void> {
    const crashed = new Promise<void>((resolve) => this.#ghostTab.once('crash', () => resolve()));
    await Promise.all([crashed, this.#ghostTab.goto('chrome://crash').catch(() => undefined)]);
  }

  /** Waits until all who talk are connected, and seen so by the others. */
  async expectConnected(deadlineMs?: number): Promise<void> {
    await until(
      'everyone is connected',
      async () => {
        const sentences: string[] = [];
        for (const { people } of this.parties) {
          const ids = new Set(await Promise.all(people.map((person) => person.id())));
          for (const person of people) {
            const { connectionState, participants } = await person.view();
            // A peer who has died is tried to be reached until the resume window ends: no fault of ours.
            const isMourning = participants.some(({ id, connection }) => !ids.has(id) && connection !== 'connected');
            if (connectionState !== 'connected' && !isMourning) sentences.push(`${person.name} is ${connectionState}.`);
            for (const { id, name, connection } of participants) {
              if (ids.has(id) && connection !== 'connected') {
                sentences.push(`${person.name} sees ${name} ${connection}.`);
              }
            }
          }
        }
        return sentences.length > 0 ? sentences.join(' ') : null;
      },
      deadlineMs,
    );
  }

  /** Waits until nobody lists anyone but those who talk: no ghost, nobody who has left. */
  async expectNobodyElse(deadlineMs?: number): Promise<void> {
    for (const { people } of this.parties) {
      await expectNames(
        people,
        people.map(({ name }) => name),
        deadlineMs,
      );
    }
  }

  /** What makes those who talk other people than before, in words; none: they are the same, and none ever left. */
  async changes(): Promise<string[]> {
    const now = await this.#idsSeen();
    const sentences = [
      ...now.filter((line) => !this.#before.includes(line)).map((line) => `Now ${line}.`),
      ...this.#before.filter((line) => !now.includes(line)).map((line) => `No longer ${line}.`),
    ];
    for (const { people } of this.parties) {
      const ids = new Set(await Promise.all(people.map((person) => person.id())));
      for (const person of people) {
        for (const { data } of await person.eventsOf('participantLeft')) {
          if (ids.has((data as [{ id: string }])[0].id)) sentences.push(`${person.name} saw one of them leave.`);
        }
        for (const { data } of await person.eventsOf('closed')) {
          sentences.push(`${person.name}'s room was closed: ${JSON.stringify(data)}.`);
        }
        const topologies = (await person.eventsOf('topologyChanged')).length;
        if (topologies > 0) sentences.push(`${person.name}'s room changed its topology.`);
      }
    }
    return sentences;
  }

  get ghosts(): readonly string[] {
    return this.#ghosts.map(({ name }) => name);
  }

  async leave(): Promise<void> {
    for (const person of this.people) await person.leave();
  }

  /** Who those who talk take each other for. */
  async #idsSeen(): Promise<string[]> {
    const seen: string[] = [];
    for (const { people } of this.parties) {
      const names = new Set(people.map(({ name }) => name));
      for (const person of people) {
        for (const { name, id } of (await person.view()).participants) {
          if (names.has(name)) seen.push(`${person.name} sees ${name} as ${id}`);
        }
      }
    }
    return seen;
  }
}
