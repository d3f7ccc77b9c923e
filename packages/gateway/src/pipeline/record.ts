import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { CallLabels, EndedCall, KeptCalls } from "../explain/kept-calls.ts";
import { type AccessLines, jsonText, type LineMembers } from "../observability/access-log.ts";
import type { Series } from "../observability/series.ts";
import { microsecondsText } from "../time/microseconds.ts";
import { leftName, madeFaults, type ToldTry } from "./left-target.ts";
import type { MeteredUsage } from "./metered-usage.ts";

/** What is told of one request when it is over, whichever way it ended. */
export interface CallRecord extends EndedCall {
  readonly requestId: string;
  readonly keyName: string;
  /** The status that the client saw; 499 when it had left before. */
  readonly status: number;
  /** Null for an answer that is whole and no error. */
  readonly errorCode: ErrorCode | null;
  readonly stream: boolean;
  /** In the order in which they were begun. */
  readonly tries: readonly ToldTry[];
  /** The one whose answer the client got, or the last one. */
  readonly last: ToldTry | undefined;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Events of a streamed answer. */
  readonly events: number;
  /** Null when nothing was used, as far as is known. */
  readonly usage: MeteredUsage | null;
  /** Null when nothing was used, and when a price is not known. */
  readonly costUsd: number | null;
  readonly durationMs: number;
  /** Of a streamed answer, until its first event; null where none came. */
  readonly firstTokenMs: number | null;
  readonly overheadMs: number;
  /** Time spent waiting for its turn. */
  readonly queuedMs: number;
  /** Fields of the request that the provider could not take, where the config wants them logged. */
  readonly droppedParams: readonly string[];
}

/** A series, and where lines with its labels go. */
export interface Recorder {
  readonly series: Series;
  readonly access: AccessLines;
  readonly labels: CallLabels;
  /** Where it can be asked about later; null for what is not worth it. */
  readonly calls: KeptCalls | null;
}

/** Counts and logs one finished request. */
export function record({ series, access, labels, calls }: Recorder, call: CallRecord): void {
  const attempts = call.tries.length;
  series.countRequest(call.status, call.errorCode);
  series.duration.observeMs(call.durationMs);
  series.overhead.observeMs(call.overheadMs);
  if (call.queuedMs > 0) series.queue.observeMs(call.queuedMs);
  if (call.firstTokenMs !== null) series.firstToken.observeMs(call.firstTokenMs);
  if (attempts > 1) series.retries += attempts - 1;
  if (call.costUsd !== null) series.costUsd += call.costUsd;
  if (call.usage !== null) series.countTokens(call.usage.tokens, call.usage.source);
  calls?.keep(labels, call);
  if (access.enabled) access.write(lineOf(call), "request");
}

/** What is not known, or as usual, is left out. */
function lineOf(call: CallRecord): LineMembers {
  const { tries, stream, usage } = call;
  const faults = madeFaults(tries);
  let line = `,"requestId":${jsonText(call.requestId)},"keyName":${jsonText(call.keyName)},"status":${call.status}`;
  if (call.errorCode !== null) line += `,"errorCode":"${call.errorCode}"`;
  line += `,"stream":${stream},"attempts":${tries.length}`;
  if (faults !== null) line += `,"faults":${JSON.stringify(faults)}`;
  if (tries.length > 1) line += `,"triedTargets":${JSON.stringify(leftTargets(call))}`;
  line += `,"requestBytes":${call.requestBytes},"answerBytes":${call.answerBytes}`;
  if (stream) line += `,"events":${call.events}`;
  if (usage !== null) {
    const { tokens, source } = usage;
    line += `,"inputTokens":${totalInputTokens(tokens)},"outputTokens":${totalOutputTokens(tokens)},"usageSource":"${source}"`;
  }
  if (call.costUsd !== null) line += `,"costUsd":${call.costUsd}`;
  line += `,"durationMs":${microsecondsText(call.durationMs)}`;
  if (call.firstTokenMs !== null) line += `,"firstTokenMs":${microsecondsText(call.firstTokenMs)}`;
  line += `,"overheadMs":${microsecondsText(call.overheadMs)}`;
  if (call.queuedMs !== 0) line += `,"queuedMs":${microsecondsText(call.queuedMs)}`;
  if (call.droppedParams.length > 0) line += `,"droppedParams":${JSON.stringify(call.droppedParams)}`;
  return line;
}

/** The targets that were tried in vain, and why each was left. */
function leftTargets({ tries, last }: CallRecord): string[] {
  return tries.filter((begun) => begun !== last).map(leftName);
}
