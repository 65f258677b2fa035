import { Popover } from '../ui/popover.tsx';

interface ShortcutsPanelProps {
  readonly id: string;
  readonly enabled: boolean;
  readonly onChange: (enabled: boolean) => void;
  readonly withNext: boolean;
}

/** The keys, and the switch that turns them off for whom they are in the way (WCAG 2.1.4). */
export function ShortcutsPanel({ id, enabled, onChange, withNext }: ShortcutsPanelProps) {
  return (
    <Popover id={id} label="Keyboard">
      <h2>Keyboard</h2>
      <dl className="keys">
        <div>
          <dt>
            <kbd>M</kbd>
          </dt>
          <dd>turns your microphone off and on</dd>
        </div>
        <div>
          <dt>
            <kbd>Space</kbd>
          </dt>
          <dd>held while muted: talk</dd>
        </div>
        {withNext && (
          <div>
            <dt>
              <kbd>N</kbd>
            </dt>
            <dd>on to someone else</dd>
          </div>
        )}
      </dl>
      <label className="switch">
        <input type="checkbox" checked={enabled} onChange={(event) => onChange(event.target.checked)} />
        Use these keys
      </label>
    </Popover>
  );
}
