// Under which address other devices of this network find this machine.
import { isIPv4 } from 'node:net';
import { StepError } from './progress.mjs';

/** Networks within this machine: of containers, virtual machines and tunnels. */
const INNER = /^(docker|br-|veth|virbr|vmnet|vboxnet|utun|tun|tap|wg|tailscale|cni|podman)/;
/** What a home or an office hands out, the usual first. */
const PRIVATE = [/^192\.168\./, /^10\./, /^172\.(1[6-9]|2\d|3[01])\./];

/**
 * @param {NodeJS.Dict<import('node:os').NetworkInterfaceInfo[]>} interfaces as `os.networkInterfaces()` gives them
 * @param {string} wished one of them, or empty: whichever a phone is most likely to reach
 */
export function lanAddress(interfaces, wished = '') {
  const found = Object.entries(interfaces).flatMap(([name, list = []]) =>
    list.flatMap(({ address, family, internal }) => (family === 'IPv4' && !internal ? [{ name, address }] : [])),
  );
  if (wished) {
    if (isIPv4(wished) && found.some(({ address }) => address === wished)) return wished;
    const known = found.map(({ address }) => address).join(', ') || 'none';
    throw new StepError(`--lan=${wished}: this machine has no such address; it has ${known}.`);
  }
  const rank = (/** @type {{ name: string, address: string }} */ { name, address }) => {
    const kind = PRIVATE.findIndex((pattern) => pattern.test(address));
    return (INNER.test(name) ? 100 : 0) + (kind === -1 ? PRIVATE.length : kind);
  };
  const [best] = found.sort((a, b) => rank(a) - rank(b));
  if (best) return best.address;
  throw new StepError('--lan: this machine is in no network; connect it to the one your phone is in.');
}
