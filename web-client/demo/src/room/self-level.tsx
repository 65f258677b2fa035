import { useRef } from 'react';
import { useInterval } from '../hooks/use-interval.ts';
import { loudness } from '../text/level.ts';
import { Icon } from '../ui/icon.tsx';

const POLL_MS = 125;

/** Where others have a volume, oneself has the microphone's level: the proof of being heard. For the eye only. */
export function SelfLevel({ read, muted }: { read: () => number; muted: boolean }) {
  const fill = useRef<HTMLSpanElement>(null);
  useInterval(
    () => fill.current?.style.setProperty('transform', `scaleX(${loudness(read()).toFixed(2)})`),
    muted ? null : POLL_MS,
  );
  return (
    <span className="self-level" aria-hidden="true">
      <Icon name={muted ? 'microphoneOff' : 'microphone'} />
      <span className="self-level-track">{!muted && <span className="self-level-fill" ref={fill} />}</span>
    </span>
  );
}
