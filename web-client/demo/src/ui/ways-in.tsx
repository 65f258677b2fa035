import type { MouseEvent } from 'react';
import { pathOf, type Route } from '../session/route.ts';
import { Icon } from './icon.tsx';
import './ways-in.css';

interface WaysInProps {
  readonly route: Route;
  readonly onGo: (route: Route) => void;
}

/** The two ways in, side by side; links, so that each can be opened in a tab of its own. */
export function WaysIn({ route, onGo }: WaysInProps) {
  const link = (to: Route) => ({
    href: pathOf(to),
    'aria-current': route === to ? ('page' as const) : undefined,
    onClick: (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      onGo(to);
    },
  });
  return (
    <nav className="ways-in" aria-label="Ways in">
      <a {...link('rooms')}>
        <Icon name="people" />
        Join a room
      </a>
      <a {...link('meet')}>
        <Icon name="wave" />
        Meet someone
      </a>
    </nav>
  );
}
