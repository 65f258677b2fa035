/** The two ways in, a room that one names and someone one does not know yet; and the page of those who run it all. */
export type Route = 'rooms' | 'meet' | 'operations';

const PATHS: Record<Route, string> = { rooms: '/', meet: '/meet', operations: '/ops' };

export function routeOf(url: URL): Route {
  const path = url.pathname.replace(/\/$/, '');
  return path === PATHS.meet ? 'meet' : path === PATHS.operations ? 'operations' : 'rooms';
}

export function pathOf(route: Route): string {
  return PATHS[route];
}
