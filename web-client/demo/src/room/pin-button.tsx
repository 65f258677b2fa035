import { Icon } from '../ui/icon.tsx';

interface PinButtonProps {
  readonly name: string;
  readonly pinned: boolean;
  readonly onChange: (pinned: boolean) => void;
}

/** Lets someone be heard whenever they speak, however loud others are: for moderators. */
export function PinButton({ name, pinned, onChange }: PinButtonProps) {
  return (
    <button
      type="button"
      className="quiet-button pin-button"
      aria-pressed={pinned}
      aria-label={`Pin ${name}`}
      title={pinned ? `${name} is heard whenever they speak` : `Let ${name} be heard whenever they speak`}
      onClick={() => onChange(!pinned)}
    >
      <Icon name="pin" />
    </button>
  );
}
