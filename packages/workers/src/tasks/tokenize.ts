import { GatewayError } from "@headrace/core/errors/gateway-error";
import { validateTokenizeRequest } from "@headrace/core/requests/validate";
import { assertUtf8, parseJsonObject, viewAsBuffer } from "../json/decode-body.ts";
import { assertDepth } from "../json/scan.ts";
import { encodeChat, framingTokenNames } from "../tokens/chat.ts";
import { type TextEncoding, textEncoding } from "../tokens/encoder.ts";
import { lookUpModel } from "../tokens/models.ts";
import { assertNoProblem } from "./validate-request.ts";

/** What {@link tokenize} takes. */
export interface TokenizeInput {
  /** The body of `POST /tokenize`. */
  readonly body: Uint8Array;
  /** Levels of arrays and objects that a body may nest. */
  readonly maxDepth: number;
  /** The provider's name for a model that clients know by another: it decides the tokeniser. */
  readonly providerModels?: Readonly<Record<string, string>>;
}

export interface TokenizeOutput {
  /** The model that the client named, for the caller to check. */
  readonly model: string;
  /** The answer's JSON text in UTF-8. */
  readonly body: Uint8Array;
}

/** vLLM wants a number here; a model that is not in the table gets what most models of today have at least. */
const ASSUMED_CONTEXT_TOKENS = 131_072;

const OPTIONAL_BOOLEANS = ["add_special_tokens", "return_token_strs", "add_generation_prompt"] as const;

/**
 * Answers vLLM's `POST /tokenize` (vllm/entrypoints, `TokenizeCompletionRequest`, `TokenizeChatRequest` and
 * `TokenizeResponse`): `count`, `max_model_len`, `tokens`, `token_strs`. OpenAI's encodings have no token for the
 * begin of a text, so `add_special_tokens` changes nothing. `exact` is ours: false when the count is an estimate.
 * For tools and images `count` exceeds the length of `tokens`, since their ids are not published.
 *
 * @throws GatewayError as a plan does, for the body's encoding, depth, syntax and fields.
 */
export function tokenize(input: TokenizeInput): TokenizeOutput {
  const bytes = viewAsBuffer(input.body);
  assertUtf8(bytes);
  assertDepth(bytes, input.maxDepth);
  const request = parseJsonObject(bytes);
  assertNoProblem(validateTokenizeRequest(request));
  assertOptions(request);
  const model = String(request.model);
  const names = input.providerModels ?? {};
  const {
    encoding: name,
    contextTokens,
    known,
  } = lookUpModel(Object.hasOwn(names, model) ? String(names[model]) : model);
  const encoding = textEncoding(name);
  const { parts, unlistedTokens, exact } = encodeRequest(request, encoding);
  const tokens = parts.map((part) => part.join(",")).filter((part) => part !== "");
  const count = parts.reduce((sum, part) => sum + part.length, unlistedTokens);
  const tokenStrings =
    request.return_token_strs === true ? JSON.stringify(decodeTokens(parts, encoding)) : "null";
  const answer =
    `{"count":${count},"max_model_len":${contextTokens ?? ASSUMED_CONTEXT_TOKENS},` +
    `"tokens":[${tokens.join(",")}],"token_strs":${tokenStrings},"exact":${exact && known}}`;
  return { model, body: new TextEncoder().encode(answer) };
}

interface EncodedRequest {
  readonly parts: readonly Uint32Array[];
  readonly unlistedTokens: number;
  readonly exact: boolean;
}

function encodeRequest(request: Record<string, unknown>, encoding: TextEncoding): EncodedRequest {
  const { prompt, messages, tools } = request;
  if (typeof prompt === "string") {
    const { tokens, exact } = encoding.encode(prompt);
    return { parts: [tokens], unlistedTokens: 0, exact };
  }
  const chat = {
    messages: Array.isArray(messages) ? messages : [],
    tools: Array.isArray(tools) ? tools : null,
    addGenerationPrompt: request.add_generation_prompt !== false,
  };
  return encodeChat(chat, encoding);
}

function decodeTokens(parts: readonly Uint32Array[], encoding: TextEncoding): string[] {
  const texts = new Map(framingTokenNames(encoding.name));
  const textOf = (token: number): string => {
    let text = texts.get(token);
    if (text === undefined) {
      text = encoding.decodeToken(token);
      texts.set(token, text);
    }
    return text;
  };
  return parts.flatMap((part) => Array.from(part, textOf));
}

function assertOptions(request: Readonly<Record<string, unknown>>): void {
  for (const name of OPTIONAL_BOOLEANS) {
    const value = request[name];
    if (value !== undefined && value !== null && typeof value !== "boolean")
      throw invalidField(name, "true or false");
  }
  const { tools } = request;
  if (tools !== undefined && tools !== null && !Array.isArray(tools)) throw invalidField("tools", "a list");
  if (request.continue_final_message === true) {
    throw invalidField("continue_final_message", "false: open-ended messages are not supported");
  }
}

function invalidField(name: string, expected: string): GatewayError {
  return new GatewayError("invalid_field", {
    message: `The field "${name}" must be ${expected}.`,
    param: name,
  });
}
