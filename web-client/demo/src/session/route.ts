/** The two ways in: a room that one names, and someone one does not know yet. */
export type Route = 'rooms' | 'meet';

export const MEET_PATH = '/meet';

export function routeOf(url: URL): Route {
  return /^\/meet\/?$/.test(url.pathname) ? 'meet' : 'rooms';
}

export function pathOf(route: Route): string {
  return route === 'meet' ? MEET_PATH : '/';
}
