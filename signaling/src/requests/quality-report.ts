import { type Handler, speakerIn } from './context.ts';

export const qualityReport: Handler<'quality:report'> = async (context, report) => {
  context.quality.report(context.caller, speakerIn(context, report.roomId), report);
  return {};
};
