import type { ReactNode } from 'react';
import type { Failure } from '../text/failures.ts';
import { Icon } from './icon.tsx';

/** What went wrong and what to do, read out at once. `children` are the buttons that do it. */
export function FailureNotice({ failure, children }: { failure: Failure; children?: ReactNode }) {
  return (
    <div className="failure" role="alert">
      <Icon name="warning" />
      <div className="failure-text">
        <p className="failure-title">{failure.title}</p>
        <p>{failure.advice}</p>
        {children && <div className="failure-actions">{children}</div>}
      </div>
    </div>
  );
}
