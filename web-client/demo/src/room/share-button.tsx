import { useShare } from '../hooks/use-share.ts';
import { Icon } from '../ui/icon.tsx';
import { ShareResult } from './share-result.tsx';

/** Hands on the link to this room. */
export function ShareButton({ room }: { room: string }) {
  const sharing = useShare(room);
  const copied = sharing.result === 'copied';
  return (
    <div className="share">
      <button type="button" className="plain-button share-button" onClick={sharing.share}>
        <Icon name={copied ? 'check' : sharing.native ? 'share' : 'link'} />
        <span className="share-word">{copied ? 'Copied' : sharing.native ? 'Share' : 'Copy link'}</span>
      </button>
      <ShareResult sharing={sharing} />
    </div>
  );
}
