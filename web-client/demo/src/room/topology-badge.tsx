import type { TopologyKind } from '@parley/voice-sdk';
import { Spoken } from '../ui/spoken.tsx';

/** What the badge says, and what that means. */
export const TOPOLOGIES: Record<TopologyKind, { badge: string; title: string; text: string }> = {
  mesh: {
    badge: 'P2P',
    title: 'Peer to peer',
    text: 'Your voice goes straight to everyone here, encrypted, with no server in between.',
  },
  sfu: {
    badge: 'SFU',
    title: 'Through the media server',
    text: 'There are many of you, so a server forwards the sound: you send it once, however many listen.',
  },
};

/** How the sound travels now. Opens the panel that tells more. */
export function TopologyBadge({ topology, panel }: { topology: TopologyKind; panel: string }) {
  const { badge, title, text } = TOPOLOGIES[topology];
  return (
    <>
      <button
        type="button"
        className="badge"
        data-topology={topology}
        popoverTarget={panel}
        aria-describedby="topology-description"
        title={title}
      >
        {badge}
      </button>
      <Spoken id="topology-description">{text}</Spoken>
    </>
  );
}
