import { useSyncExternalStore } from 'react';
import type { Store } from '../session/store.ts';

/** The store's state, now and after every change. */
export function useStore<State>(store: Store<State>): State {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}
