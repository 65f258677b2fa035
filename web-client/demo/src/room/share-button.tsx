import { useShare } from '../hooks/use-share.ts';
import { Icon } from '../ui/icon.tsx';
import { ShareResult } from './share-result.tsx';

/** Hands on the link to this room. */
export function ShareButton({ room }: { room: string }) {
  const sharing = useShare(room);
  const copied = sharing.result === 'copied';
  const word = copied ? 'Copied' : sharing.native ? 'Share' : 'Copy link';
  return (
    <div className="share">
      <button type="button" className="plain-button share-button" onClick={sharing.share} aria-label={word}>
        <Icon name={copied ? 'check' : sharing.native ? 'share' : 'link'} />
        <span className="share-word">{word}</span>
      </button>
      <ShareResult sharing={sharing} />
    </div>
  );
}
