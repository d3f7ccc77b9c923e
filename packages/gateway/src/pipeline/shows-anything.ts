import type { StreamEventReading } from "@headrace/core/wire/stream-dialect";

/** What begins with more events than these that show nothing is no envelope. */
export const MAX_ENVELOPE_EVENTS = 10;
export const MAX_ENVELOPE_BYTES: number = 64 * 1024;

/** Whether an event is more than a stream's envelope: the model's words, thoughts or calls, its end, or an error. */
export function showsAnything(reading: StreamEventReading): boolean {
  if (reading.kind !== "chunk") return reading.kind !== "other";
  return reading.finished || reading.textBytes === undefined || reading.textBytes > 0;
}
