import type { AssistantPart, ChatAnswer, ChatChoice } from "@headrace/core/canonical/chat";
import { type Citation, NO_EXTRA, type Signature, type TextPart } from "@headrace/core/canonical/chat-parts";
import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { countOf, defined, extraOf, listOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import {
  argumentsText,
  readAnnotations,
  readContentList,
  readImageSource,
  readLogprobs,
  readSources,
} from "./content-reader.ts";
import { finishFromOpenAi } from "./finish-reasons.ts";
import { inlineErrorIn } from "./provider-errors.ts";
import { readReasoningDetails, readReasoningText } from "./reasoning-details.ts";

const ANSWER_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "citations",
  "search_results",
]);
const CHOICE_FIELDS: ReadonlySet<string> = new Set([
  "index",
  "message",
  "finish_reason",
  "logprobs",
  "stop_reason",
]);

/**
 * Reads a whole answer (OpenAI API reference, "The chat completion object").
 *
 * @throws GatewayError `upstream_invalid_response`, or `upstream_error` for an error inside a 200
 */
export function decodeOpenAiAnswer(body: JsonObject): ChatAnswer {
  const error = inlineErrorIn(body);
  if (error !== null) throw new GatewayError("upstream_error", { message: error.message });
  const choices = objectsOf(body, "choices");
  if (choices.length === 0) throw new GatewayError("upstream_invalid_response");
  const id = textOf(body, "id") ?? "";
  const sources = readSources(body);
  return {
    wire: "openai-chat",
    id,
    model: textOf(body, "model") ?? "",
    createdAtSeconds: countOf(body, "created") ?? null,
    choices: choices.map((choice, at) => readChoice(choice, { at, id, sources: at === 0 ? sources : [] })),
    usage: usageFromOpenAi(body.usage),
    extra: extraOf(body, ANSWER_FIELDS),
  };
}

interface ChoiceScope {
  readonly at: number;
  /** The answer's. */
  readonly id: string;
  readonly sources: readonly Citation[];
}

function readChoice(choice: JsonObject, { at, id, sources }: ChoiceScope): ChatChoice {
  const message = objectOf(choice, "message");
  if (message === undefined) throw new GatewayError("upstream_invalid_response");
  const details = readReasoningDetails(message);
  const calls = readCalls(message, id, details?.callSignatures ?? NO_SIGNATURES);
  const thinking = details !== null && details.parts.length > 0 ? details.parts : readReasoningText(message);
  const stopSequence = textOf(choice, "stop_reason");
  return {
    index: countOf(choice, "index") ?? at,
    parts: [...thinking, ...readSaid(message, sources), ...calls],
    finish: finishFromOpenAi(textOf(choice, "finish_reason") ?? "", calls.length),
    ...defined({ stopSequence, logprobs: readLogprobs(choice.logprobs) }),
    extra: extraOf(choice, CHOICE_FIELDS),
  };
}

const NO_SIGNATURES: ReadonlyMap<string, Signature> = new Map();

function readSaid(message: JsonObject, sources: readonly Citation[]): readonly AssistantPart[] {
  const text = textOf(message, "content");
  const pieces =
    text === undefined
      ? readContentList(listOf(message, "content") ?? [])
      : [{ type: "text", text } as const];
  const citations = [...readAnnotations(message), ...sources];
  const cited = citations.length === 0 ? {} : { citations };
  const said = pieces
    .filter((piece) => piece.type !== "text" || piece.text !== "")
    .map((piece) => ({ ...piece, extra: NO_EXTRA }));
  const firstText = said.findIndex(({ type }) => type === "text");
  const refusal = textOf(message, "refusal") ?? "";
  return [
    ...said.map((part, at) => (part.type === "text" && at === firstText ? { ...part, ...cited } : part)),
    ...readTranscript(message),
    ...(refusal === "" ? [] : [{ type: "refusal", text: refusal } as const]),
    ...objectsOf(message, "images").flatMap((image) => {
      const source = readImageSource(image);
      return source === null ? [] : [{ type: "image", source, extra: NO_EXTRA } as const];
    }),
  ];
}

/** Sound has its words beside it (OpenAI API reference, `message.audio`); no other wire could carry it. */
function readTranscript(message: JsonObject): readonly TextPart[] {
  const text = textOf(objectOf(message, "audio") ?? {}, "transcript") ?? "";
  return text === "" ? [] : [{ type: "text", text, extra: NO_EXTRA }];
}

type ToolCall = Extract<AssistantPart, { type: "tool-call" }>;

function readCalls(
  message: JsonObject,
  answerId: string,
  signatures: ReadonlyMap<string, Signature>,
): readonly ToolCall[] {
  const legacy = objectOf(message, "function_call");
  const raw = [...objectsOf(message, "tool_calls"), ...(legacy === undefined ? [] : [{ function: legacy }])];
  const ids = new Set<string>();
  return raw.map((call, at) => {
    const called = objectOf(call, "function");
    const name = called === undefined ? undefined : textOf(called, "name");
    if (called === undefined || name === undefined) throw new GatewayError("upstream_invalid_response");
    const given = textOf(call, "id") ?? "";
    const id = given === "" || ids.has(given) ? `call_${answerId}_${at}` : given;
    ids.add(id);
    const signature = signatures.get(id);
    return {
      type: "tool-call",
      id,
      name,
      argumentsJson: wholeArguments(called.arguments),
      ...(signature === undefined ? {} : { signature }),
      extra: NO_EXTRA,
    };
  });
}

/** For a tool without arguments models write "" or `null`. */
function wholeArguments(value: unknown): string {
  const json = argumentsText(value).trim();
  return json === "" || json === "null" ? "{}" : json;
}
