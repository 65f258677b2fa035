import { useRef } from 'react';
import { useInterval } from '../hooks/use-interval.ts';
import { loudness } from '../text/level.ts';

const POLL_MS = 90;

/**
 * Lights up who talks. With a level it grows and shrinks with the voice, without one it breathes (CSS).
 * Only a transform changes, on a layer of its own: no layout, no paint.
 * @param level RMS now, 0 to 1.
 */
export function SpeakingRing({ level }: { level: (() => number) | undefined }) {
  const ring = useRef<HTMLSpanElement>(null);
  useInterval(
    () => {
      if (level) ring.current?.style.setProperty('transform', `scale(${(0.96 + 0.1 * loudness(level())).toFixed(3)})`);
    },
    level ? POLL_MS : null,
  );
  return <span className="ring" ref={ring} data-breathing={level === undefined} aria-hidden="true" />;
}
