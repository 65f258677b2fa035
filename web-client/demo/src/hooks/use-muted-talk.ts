import type { Room } from '@parley/voice-sdk';
import { useRef, useState } from 'react';
import { useInterval } from './use-interval.ts';

const POLL_MS = 100;
/** About -38 dBFS RMS: a voice at a desk, above typing and fans. */
const VOICE_RMS = 0.012;
/** So many of the last polls must be voice, so that a cough is no reason. */
const WINDOW = 15;
const NEEDED = 8;
const SHOWN_MS = 6000;

/** True for a while after someone has talked. Use it only while they are muted. */
export function useMutedTalk(room: Room): boolean {
  const [shown, setShown] = useState(false);
  const history = useRef<boolean[]>([]);
  const until = useRef(0);

  useInterval(() => {
    history.current = [...history.current, room.inputLevel > VOICE_RMS].slice(-WINDOW);
    if (history.current.filter(Boolean).length >= NEEDED) until.current = performance.now() + SHOWN_MS;
    setShown(performance.now() < until.current);
  }, POLL_MS);

  return shown;
}
