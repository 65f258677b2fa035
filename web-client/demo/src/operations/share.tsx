import { inShare, levelOf } from './words.ts';

/** Of what may be done: a bar, and how much in figures. */
export function Share({ value }: { value: number }) {
  return (
    <span className="share-of" data-level={levelOf(value)}>
      <span className="share-bar" aria-hidden="true">
        <span style={{ width: `${Math.min(100, value * 100)}%` }} />
      </span>
      {inShare(value)}
    </span>
  );
}
