import { ATTEMPT_OUTCOMES, type QualityReport } from '@parley/shared/protocol';
import type { QualitySink } from '../service/quality.ts';
import type { Instruments } from './instruments.ts';

const path = ['mesh', 'sfu'] as const;

/** How calls sound, as clients report it. They may be wrong, or lie: within bounds, and each counts only so often. */
export class QualityMetrics implements QualitySink {
  #report: (report: QualityReport) => void;

  constructor(instruments: Instruments) {
    const reports = instruments.counter({
      name: 'parley_quality_reports_total',
      help: 'Quality reports of clients by media path',
      labels: { path },
      start: true,
    });
    const mos = instruments.histogram({
      name: 'parley_quality_mos',
      help: 'Mean opinion score by the E-model of ITU-T G.107, 1 to 4.41, as listeners report it every 10 s',
      labels: { path },
      buckets: [1.5, 2, 2.5, 2.8, 3.1, 3.4, 3.6, 3.8, 4.03, 4.2, 4.34],
    });
    const times = (name: string, help: string, buckets: number[]) =>
      instruments.histogram({ name, help, labels: { path }, buckets });
    const rtt = times(
      'parley_quality_round_trip_seconds',
      'Round trip to the other end of the media path: the other person, or the SFU',
      [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2],
    );
    const jitter = times(
      'parley_quality_jitter_seconds',
      'Interarrival jitter of received audio (RFC 3550)',
      [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16],
    );
    const buffer = times(
      'parley_quality_jitter_buffer_seconds',
      'How long received audio waits to be played',
      [0.02, 0.04, 0.06, 0.08, 0.12, 0.2, 0.4, 0.8],
    );
    const loss = instruments.histogram({
      name: 'parley_quality_loss_ratio',
      help: 'Share of audio packets that were lost on their way to listeners, 0 to 1',
      labels: { path },
      buckets: [0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
    });
    const bandwidth = instruments.histogram({
      name: 'parley_quality_bandwidth_bytes_per_second',
      help: 'Audio a client sends (up) and receives (down) in one room',
      labels: { path, direction: ['up', 'down'] },
      buckets: [250, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000],
    });
    const firstAudio = times(
      'parley_quality_first_audio_seconds',
      'From the request to join until the first sound of someone who was there',
      [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20],
    );
    const attempts = instruments.counter({
      name: 'parley_media_path_attempts_total',
      help: 'Tries to bring a way for media up, to one person in a mesh or to the SFU, by what came of them',
      labels: { path, outcome: ATTEMPT_OUTCOMES },
      start: true,
    });
    const setup = times(
      'parley_media_path_setup_seconds',
      'How long it took ways for media to come up',
      [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32],
    );
    const silence = instruments.histogram({
      name: 'parley_handover_silence_seconds',
      help: 'The longest that someone who talked was not heard by a listener while a room moved from path to path',
      labels: { from: path, to: path },
      buckets: [0, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    });
    this.#report = (report) => {
      const of = { path: report.path };
      reports(of);
      mos(of, report.mos);
      rtt(of, seconds(report.rtt));
      jitter(of, seconds(report.jitter));
      buffer(of, seconds(report.jitterBuffer));
      loss(of, report.loss);
      bandwidth({ ...of, direction: 'up' }, bytes(report.sendBitrate));
      bandwidth({ ...of, direction: 'down' }, bytes(report.receiveBitrate));
      firstAudio(of, seconds(report.firstAudioMs));
      for (const { from, to, silenceMs } of report.handovers ?? []) silence({ from, to }, silenceMs / 1000);
      for (const attempt of report.attempts) {
        attempts({ path: attempt.path, outcome: attempt.outcome });
        if (attempt.outcome === 'connected') setup({ path: attempt.path }, attempt.ms / 1000);
      }
    };
  }

  reported(report: QualityReport): void {
    this.#report(report);
  }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function bytes(bits: number | null): number | null {
  return bits === null ? null : bits / 8;
}
