import type { CSSProperties } from 'react';
import { hash, initials } from '../text/names.ts';

const PATTERNS = 8;
/** Around the colour circle but for its olive and brown third, which is dull at the darkness that white letters need. */
const HUES = [260, 238, 212, 188, 165, 150, 28, 12, 355, 335, 315, 285];

/** A person's own signal flag: pattern and colours follow from the name, the initials stand on it. */
export function Flag({ name }: { name: string }) {
  const number = hash(name);
  const first = number % HUES.length;
  const second = first + 1 + ((number >>> 5) % 3);
  return (
    <span
      className="flag"
      data-pattern={(number >>> 9) % PATTERNS}
      style={{ '--one-hue': HUES[first], '--two-hue': HUES[second % HUES.length] } as CSSProperties}
      aria-hidden="true"
    >
      {initials(name)}
    </span>
  );
}
