import type { StreamEventReading } from "@headrace/core/wire/stream-dialect";

/** The last event of several wires, and the only one that is no JSON. */
const DONE_DATA = "[DONE]";

/** What stands for an event that no client could read: it is kept back, and nothing may follow it. */
export const MALFORMED: Extract<StreamEventReading, { kind: "error" }> = {
  kind: "error",
  message: "The provider sent an event that is no JSON.",
  status: null,
};

/** @param data - of an event that says nothing to the relay */
export function isMalformed(data: string): boolean {
  const text = data.trim();
  if (text === "" || text === DONE_DATA) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}
