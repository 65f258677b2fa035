import type { ReactNode } from 'react';

/** For screen readers only. */
export function Spoken({ children }: { children: ReactNode }) {
  return <span className="spoken">{children}</span>;
}
