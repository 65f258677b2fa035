import type { ParleyError as VoiceError } from '@parley/shared/protocol';
import type { Logger } from '@parley/shared/runtime';

/** How a room's media flows: peer to peer, or through the SFU. */
export type TopologyKind = 'mesh' | 'sfu';

/** What to send: ask for the default microphone, nothing, a track of your own, or constraints for `getUserMedia`. */
export type Microphone = boolean | MediaStreamTrack | MediaTrackConstraints;

/** An access token, or what gets one that is valid now. */
export type TokenSource = string | (() => string | Promise<string>);

export interface VoiceClientOptions {
  /**
   * Where Parley's signaling is, for example `https://voice.example.org`; or several addresses, which are tried in
   * turn. Default: the page's own origin.
   */
  url?: string | readonly string[];
  /** The display name, 1 to 64 characters. */
  name: string;
  /**
   * An access token, or (better, since tokens live shortly) a function that gets one: it is asked at every connect and
   * before a token ends. None: a guest.
   */
  token?: TokenSource;
  /**
   * Where this client is, if the integrator knows, at most 64 characters: an SFU node of that region carries it, if there
   * is one. Default: where the signaling server is.
   */
  region?: string;
  /**
   * `relay`: sound goes through the server's TURN servers or not at all, so that nobody in a mesh learns the address of
   * this device. Default `all`: directly where that is possible.
   */
  iceTransportPolicy?: 'all' | 'relay';
  /** Opus settings; the defaults suit speech. */
  opus?: OpusOptions;
  /** Gets structured log entries; default: none. */
  logger?: Logger;
}

/** An event of the integrator's own: sent by their server, to this user, to a room they are in, or to everyone. */
export interface AppEvent {
  readonly name: string;
  /** Any JSON, up to 16 KB. */
  readonly data: unknown;
  /** The room it was sent to; null when it was sent to this user, or to everyone. */
  readonly roomId: string | null;
}

/** Who the server says this client is. */
export interface CurrentUser {
  /** A guest's begins with `guest:`. */
  readonly id: string;
  /** The name their token gives; null: the one this client was made with. */
  readonly name: string | null;
  readonly grants: {
    readonly join: boolean;
    readonly speak: boolean;
    readonly listen: boolean;
    readonly moderate: boolean;
  };
}

export type VoiceClientEvents = {
  /** Comes while the client is connected, at most once: what is sent while it is not is not kept. */
  event: [event: AppEvent];
  /** The server has said who this client is, or that it is somebody else, or may do other things. */
  user: [user: CurrentUser];
  /** The token, a string, ends at that time (ms since the epoch): call `client.setToken` with another before. */
  tokenExpiring: [expiresAt: number];
  /**
   * The server will not have this client any more, for example `token_expired`, or `replaced` by a newer connection of
   * the same user: every room is closed, and nothing is tried again.
   */
  closed: [reason: CloseReason];
};

/** Someone who is online. A new object at every change. */
export interface PresentUser {
  readonly userId: string;
  /** The rooms they are in; none: only connected. Rooms of matches are not told. */
  readonly rooms: readonly string[];
}

export interface PresenceChange {
  /** Who has come, or is in other rooms than before. */
  readonly online: readonly PresentUser[];
  readonly offline: readonly string[];
}

export type PresenceEvents = {
  /** `users`, or `total`, is not what it was. After a reconnect it tells what was missed. */
  changed: [change: PresenceChange];
  /** The watch has ended: `left` after `close()`, otherwise one of the protocol's error codes. */
  closed: [reason: CloseReason];
};

/** Who of those watched is online, as of now. It survives reconnects. */
export interface PresenceWatch {
  /** By user id. Of everyone, at most 1,000 are listed. */
  readonly users: ReadonlyMap<string, PresentUser>;
  /** How many of those watched are online, listed or not. */
  readonly total: number;
  on<E extends keyof PresenceEvents>(event: E, listener: (...args: PresenceEvents[E]) => void): () => void;
  off<E extends keyof PresenceEvents>(event: E, listener: (...args: PresenceEvents[E]) => void): void;
  /** Idempotent. */
  close(): void;
}

/** Who is online, and in which rooms. */
export interface Presence {
  /**
   * Watches some users, or everyone. A client has at most 16 watches.
   * @param userIds 1 to 200 of them; default: everyone
   * @throws {VoiceError} `not_allowed` where the server has presence turned off
   */
  watch(userIds?: readonly string[]): Promise<PresenceWatch>;
}

export interface OpusOptions {
  /** Discontinuous transmission: nearly nothing is sent in silence. Turn off for music. Default true. */
  dtx?: boolean;
  /** In-band forward error correction. Default true. */
  fec?: boolean;
  /** Upper bound of the encoder, in bit/s: used while receivers report next to no loss. Default 64000. */
  maxBitrate?: number;
  /** What it never goes below, however bad the network, in bit/s. As `maxBitrate`: it does not adapt. Default 16000. */
  minBitrate?: number;
}

export interface JoinOptions {
  /** Default true. */
  microphone?: Microphone;
  /** Join with the microphone muted. Default false. */
  muted?: boolean;
}

/** A person in the room. A new object at every change, so it can be compared by identity. */
export interface Participant {
  readonly id: string;
  /** Who they are to the integrator's backend; a guest's begins with `guest:`. */
  readonly userId: string;
  readonly name: string;
  /** What their access token says about them. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly isSelf: boolean;
  readonly muted: boolean;
  readonly deafened: boolean;
  /** A moderator took the word from them: they are heard by nobody until they have it back. */
  readonly silenced: boolean;
  readonly speaking: boolean;
  /** `reconnecting`: their signaling dropped and may come back; they can still be heard. */
  readonly connection: 'connected' | 'reconnecting';
  /** By their access token: who may not speak is not heard here, who may not listen is sent nothing. */
  readonly canSpeak: boolean;
  readonly canListen: boolean;
  /** A moderator lets them be heard whenever they speak, however loud others are. */
  readonly pinned: boolean;
  /** How their sound reaches us now; null until it does (and for ourselves). */
  readonly path: TopologyKind | null;
  /** Playback volume here, 0 to 1. */
  readonly volume: number;
}

/** `connected`, or what is being mended: `reconnecting` (signaling or media), or `closed`. */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** What a listener measured of a move between mesh and SFU, or from one SFU to another. */
export interface HandoverReport {
  readonly from: TopologyKind;
  readonly to: TopologyKind;
  readonly epoch: number;
  /** From the announcement until this listener had moved everyone, in ms. */
  readonly durationMs: number;
  /**
   * How long, in ms, someone who was talking could not be heard here: silence their receiver had to put in, and
   * time without any source. The worst of all speakers; 0 when the paths overlapped.
   */
  readonly silenceMs: number;
  /** The same, by speaker. Who was silent or muted throughout has no entry. */
  readonly speakers: ReadonlyMap<string, number>;
}

/** Why a room closed. `code` is `left` after `leave()`, otherwise one of the protocol's error codes. */
export interface CloseReason {
  readonly code: string;
  readonly message: string;
}

/**
 * Figures of one remote participant's sound, as received here. Whoever comes through speaker slots has those of the
 * slot they have now, and none while they have none.
 */
export interface ParticipantStats {
  readonly path: TopologyKind | null;
  /** Round-trip time to the other end of the path (the participant, or the SFU), in ms; null if unknown. */
  readonly rtt: number | null;
  /** Interarrival jitter (RFC 3550), in ms. */
  readonly jitter: number | null;
  /** How long packets waited in the jitter buffer since the last call, on average, in ms. */
  readonly jitterBuffer: number | null;
  /** Packets lost, as a share 0 to 1 of those expected since the last call. */
  readonly loss: number | null;
  /** Received since the last call, in bit/s. */
  readonly bitrate: number | null;
  /**
   * How good they sound, as far as the network goes: mean opinion score by the E-model (ITU-T G.107), 1 to 4.41, since
   * the last call. Above 4 people are content, below 3.6 some complain. null while nothing of theirs was expected.
   */
  readonly mos: number | null;
}

export interface RoomStats {
  readonly participants: ReadonlyMap<string, ParticipantStats>;
  /** All we send, in bit/s since the last call. */
  readonly sendBitrate: number | null;
}

export type RoomEvents = {
  participantJoined: [participant: Participant];
  participantLeft: [participant: Participant];
  participantUpdated: [participant: Participant];
  /** Someone (ourselves included) began or stopped talking. */
  speaking: [participant: Participant, speaking: boolean];
  /** The room was locked or unlocked, or others are pinned than before. */
  roomUpdated: [room: { readonly locked: boolean; readonly pinned: readonly string[] }];
  topologyChanged: [topology: TopologyKind, epoch: number];
  handover: [report: HandoverReport];
  connectionState: [state: ConnectionState];
  /** The network was away for so long that we had left for the others: we are back, as another participant. */
  rejoined: [self: Participant];
  /** The browser refused to play sound until a gesture: call `room.startAudio()` from one. */
  audioBlocked: [];
  /** The microphone ended or could not be had; the room goes on without it. */
  microphoneError: [error: Error];
  /**
   * With `iceTransportPolicy: 'relay'`: no TURN server can be reached (`relay_unavailable`). The room is `reconnecting`,
   * and `connected` once one is.
   */
  relayUnavailable: [error: VoiceError];
  closed: [reason: CloseReason];
};

/**
 * For those whose access token grants `moderate`; everyone else is refused with `not_allowed`. All of it may be said
 * twice.
 */
export interface Moderator {
  /** Takes the word from someone, also for when they leave and come back. */
  mute(participantId: string): Promise<void>;
  /** Gives it back. Whoever has muted themselves stays muted. */
  unmute(participantId: string): Promise<void>;
  /** Lets someone be heard whenever they speak, however loud others are: up to four people. */
  pin(participantId: string, pinned: boolean): Promise<void>;
  /** Sends someone away, who may join again. */
  remove(participantId: string): Promise<void>;
  /** Sends a user away, with all their connections, and lets them in again after `durationMs`. */
  ban(participantId: string, durationMs: number): Promise<void>;
  /** Lets nobody new in but moderators; who reconnects is not new. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Sends everyone home, oneself included. */
  end(): Promise<void>;
}

/** The public face of a room one has joined. */
export interface Room {
  readonly id: string;
  readonly topology: TopologyKind;
  readonly epoch: number;
  readonly connectionState: ConnectionState;
  readonly self: Participant;
  /** Everyone, ourselves included, by participant id. */
  readonly participants: ReadonlyMap<string, Participant>;
  /** What this person hears, mixed: a tap with the same tracks, gains and switches as the playback. */
  readonly output: MediaStream;
  readonly muted: boolean;
  readonly deafened: boolean;
  /** Nobody new comes in but moderators. */
  readonly locked: boolean;
  /** Ids of those who are heard whenever they speak. */
  readonly pinned: readonly string[];
  readonly moderate: Moderator;
  /** The level (RMS) of our own microphone now, 0 to 1, muted or not. */
  readonly inputLevel: number;
  /** How loud someone is now, as they send it, 0 to 1: for meters and rings, at any rhythm. */
  levelOf(participantId: string): number;
  setMuted(muted: boolean): void;
  setDeafened(deafened: boolean): void;
  /** @param volume 0 to 1. */
  setVolume(participantId: string, volume: number): void;
  /** Changes what is sent, without renegotiation: a device id, a track, constraints, or false for nothing. */
  setMicrophone(microphone: string | Microphone): Promise<void>;
  /** Starts playback after `audioBlocked`; call it from a click or a key. */
  startAudio(): Promise<void>;
  on<E extends keyof RoomEvents>(event: E, listener: (...args: RoomEvents[E]) => void): () => void;
  off<E extends keyof RoomEvents>(event: E, listener: (...args: RoomEvents[E]) => void): void;
  stats(): Promise<RoomStats>;
  leave(): Promise<void>;
}

/** Whom to meet. Words are 1 to 32 of `a-z`, `0-9`, `_` and `-`. */
export interface MatchOptions extends JoinOptions {
  /** Who looks in different modes never meets. Default `default`. */
  mode?: string;
  /** How many people, oneself included: 2 to 12. Default 2. */
  size?: number;
  /** Wished to be the others' too; waiting wears the wish down, as far as `widen` allows. Default: any. */
  language?: string;
  region?: string;
  /** Up to 8 more facts about oneself, for the others' filters. */
  attributes?: Readonly<Record<string, string>>;
  /** What the others' `language`, `region` and attributes must be one of, however long it takes. */
  filters?: Readonly<Record<string, readonly string[]>>;
  /** Waiting widens the search not at all, to other regions, or to other languages too. Default `language`. */
  widen?: 'none' | 'region' | 'language';
}

/**
 * `waiting` in the queue; `found`: people, who have yet to confirm; `joining` their room; `together` in it; `alone` in
 * it (again); `closed`: cancelled, or it could not go on.
 */
export type MatchState = 'waiting' | 'found' | 'joining' | 'together' | 'alone' | 'closed';

export type MatchEvents = {
  /** In the queue: at first, and again when a match came to nothing. */
  waiting: [];
  found: [size: number];
  /** In the room with them. */
  room: [room: Room];
  /** Someone left the room; null: they never came, or the room was closed. */
  partnerLeft: [participant: Participant | null];
  closed: [reason: CloseReason];
};

/** A search for people to talk to. It goes on across reconnects, in its old place, until `cancel()`. */
export interface Match {
  readonly state: MatchState;
  /** Where one is now, or null. */
  readonly room: Room | null;
  /** User ids of those who were met last. */
  readonly partners: readonly string[];
  /** Leaves the room, if there is one, and looks for others. */
  next(): Promise<void>;
  /** Stops looking, and leaves the room if there is one. */
  cancel(): Promise<void>;
  /** Never to meet a user again; default: those who were met last. `client.unblock` takes it back. */
  block(userId?: string): Promise<void>;
  /** Complains about a user to whoever runs the server. @param reason 1 to 1000 characters */
  report(reason: string, userId?: string): Promise<void>;
  on<E extends keyof MatchEvents>(event: E, listener: (...args: MatchEvents[E]) => void): () => void;
  off<E extends keyof MatchEvents>(event: E, listener: (...args: MatchEvents[E]) => void): void;
}
