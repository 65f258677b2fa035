import type { TopologyKind } from '@parley/voice-sdk';

/** What the badge says, and what that means. */
export const TOPOLOGIES: Record<TopologyKind, { badge: string; title: string; text: string }> = {
  mesh: {
    badge: 'P2P',
    title: 'Peer to peer',
    text: 'Your voice goes straight from your browser to theirs, encrypted all the way.',
  },
  sfu: {
    badge: 'SFU',
    title: 'Through the media server',
    text: 'A server forwards the sound of this room: you send it once, however many listen.',
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
      <span id="topology-description" hidden>
        {text}
      </span>
    </>
  );
}
