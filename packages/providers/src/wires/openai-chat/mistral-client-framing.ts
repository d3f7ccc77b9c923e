import { isJsonObject } from "@headrace/core/json-object";
import { SseParser } from "@headrace/core/sse/parser";
import { objectsOf, parseJsonObject } from "../../json/read.ts";

/** Far above any event of a real provider, and a bound all the same. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/**
 * Streams for Mistral's own SDKs, which speak this wire but check what they read more strictly than it is written: every
 * piece of a tool call must have a name, and usage is an object or not there (`@mistralai/mistralai` 2.7, "ToolCall",
 * "CompletionChunk").
 */
export class MistralClientFraming {
  readonly contentType = "text/event-stream";
  readonly #parser: SseParser;
  #out = "";

  constructor() {
    this.#parser = new SseParser({
      maxEventBytes: MAX_EVENT_BYTES,
      onEvent: ({ data }) => {
        this.#out += `data: ${fitForMistral(data)}\n\n`;
      },
    });
  }

  /** @throws GatewayError `upstream_event_too_large` */
  push(events: Uint8Array): string {
    this.#parser.push(events);
    const out = this.#out;
    this.#out = "";
    return out;
  }

  end(): string {
    this.#parser.end();
    return "";
  }
}

/** They end in the package's name, or begin with an earlier one. */
const MISTRAL_AGENT = /^mistral-client|mistralai/;

/** Whether a user agent is that of one of Mistral's SDKs. */
export function isMistralClient(userAgent: string): boolean {
  return MISTRAL_AGENT.test(userAgent);
}

function fitForMistral(data: string): string {
  const chunk = parseJsonObject(data);
  if (chunk === null) return data;
  const { usage, ...rest } = chunk;
  const fit: Record<string, unknown> = usage === null ? rest : { ...chunk };
  if (Array.isArray(chunk.choices)) fit.choices = chunk.choices.map(nameCalls);
  return JSON.stringify(fit);
}

function nameCalls(choice: unknown): unknown {
  if (!isJsonObject(choice) || !isJsonObject(choice.delta)) return choice;
  const calls = objectsOf(choice.delta, "tool_calls");
  if (calls.length === 0) return choice;
  const named = calls.map((call) =>
    isJsonObject(call.function) ? { ...call, function: { name: "", ...call.function } } : call,
  );
  return { ...choice, delta: { ...choice.delta, tool_calls: named } };
}
