import { useEffect } from 'react';
import { useStored } from './use-stored.ts';

export type Theme = 'auto' | 'light' | 'dark';

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

/** The colour scheme: the system's unless the person chose one. */
export function useTheme(): { theme: Theme; next: () => void } {
  const [stored, store] = useStored('theme', 'auto');
  const theme: Theme = stored === 'light' || stored === 'dark' ? stored : 'auto';
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return { theme, next: () => store(NEXT[theme]) };
}
