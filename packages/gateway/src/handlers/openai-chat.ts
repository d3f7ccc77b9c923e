import {
  isMistralClient,
  MistralClientFraming,
} from "@headrace/providers/wires/openai-chat/mistral-client-framing";
import type { Handler } from "../http/exchange.ts";
import { type CallHead, IN_BODY } from "../pipeline/call-head.ts";
import { beginInference, type InferenceDeps } from "./inference.ts";

const CHAT: CallHead = { endpoint: "chat", path: IN_BODY };
const FOR_MISTRAL: CallHead = { ...CHAT, openFraming: () => new MistralClientFraming() };

/** `POST /v1/chat/completions`, which Mistral's SDKs call as OpenAI's do, and read in another way. */
export function chatHandler(deps: InferenceDeps): Handler {
  return function handleChat(exchange) {
    beginInference(exchange, isMistralClient(exchange.header("user-agent")) ? FOR_MISTRAL : CHAT, deps);
  };
}
