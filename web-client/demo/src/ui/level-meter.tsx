import { useRef } from 'react';
import { useInterval } from '../hooks/use-interval.ts';
import { loudness } from '../text/level.ts';

/** A bar that follows the microphone, and the same as a figure for who does not see it. @param read RMS now, 0 to 1. */
export function LevelMeter({ read, label }: { read: () => number; label: string }) {
  const meter = useRef<HTMLMeterElement>(null);
  const rest = useRef<HTMLSpanElement>(null);

  useInterval(() => {
    const level = loudness(read());
    rest.current?.style.setProperty('transform', `scaleX(${(1 - level).toFixed(3)})`);
    if (meter.current) meter.current.value = Math.round(level * 100);
  }, 60);

  return (
    <div className="level">
      <span className="level-rest" ref={rest} aria-hidden="true" />
      <meter className="spoken" ref={meter} aria-label={label} min={0} max={100} value={0} />
    </div>
  );
}
