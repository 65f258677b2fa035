import type { TopologyKind } from '@parley/voice-sdk';

interface DiagramProps {
  readonly topology: TopologyKind;
  readonly people: number;
  readonly className?: string;
}

const RADIUS = 76;

/** People on a circle, and the paths their sound takes. Decoration: say in words what it shows. */
export function Diagram({ topology, people, className = '' }: DiagramProps) {
  const points = Array.from({ length: people }, (_, index) => {
    const angle = (index / people) * 2 * Math.PI - Math.PI / 2;
    return { x: 100 + RADIUS * Math.cos(angle), y: 100 + RADIUS * Math.sin(angle) };
  });
  const hub = { x: 100, y: 100 };
  const lines =
    topology === 'sfu'
      ? points.map((point) => [point, hub] as const)
      : points.flatMap((from, index) => points.slice(index + 1).map((to) => [from, to] as const));
  return (
    <svg className={`diagram ${className}`} viewBox="0 0 200 200" aria-hidden="true" focusable="false">
      {lines.map(([from, to]) => (
        <line
          key={`${from.x} ${from.y} ${to.x} ${to.y}`}
          x1={from.x.toFixed(1)}
          y1={from.y.toFixed(1)}
          x2={to.x.toFixed(1)}
          y2={to.y.toFixed(1)}
        />
      ))}
      {topology === 'sfu' && <rect className="diagram-hub" x="84" y="84" width="32" height="32" rx="8" />}
      {points.map((point, index) => (
        <circle
          key={`${point.x} ${point.y}`}
          className={index === 0 ? 'diagram-speaker' : undefined}
          cx={point.x.toFixed(1)}
          cy={point.y.toFixed(1)}
          r="12"
        />
      ))}
    </svg>
  );
}
