import type { StreamedAnswer, Wire } from "../answers/contract.ts";
import type { StreamEvent } from "../answers/stream-event.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { gzipFlushed } from "./gzip.ts";
import { statusLine } from "./plain-script.ts";
import { plannedEvents } from "./planned-events.ts";
import type { Script, ScriptStep } from "./script.ts";
import { splitSteps } from "./split.ts";
import type { StreamFormat } from "./stream-format.ts";

/** The script of a stream with the behaviour's faults worked into its events. */
export function streamScript(answer: StreamedAnswer, behaviour: MockBehaviour, wire: Wire): Script {
  const { format } = answer;
  const { events: altered, ending } = plannedEvents(answer, behaviour, wire);
  const msPerToken = behaviour.tokensPerSecond > 0 ? 1_000 / behaviour.tokensPerSecond : 0;
  const encode = eventEncoder(format, behaviour);
  let steps: ScriptStep[] = altered.flatMap((event, index) => {
    const atMs = behaviour.firstEventMs + event.afterTokens * msPerToken;
    return encode(event, index).map((bytes, part, parts) => ({
      bytes,
      atMs: index === 0 && part < parts.length - 1 ? 0 : atMs,
    }));
  });
  if (behaviour.encoding === "gzip") steps = gzipFlushed(steps, ending === "end");
  const cut = cutAfter(steps, behaviour.cutAfterBytes);
  return {
    status: statusLine(behaviour.status),
    headers: [
      ["content-type", behaviour.contentType || format.contentType],
      ...(behaviour.encoding === "gzip" ? ([["content-encoding", "gzip"]] as const) : []),
    ],
    framing: behaviour.framing === "close" ? "close" : "chunked",
    declaredBytes: 0,
    steps: splitSteps(behaviour.burst ? merge(cut ?? steps) : (cut ?? steps), behaviour.split),
    ending: cut === undefined ? ending : "cut",
    generationMs: 0,
  };
}

/** All bytes in one write. */
function merge(steps: readonly ScriptStep[]): ScriptStep[] {
  return steps.length === 0 ? [] : [{ bytes: Buffer.concat(steps.map(({ bytes }) => bytes)), atMs: 0 }];
}

/** Writes one event, after what keeps a silent stream open where that is wanted. */
function eventEncoder(
  format: StreamFormat,
  behaviour: MockBehaviour,
): (event: StreamEvent, index: number) => Uint8Array[] {
  const { lineEnding, comments, corruptEvent } = behaviour;
  const eol = lineEnding === "auto" ? format.eol : lineEnding === "crlf" ? "\r\n" : "\n";
  const keepAlive = comments === "none" ? undefined : format.keepAlive?.(eol);
  return function encodeEvent(event, index) {
    const encoded = format.encode(event, eol, index);
    const bytes = typeof encoded === "string" ? Buffer.from(encoded) : encoded;
    if (index === corruptEvent && format.checksummed) flipLastByte(bytes);
    const commented = keepAlive !== undefined && (comments === "between" || index === 0);
    return commented ? [Buffer.from(keepAlive), bytes] : [bytes];
  };
}

/** Damage that the checksum shows. */
function flipLastByte(bytes: Uint8Array): void {
  const last = bytes.byteLength - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
}

/** The steps up to so many bytes, or undefined when there are no more than that. */
function cutAfter(steps: readonly ScriptStep[], limitBytes: number): ScriptStep[] | undefined {
  if (limitBytes < 0) return undefined;
  const kept: ScriptStep[] = [];
  let left = limitBytes;
  for (const step of steps) {
    if (step.bytes.byteLength > left) {
      if (left > 0) kept.push({ ...step, bytes: step.bytes.subarray(0, left) });
      return kept;
    }
    kept.push(step);
    left -= step.bytes.byteLength;
  }
  return undefined;
}
