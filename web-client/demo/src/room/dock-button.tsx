import { Icon, type IconName } from '../ui/icon.tsx';

interface DockButtonProps {
  readonly label: string;
  readonly icon: IconName;
  readonly tone: 'on' | 'off' | 'plain' | 'leave';
  readonly shortcut?: string;
  readonly description?: string | undefined;
  readonly onClick: () => void;
}

/** A large button of the bar below: a picture and the word that is its name. */
export function DockButton({ label, icon, tone, shortcut, description, onClick }: DockButtonProps) {
  const title = description ?? (shortcut === undefined ? undefined : `Key ${shortcut}`);
  return (
    <button
      type="button"
      className="dock-button"
      data-tone={tone}
      aria-keyshortcuts={shortcut}
      title={title}
      onClick={onClick}
    >
      <Icon name={icon} />
      <span className="dock-label">{label}</span>
    </button>
  );
}
