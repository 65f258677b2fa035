import type { ReactNode } from 'react';
import { Spoken } from '../ui/spoken.tsx';
import { type Frame, place, SIDE } from './plot-lines.ts';

interface PlotProps {
  readonly title: string;
  readonly frame: Frame;
  /** Values with a line across, and what is written beside it. */
  readonly marks: readonly { readonly value: number; readonly label: string; readonly isLimit?: boolean }[];
  /** All of it in words: read instead of the picture. */
  readonly words: string;
  readonly legend?: ReactNode;
  /** Said instead of a picture where there is nothing to draw. */
  readonly empty: string | null;
  readonly children: ReactNode;
}

/** A picture of values over the last half hour. The drawing is stretched, and so what is written is beside it. */
export function Plot({ title, frame, marks, words, legend, empty, children }: PlotProps) {
  return (
    <figure className="plot">
      <figcaption>
        <h3>{title}</h3>
        {legend}
      </figcaption>
      <Spoken>{words}</Spoken>
      <div className="plot-picture" aria-hidden="true">
        <div className="plot-scale">
          {marks.map(({ value, label }) => (
            <span key={value} style={{ top: `${place({ at: frame.from, value }, frame).y / (SIDE / 100)}%` }}>
              {label}
            </span>
          ))}
        </div>
        <div className="plot-area">
          <svg viewBox={`0 0 ${SIDE} ${SIDE}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
            {marks.map(({ value, isLimit }) => {
              const { y } = place({ at: frame.from, value }, frame);
              return <path key={value} className={isLimit ? 'plot-limit' : 'plot-grid'} d={`M0 ${y}H${SIDE}`} />;
            })}
            {children}
          </svg>
          {empty && <p className="plot-empty">{empty}</p>}
        </div>
        <div className="plot-times">
          <span>30 min ago</span>
          <span>15 min ago</span>
          <span>now</span>
        </div>
      </div>
    </figure>
  );
}
