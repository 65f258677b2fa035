import type { ReactNode } from 'react';

export interface Column {
  readonly title: string;
  /** `number`: set to the right. `wide-only`: left out where there is no room. */
  readonly className?: string;
  /** What is in it speaks for itself; only a screen reader says the title. */
  readonly isSpoken?: true;
}

/** Of what can be done to a row. */
export const ACTIONS: Column = { title: 'Actions', isSpoken: true };

interface TableProps {
  /** Said by screen readers alone: a heading says it to all others. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The rows. */
  readonly children: ReactNode;
}

/** A table that scrolls by itself when it is wider than its place. */
export function Table({ caption, columns, children }: TableProps) {
  return (
    <div className="table-scroll">
      <table>
        <caption className="spoken">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, className, isSpoken }) => (
              <th key={title} scope="col" className={className}>
                {isSpoken ? <span className="spoken">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
