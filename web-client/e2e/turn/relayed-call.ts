import type { Browser, Page } from 'playwright-core';

/** One TURN server, over one transport. */
export interface Relay {
  readonly urls: string;
  readonly username: string;
  readonly credential: string;
}

/** What one side of a call has come to. */
interface Side {
  /** Its own description, once all its candidates are known. */
  readonly sdp: string;
  readonly hasRelay: boolean;
  /** What the browser has against the server. */
  readonly complaints: readonly string[];
}

declare global {
  interface Window {
    turnCall?: { pc: RTCPeerConnection; levelAt: (frequency: number) => number };
  }
}

const TONES = [440, 740] as const;
const GATHER_MS = 12_000;
const HEAR_MS = 10_000;
const HEARD_DB = -50;

/**
 * Two browsers call one another through a TURN server and nothing else, each with a tone of its own.
 * @returns null when each hears the other; else what is wrong, in words
 */
export async function callThrough(browser: Browser, relay: Relay): Promise<string | null> {
  const contexts = await Promise.all([browser.newContext(), browser.newContext()]);
  try {
    const [caller, callee] = (await Promise.all(contexts.map((context) => context.newPage()))) as [Page, Page];
    const offered = await caller.evaluate(begin, { relay, tone: TONES[0], offer: null, gatherMs: GATHER_MS });
    if (!offered.hasRelay) return `the browser gets no relay: ${offered.complaints.join('; ') || 'no answer'}`;
    const answered = await callee.evaluate(begin, { relay, tone: TONES[1], offer: offered.sdp, gatherMs: GATHER_MS });
    if (!answered.hasRelay) return `the browser gets no relay: ${answered.complaints.join('; ') || 'no answer'}`;
    await caller.evaluate((sdp) => window.turnCall?.pc.setRemoteDescription({ type: 'answer', sdp }), answered.sdp);
    const heard = await Promise.all([
      caller.evaluate(listen, { tone: TONES[1], hearMs: HEAR_MS, heardDb: HEARD_DB }),
      callee.evaluate(listen, { tone: TONES[0], hearMs: HEAR_MS, heardDb: HEARD_DB }),
    ]);
    if (heard.every((state) => state === 'heard')) return null;
    return heard.includes('connected')
      ? 'two people who are both relayed are connected, and do not hear one another'
      : 'two people who are both relayed do not reach one another: the server does not relay to itself (TURN_EXTERNAL_IP)';
  } finally {
    await Promise.all(contexts.map((context) => context.close()));
  }
}

/** In the page: the first half of a call. */
async function begin(of: { relay: Relay; tone: number; offer: string | null; gatherMs: number }): Promise<Side> {
  const audio = new AudioContext();
  const pc = new RTCPeerConnection({ iceServers: [of.relay], iceTransportPolicy: 'relay' });
  const complaints = new Set<string>();
  pc.onicecandidateerror = ({ url, errorCode, errorText }) => complaints.add(`${errorCode} ${errorText} (${url})`);
  const oscillator = new OscillatorNode(audio, { frequency: of.tone });
  const mouth = audio.createMediaStreamDestination();
  oscillator.connect(mouth);
  oscillator.start();
  for (const track of mouth.stream.getTracks()) pc.addTrack(track, mouth.stream);
  const ear = new AnalyserNode(audio, { fftSize: 8_192, smoothingTimeConstant: 0 });
  const element = new Audio();
  pc.ontrack = ({ track }) => {
    const stream = new MediaStream([track]);
    // Chromium gives Web Audio only what an element plays as well.
    element.srcObject = stream;
    element.muted = true;
    void element.play();
    audio.createMediaStreamSource(stream).connect(ear);
  };
  const spectrum = new Float32Array(ear.frequencyBinCount);
  const levelAt = (frequency: number) => {
    ear.getFloatFrequencyData(spectrum);
    const middle = Math.round((frequency * ear.fftSize) / audio.sampleRate);
    return Math.max(...spectrum.subarray(middle - 2, middle + 3));
  };
  window.turnCall = { pc, levelAt };
  if (of.offer !== null) await pc.setRemoteDescription({ type: 'offer', sdp: of.offer });
  const complete = new Promise<void>((resolve) => {
    setTimeout(resolve, of.gatherMs);
    pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && resolve();
  });
  await pc.setLocalDescription();
  await complete;
  const sdp = pc.localDescription?.sdp ?? '';
  return { sdp, hasRelay: / typ relay /.test(sdp), complaints: [...complaints] };
}

/** In the page: waits until the other one's tone is heard. */
async function listen(of: { tone: number; hearMs: number; heardDb: number }): Promise<string> {
  const end = performance.now() + of.hearMs;
  while (performance.now() < end) {
    if ((window.turnCall?.levelAt(of.tone) ?? Number.NEGATIVE_INFINITY) > of.heardDb) return 'heard';
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return window.turnCall?.pc.connectionState ?? 'none';
}
