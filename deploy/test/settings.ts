import { readConfig as readSfu } from '../../sfu-server/src/config.ts';
import { readConfig as readSignaling } from '../../signaling/src/config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type ServerName = 'signaling' | 'sfu';

const READ: Record<ServerName, (env: Environment) => object> = {
  signaling: (env) => readSignaling(env, { id: () => 'node', secret: () => 'secret' }),
  sfu: (env) => readSfu(env, { cpus: 2, randomId: () => 'node' }),
};

/** What a server makes of an environment. @throws {ConfigError} with all that is wrong with it */
export const configOf = (server: ServerName, env: Environment): object => READ[server](env);

/** All settings a server has: what it looks for in its environment. */
export function settingsOf(server: ServerName): Set<string> {
  const asked = new Set<string>();
  const watching = new Proxy<Environment>(
    {},
    {
      get: (_env, name) => {
        asked.add(String(name));
        return undefined;
      },
    },
  );
  READ[server](watching);
  return asked;
}

/** Read by the program that a server starts, not by itself. */
export const FOREIGN_SETTINGS = new Set(['MEDIASOUP_WORKER_BIN']);
