import type { SfuHandle } from '../rooms/index.ts';
import type { SfuNodes } from '../sfu/sfu.ts';

/**
 * Whether a node carries people of an SFU room: where those are, its home knows.
 * @throws {ParleyError} what the home answers, `sfu_unavailable` or `timeout`
 */
export async function isCarriedBy(sfu: SfuNodes, { sfuRoomId, nodeId: home }: SfuHandle, nodeId: string) {
  const { branches } = await sfu.request(home, 'room:inspect', { sfuRoomId });
  return branches.some((branch) => branch.nodeId === nodeId && branch.peers > 0);
}
