import type { ReactNode } from 'react';

/**
 * A panel that a button with `popoverTarget={id}` opens. The browser closes it on Escape or a click elsewhere
 * and gives the focus back; CSS places it by the button, or as a sheet from below on a phone.
 */
export function Popover({ id, label, children }: { id: string; label: string; children: ReactNode }) {
  return (
    <div id={id} popover="auto" className="popover" role="dialog" aria-label={label}>
      {children}
    </div>
  );
}
