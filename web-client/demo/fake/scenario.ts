import type { TopologyKind } from '@parley/voice-sdk';

/**
 * What the scripted SDK plays, from the page's query, for example `/?room=lobby&people=13&topology=sfu&talking=2`:
 * - `people`: how many are in the room, oneself included; `topology`: `mesh` or `sfu`
 * - `talking`: how many talk at once, in turns; `level`: RMS of the own microphone
 * - `fail`: a code, or the name of a microphone's error, with which joining is refused
 * - `end`: a code with which the room closes after 1.5 s; `blocked`, `reconnecting`, `mic-ends`, `locked`, `silenced`: set to 1
 * - `move`: 1 moves the room after 1.5 s; `arrive`: so many people come in after 1.5 s
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
  flags: ReadonlySet<string>;
}

const FLAGS = ['blocked', 'reconnecting', 'mic-ends', 'move', 'slow', 'marks', 'locked', 'silenced'];

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
