import type { ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import type { TextPart, ToolResultPart } from "@headrace/core/canonical/chat-parts";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import { anthropicClient } from "@headrace/providers/wires/anthropic-messages/client";
import { geminiClient } from "@headrace/providers/wires/gemini-generate/client";
import { parseJsonObject, viewAsBuffer } from "../json/decode-body.ts";
import { textEncoding } from "../tokens/encoder.ts";
import { lookUpModel } from "../tokens/models.ts";

/** The calls that count a request's tokens on another wire than OpenAI's. */
export type CountingEndpoint = "messages-count-tokens" | "gemini-count-tokens";

export interface CountRequestInput {
  readonly endpoint: CountingEndpoint;
  readonly body: Uint8Array;
  readonly path: PathFacts;
  /** The model's name at the provider, which decides on the tokeniser. */
  readonly model: string;
}

export interface CountRequestOutput {
  /** The answer's JSON on the client's wire. */
  readonly body: Uint8Array;
}

interface CountingWire {
  decode(body: Readonly<Record<string, unknown>>, path: PathFacts): ChatRequest;
  encode(tokens: number): object;
}

const WIRES: Readonly<Record<CountingEndpoint, CountingWire>> = {
  "messages-count-tokens": {
    decode: (body, path) => anthropicClient.decodeRequest(body, path),
    encode: (tokens) => ({ input_tokens: tokens }),
  },
  "gemini-count-tokens": {
    decode: (body, path) => geminiClient.decodeRequest(generateRequestOf(body), path),
    encode: (tokens) => ({ totalTokens: tokens }),
  },
};

/** Framing of a message and its role; "How to count tokens with tiktoken", section 6, in OpenAI's cookbook. */
const TOKENS_PER_MESSAGE = 4;
/** An image of usual size in GPT-4o. Sound and documents have no common price: they count as one image. */
const TOKENS_PER_MEDIA_PART = 765;

/**
 * Counts a request's tokens for a provider that cannot be asked. Text is counted with the tokeniser of the model, or of
 * the nearest one there is, so the result is an estimate: other vendors do not publish theirs.
 *
 * @throws GatewayError of the wire's codec
 */
export function countRequest({ endpoint, body, path, model }: CountRequestInput): CountRequestOutput {
  const wire = WIRES[endpoint];
  const request = wire.decode(parseJsonObject(viewAsBuffer(body)), path);
  const encoding = textEncoding(lookUpModel(model).encoding);
  const texts: string[] = request.tools.map((tool) => JSON.stringify(tool));
  let tokens = request.messages.length * TOKENS_PER_MESSAGE;
  for (const message of request.messages) tokens += gatherMessage(message, texts);
  for (const text of texts) tokens += encoding.encode(text).tokens.length;
  return { body: Buffer.from(JSON.stringify(wire.encode(tokens))) };
}

/** Adds a message's texts, and gives the tokens of what is none. */
function gatherMessage(message: ChatMessage, texts: string[]): number {
  let tokens = 0;
  for (const part of message.parts) tokens += gatherPart(part, texts);
  return tokens;
}

type AnyPart = ChatMessage["parts"][number] | ToolResultPart["parts"][number] | TextPart;

function gatherPart(part: AnyPart, texts: string[]): number {
  if (part.type === "text" || part.type === "thinking" || part.type === "refusal") texts.push(part.text);
  else if (part.type === "tool-call") texts.push(part.name, part.argumentsJson);
  else if (part.type === "opaque") texts.push(JSON.stringify(part.raw));
  else if (part.type === "tool-result") {
    let tokens = 0;
    for (const inner of part.parts) tokens += gatherPart(inner, texts);
    return tokens;
  } else return TOKENS_PER_MEDIA_PART;
  return 0;
}

/** Gemini API reference, "countTokens": the contents alone, or a whole request. */
function generateRequestOf(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const whole = body.generateContentRequest ?? body.generate_content_request;
  return typeof whole === "object" && whole !== null ? { ...whole } : body;
}
