import { unnamed } from "../../wire/stream-format.ts";
import type { Wire } from "../contract.ts";
import { openAiError, openAiWire } from "../openai/wire.ts";

/** The realtime API refuses a connection as OpenAI's other endpoints do, and within it with an event. */
export const REALTIME_WIRE: Wire = {
  ...openAiWire({ flavour: "openai" }),
  streamError: (error) => {
    const event = { type: "error", event_id: "event_mock_error", error: openAiError(error) };
    return { error: [unnamed(JSON.stringify(event))], closing: [] };
  },
};
