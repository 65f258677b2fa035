import type { Sharing } from '../hooks/use-share.ts';

/** Whether the link was copied; where it could not be, the link itself. */
export function ShareResult({ sharing }: { sharing: Sharing }) {
  if (sharing.result === 'failed') {
    return (
      <p className="share-fallback" role="status">
        Copy it by hand: <output className="share-link">{sharing.link}</output>
      </p>
    );
  }
  return (
    <span className="spoken" role="status">
      {sharing.result === 'copied' ? 'Link copied' : ''}
    </span>
  );
}
