import type { TopologyKind } from '@parley/voice-sdk';

/**
 * What the scripted SDK plays, from the page's query, for example `/?room=lobby&people=13&topology=sfu&talking=2`:
 * - `people`: how many are in the room, oneself included; `topology`: `mesh` or `sfu`
 * - `talking`: how many talk at once, in turns; `level`: RMS of the own microphone
 * - `fail`: a code, or the name of a microphone's error, with which joining is refused
 * - `end`: a code with which the room closes after 1.5 s; `blocked`, `reconnecting`, `mic-ends`, `locked`, `silenced`: set to 1
 * - `move`: 1 moves the room after 1.5 s; `arrive`: so many people come in after 1.5 s
 * - on /meet: `wait` ms until someone is found (-1: never), `again`: 1 for someone who does not come, `stay-found`: 1 to
 *   stop there, `gone`: 1 for someone who leaves after 1.5 s, `missed`: 1 (with `people=1`) for someone who never comes,
 *   `no-report`: 1 refuses reports
 * - `moderator`: 1 lets one pin people; `marks`: 1 shows every mark there is
 * - `quality`: `good`, `fair` or `poor`; `slow`: 1 never answers a join
 */
export interface Scenario {
  people: number;
  topology: TopologyKind;
  talking: number;
  level: number;
  fail: string | null;
  end: string | null;
  quality: string;
  arrive: number;
  wait: number;
  flags: ReadonlySet<string>;
}

const FLAGS =
  'blocked reconnecting mic-ends move slow marks locked silenced again stay-found gone missed no-report'.split(' ');

export function scenarioOf(query: URLSearchParams): Scenario {
  const people = Number(query.get('people') ?? 4);
  return {
    people,
    topology: query.get('topology') === 'sfu' || (!query.has('topology') && people > 12) ? 'sfu' : 'mesh',
    talking: Number(query.get('talking') ?? 1),
    level: Number(query.get('level') ?? 0.05),
    fail: query.get('fail'),
    end: query.get('end'),
    quality: query.get('quality') ?? 'good',
    arrive: Number(query.get('arrive') ?? 0),
    wait: Number(query.get('wait') ?? 2000),
    flags: new Set(FLAGS.filter((flag) => query.get(flag) === '1')),
  };
}

export const NAMES = [
  'Ada Lovelace',
  'Grace Hopper',
  'Joan Clarke',
  'Karen',
  'Radia Perlman',
  'Katherine Johnson',
  'Barbara Liskov',
  '李雷',
  'Hedy Lamarr',
  'Margaret Hamilton',
  'Annie Easley',
  'bot-07',
  'Frances E. Allen',
  'مريم ميرزاخاني',
  'Wolfeschlegelsteinhausenbergerdorff Maximilian the Long-Named Man',
  'Sophie',
  '🦊 Fox',
  'Mary Jackson',
  'Évariste',
  'Lynn Conway',
] as const;
