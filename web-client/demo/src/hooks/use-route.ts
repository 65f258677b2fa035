import { useSyncExternalStore } from 'react';
import { pathOf, type Route, routeOf } from '../session/route.ts';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

const current = (): Route => routeOf(new URL(location.href));

/** Which way in the address names; `go` changes it without loading the page anew. */
export function useRoute(): { route: Route; go: (route: Route) => void } {
  const route = useSyncExternalStore(subscribe, current);
  return { route, go };
}

function go(route: Route): void {
  if (current() === route) return;
  history.pushState(null, '', pathOf(route));
  for (const listener of listeners) listener();
}
