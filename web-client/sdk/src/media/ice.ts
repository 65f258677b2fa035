/**
 * How our connections find a way to the others: what every RTCPeerConnection of a room is made with. One object for the room's
 * whole life, whose servers are others when credentials were renewed.
 */
export interface IceConfiguration {
  iceServers: RTCIceServer[];
  readonly iceTransportPolicy: RTCIceTransportPolicy;
  readonly bundlePolicy: 'max-bundle';
}
