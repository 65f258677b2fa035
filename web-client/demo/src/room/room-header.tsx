import type { Ref } from 'react';
import type { RoomView } from '../session/room-store.ts';
import type { RoomQuality } from '../text/quality.ts';
import { Icon } from '../ui/icon.tsx';
import { Logo } from '../ui/logo.tsx';
import { ThemeButton } from '../ui/theme-button.tsx';
import { ConnectionPanel } from './connection-panel.tsx';
import { QualityBars } from './quality-bars.tsx';
import type { EncounterProps } from './room-page.tsx';
import { ShareButton } from './share-button.tsx';
import { ShortcutsPanel } from './shortcuts-panel.tsx';
import { TopologyBadge } from './topology-badge.tsx';

interface RoomHeaderProps {
  readonly view: RoomView;
  readonly quality: RoomQuality;
  readonly headingRef: Ref<HTMLHeadingElement>;
  readonly shortcuts: boolean;
  readonly onShortcuts: (on: boolean) => void;
  readonly encounter: EncounterProps | undefined;
}

export function RoomHeader({ view, quality, headingRef, shortcuts, onShortcuts, encounter }: RoomHeaderProps) {
  const count = view.participants.length;
  return (
    <header className="room-header">
      <Logo />
      <div className="room-title">
        <h1 ref={headingRef} tabIndex={-1} dir="auto">
          {encounter?.title ?? view.id}
        </h1>
        <span className="room-count">
          {count === 1 ? 'Just you' : `${count} people`}
          {view.locked && (
            <span className="room-locked">
              <Icon name="lock" /> locked
            </span>
          )}
        </span>
      </div>
      <div className="room-connection">
        <TopologyBadge topology={view.topology} panel="connection-panel" />
        <button type="button" className="quality-button" popoverTarget="connection-panel">
          <QualityBars level={quality.overall?.level ?? null} />
          {quality.overall ? <QualityWord level={quality.overall.level} /> : 'Connection'}
        </button>
      </div>
      <div className="room-tools">
        {encounter ? (
          <button
            type="button"
            className="plain-button share-button"
            disabled={encounter.onReport === undefined}
            onClick={encounter.onReport}
            aria-label="Block or report"
          >
            <Icon name="flag" />
            <span className="share-word">Block or report</span>
          </button>
        ) : (
          <ShareButton room={view.id} />
        )}
        <button
          type="button"
          className="quiet-button keyboard-button"
          popoverTarget="shortcuts-panel"
          aria-label="Keyboard"
          title="Keyboard"
        >
          <Icon name="keyboard" />
        </button>
        <ThemeButton />
      </div>
      <ConnectionPanel id="connection-panel" view={view} quality={quality} />
      <ShortcutsPanel
        id="shortcuts-panel"
        enabled={shortcuts}
        onChange={onShortcuts}
        withNext={encounter !== undefined}
      />
    </header>
  );
}

const SENTENCES = { good: 'Good', fair: 'Fair', poor: 'Poor' } as const;

function QualityWord({ level }: { level: keyof typeof SENTENCES }) {
  return (
    <span>
      {SENTENCES[level]}
      <span className="spoken"> connection</span>
    </span>
  );
}
