import { useRef } from 'react';
import { useInterval } from '../hooks/use-interval.ts';
import { loudness } from '../text/level.ts';

const POLL_MS = 90;

/**
 * Lights up who talks, growing and shrinking with the voice. Only a transform changes, on a layer of its own:
 * no layout, no paint.
 * @param level now, 0 to 1.
 */
export function SpeakingRing({ level }: { level: () => number }) {
  const ring = useRef<HTMLSpanElement>(null);
  useInterval(() => {
    ring.current?.style.setProperty('--voice', (0.96 + 0.1 * loudness(level())).toFixed(3));
  }, POLL_MS);
  return <span className="ring" ref={ring} aria-hidden="true" />;
}
