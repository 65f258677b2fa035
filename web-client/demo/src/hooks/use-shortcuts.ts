import { useEffect, useEffectEvent } from 'react';

interface ShortcutOptions {
  readonly enabled: boolean;
  readonly muted: boolean;
  readonly toggleMuted: () => void;
  readonly setMuted: (muted: boolean) => void;
  /** Where there is someone else to go on to. */
  readonly onNext?: (() => void) | undefined;
}

/**
 * M mutes and unmutes; holding Space while muted talks; N goes on to someone else. Keys that mean something where the focus is stay
 * what they are: letters in a field or a list of choices, Space on a button one has reached by keyboard.
 * A button one has merely clicked does not keep Space: who clicks Mute and then holds Space wants to talk.
 */
export function useShortcuts({ enabled, muted, toggleMuted, setMuted, onNext }: ShortcutOptions): void {
  const onToggle = useEffectEvent(toggleMuted);
  const onSet = useEffectEvent(setMuted);
  const isMuted = useEffectEvent(() => muted);
  const onGoOn = useEffectEvent(() => onNext?.());

  useEffect(() => {
    if (!enabled) return;
    let holding = false;
    let clicked: Element | null = null;

    const release = () => {
      if (!holding) return;
      holding = false;
      onSet(true);
    };

    const handleKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Tab') clicked = null;
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const target = event.target instanceof Element ? event.target : document.body;
      // A dialog that asks something first: what is behind it has to wait.
      if (target.closest('dialog')) return;
      if (event.code === 'Space') {
        if (holding) event.preventDefault();
        if (holding || event.repeat || !isMuted() || takesSpace(target, clicked)) return;
        event.preventDefault();
        holding = true;
        onSet(false);
      } else if (event.key.toLowerCase() === 'm' && !event.repeat && !takesLetters(target)) {
        // While Space is held it is Space that decides.
        if (!holding) onToggle();
      } else if (event.key.toLowerCase() === 'n' && !event.repeat && !takesLetters(target)) {
        onGoOn();
      }
    };

    const handleKeyUp = (event: KeyboardEvent) => {
      if (event.code !== 'Space' || !holding) return;
      // Firefox clicks a focused button at keyup, even when keydown was taken.
      event.preventDefault();
      release();
    };

    const handlePointerDown = (event: PointerEvent) => {
      clicked = event.target instanceof Element ? event.target.closest('button, a, input') : null;
    };

    const handleVisibility = () => {
      if (document.hidden) release();
    };

    document.addEventListener('keydown', handleKeyDown);
    document.addEventListener('keyup', handleKeyUp);
    document.addEventListener('pointerdown', handlePointerDown, true);
    document.addEventListener('visibilitychange', handleVisibility);
    window.addEventListener('blur', release);
    return () => {
      release();
      document.removeEventListener('keydown', handleKeyDown);
      document.removeEventListener('keyup', handleKeyUp);
      document.removeEventListener('pointerdown', handlePointerDown, true);
      document.removeEventListener('visibilitychange', handleVisibility);
      window.removeEventListener('blur', release);
    };
  }, [enabled]);
}

const TEXT = 'input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, [contenteditable=true]';

function takesLetters(target: Element): boolean {
  return target.closest(`${TEXT}, select`) !== null;
}

function takesSpace(target: Element, clicked: Element | null): boolean {
  if (takesLetters(target) || target.closest('[type=checkbox], [type=radio]')) return true;
  const control = target.closest('button, a, summary, [role=button]');
  return control !== null && control !== clicked;
}
