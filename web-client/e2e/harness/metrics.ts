/** Nothing left on the SFU. */
export const EMPTY_SFU = {
  parley_sfu_rooms: 0,
  parley_sfu_routers: 0,
  parley_sfu_peers: 0,
  parley_sfu_transports: 0,
  parley_sfu_pipes: 0,
  parley_sfu_directs: 0,
  parley_sfu_levels: 0,
  parley_sfu_producers: 0,
  parley_sfu_consumers: 0,
};
