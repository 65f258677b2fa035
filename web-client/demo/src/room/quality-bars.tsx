import type { QualityLevel } from '../text/quality.ts';

const LIT: Record<QualityLevel, number> = { poor: 1, fair: 2, good: 3 };

/** Three bars, for the eye; the word stands beside them. null: nothing known yet. */
export function QualityBars({ level }: { level: QualityLevel | null }) {
  const lit = level === null ? 0 : LIT[level];
  return (
    <svg className="bars" data-level={level ?? 'unknown'} viewBox="0 0 15 12" aria-hidden="true" focusable="false">
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          x={bar * 5.5}
          y={8 - bar * 4}
          width="4"
          height={4 + bar * 4}
          rx="1"
          className={bar < lit ? 'bar-lit' : undefined}
        />
      ))}
    </svg>
  );
}
