import type { ReactNode } from 'react';

/** For screen readers only. */
export function Spoken({ children, id }: { children: ReactNode; id?: string }) {
  return (
    <span className="spoken" id={id}>
      {children}
    </span>
  );
}
