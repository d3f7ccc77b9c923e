import type { Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { GeminiListFraming } from "@headrace/providers/wires/gemini-generate/list-framing";
import type { Exchange, Handler } from "../http/exchange.ts";
import { decodeSegment } from "../http/path-segment.ts";
import type { CallHead } from "../pipeline/call-head.ts";
import { clientWireOf } from "./client-wires.ts";
import { beginInference, type InferenceDeps } from "./inference.ts";
import { LocalCall } from "./local-call.ts";

/** What stands behind the model, and whether it asks for a stream (Gemini API reference, "All methods"). */
const METHODS: Readonly<Record<string, { readonly endpoint: Endpoint; readonly stream: boolean }>> = {
  generateContent: { endpoint: "generate-content", stream: false },
  streamGenerateContent: { endpoint: "generate-content", stream: true },
  countTokens: { endpoint: "gemini-count-tokens", stream: false },
  embedContent: { endpoint: "embed-content", stream: false },
  batchEmbedContents: { endpoint: "batch-embed-contents", stream: false },
};

/** `POST {prefix}{model}:{method}`, Google's way to name both. */
export function geminiHandler(prefix: string, deps: InferenceDeps): Handler {
  return function handleGemini(exchange) {
    const head = readHead(exchange.path.slice(prefix.length), exchange.query("alt") === "sse");
    if (head === null) refuse(exchange, deps);
    else beginInference(exchange, head, deps);
  };
}

function readHead(rest: string, wantsEvents: boolean): CallHead | null {
  const colon = rest.lastIndexOf(":");
  const method = rest.slice(colon + 1);
  if (colon < 1 || !Object.hasOwn(METHODS, method)) return null;
  const found = METHODS[method];
  if (found === undefined) return null;
  const path = { model: decodeSegment(rest.slice(0, colon)), stream: found.stream };
  if (!found.stream || wantsEvents) return { endpoint: found.endpoint, path };
  return { endpoint: found.endpoint, path, openFraming: () => new GeminiListFraming() };
}

function refuse(exchange: Exchange, { currentSnapshot }: InferenceDeps): void {
  const message = `There is no such call; those on a model are ${Object.keys(METHODS).join(", ")}.`;
  const error = new GatewayError("route_not_found", { message });
  const call = new LocalCall(exchange, currentSnapshot().localRecorders.none);
  call.refuse(error, { wire: clientWireOf("generate-content") });
}
