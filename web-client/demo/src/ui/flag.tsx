import type { CSSProperties } from 'react';
import { hash, initials } from '../text/names.ts';

const PATTERNS = 8;

/** A person's own signal flag: pattern and colours follow from the name, the initials stand on it. */
export function Flag({ name }: { name: string }) {
  const number = hash(name);
  const hue = number % 360;
  return (
    <span
      className="flag"
      data-pattern={(number >>> 9) % PATTERNS}
      style={{ '--hue': hue } as CSSProperties}
      aria-hidden="true"
    >
      {initials(name)}
    </span>
  );
}
