import { type Theme, useTheme } from '../hooks/use-theme.ts';
import { Icon, type IconName } from './icon.tsx';

const LOOKS: Record<Theme, { icon: IconName; label: string }> = {
  auto: { icon: 'auto', label: 'Colours: as the system' },
  light: { icon: 'sun', label: 'Colours: light' },
  dark: { icon: 'moon', label: 'Colours: dark' },
};

export function ThemeButton() {
  const { theme, next } = useTheme();
  const { icon, label } = LOOKS[theme];
  return (
    <button type="button" className="quiet-button" onClick={next} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}
