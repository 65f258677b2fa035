import { useShare } from '../hooks/use-share.ts';
import { isLoopback } from '../session/link.ts';
import { Icon } from '../ui/icon.tsx';
import { ShareResult } from './share-result.tsx';

/** What to do while nobody else is here. */
export function Invite({ room }: { room: string }) {
  const sharing = useShare(room);
  return (
    <section className="invite" aria-labelledby="invite-title">
      <h2 id="invite-title">You are the first.</h2>
      <p>Send the link. Whoever opens it is with you.</p>
      <div className="invite-line">
        <span className="invite-link">{sharing.link}</span>
        <button type="button" className="primary-button" onClick={sharing.share}>
          <Icon name={sharing.result === 'copied' ? 'check' : 'link'} />
          {sharing.result === 'copied' ? 'Copied' : 'Copy'}
        </button>
      </div>
      <ShareResult sharing={sharing} />
      {isLoopback(location.hostname) && (
        <p className="hint">
          This address works on this computer only: open it in a second tab to try. For other devices, run Parley under
          a name with https.
        </p>
      )}
    </section>
  );
}
