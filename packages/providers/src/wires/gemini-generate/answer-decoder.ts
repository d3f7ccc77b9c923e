import type { AssistantPart, ChatAnswer, ChatChoice } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type Signature } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, defined, extraOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { isJsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { finishFromGemini, hasFinished } from "./finish-reasons.ts";
import { readCitations } from "./grounding.ts";
import { readLogprobs } from "./logprobs.ts";
import { kindOfType, readMedia, typeOfSource } from "./media.ts";
import { readProviderError } from "./provider-errors.ts";
import { readThoughtSignature } from "./signatures.ts";
import { usageFromGemini } from "./usage.ts";

const KNOWN: ReadonlySet<string> = new Set(["candidates", "usageMetadata", "modelVersion", "responseId"]);
const KNOWN_OF_CANDIDATE: ReadonlySet<string> = new Set([
  "content",
  "finishReason",
  "index",
  "groundingMetadata",
  "citationMetadata",
  "logprobsResult",
]);

/** @throws GatewayError `upstream_invalid_response` */
export function decodeAnswer(body: JsonObject): ChatAnswer {
  if (body.error !== undefined) throw invalid(readProviderError(body).message);
  const id = textOf(body, "responseId") ?? "";
  const candidates = objectsOf(body, "candidates");
  const blocked = candidates.length === 0 ? blockedPrompt(body) : null;
  if (candidates.length === 0 && blocked === null) throw invalid("It has neither candidates nor a reason.");
  const ids = new CallIds(id);
  return {
    wire: "gemini-generate",
    id,
    model: textOf(body, "modelVersion") ?? "",
    createdAtSeconds: readCreatedAt(body),
    choices: blocked === null ? candidates.map((candidate, at) => readChoice(candidate, at, ids)) : [blocked],
    usage: usageFromGemini(body.usageMetadata),
    extra: extraOf(body, KNOWN),
  };
}

/** Vertex tells when; RFC 3339. */
export function readCreatedAt(body: JsonObject): number | null {
  const createdAtMs = Date.parse(textOf(body, "createTime") ?? "");
  return Number.isNaN(createdAtMs) ? null : Math.floor(createdAtMs / 1000);
}

/** Why there is no answer at all, in Google's words; null for a prompt that was not blocked. */
export function readBlock(body: JsonObject): { readonly words: string | undefined } | null {
  const feedback = objectOf(body, "promptFeedback");
  const reason = feedback === undefined ? undefined : textOf(feedback, "blockReason");
  if (feedback === undefined || reason === undefined || /^BLOCK(ED)?_REASON_UNSPECIFIED$/.test(reason))
    return null;
  return { words: textOf(feedback, "blockReasonMessage") };
}

/** Ids for calls that have none: the same for the same answer, and of their own in a conversation. */
export class CallIds {
  readonly #prefix: string;
  #count = 0;

  constructor(responseId: string) {
    // Other wires take 40 characters, none of them special (OpenAI API reference, chat, tool_call_id).
    this.#prefix = responseId.replace(/[^a-zA-Z0-9]/g, "").slice(0, 28);
  }

  /** Calls given out so far, those with an id of their own among them. */
  get count(): number {
    return this.#count;
  }

  next(call: JsonObject, name: string): string {
    const index = this.#count++;
    const id = textOf(call, "id") ?? "";
    if (id !== "") return id;
    return this.#prefix === "" ? `call_${index}_${name}` : `call_${this.#prefix}_${index}`;
  }
}

/** The JSON that the model gave by the function that stands for an answer; null for a client's function. */
export function jsonAnswerIn(name: string, args: JsonObject): string | null {
  return isJsonAnswerTool(name) ? JSON.stringify(args) : null;
}

function blockedPrompt(body: JsonObject): ChatChoice | null {
  const block = readBlock(body);
  if (block === null) return null;
  const parts: AssistantPart[] = block.words === undefined ? [] : [{ type: "refusal", text: block.words }];
  return { index: 0, parts, finish: "content-filter", extra: NO_EXTRA };
}

function readChoice(candidate: JsonObject, at: number, ids: CallIds): ChatChoice {
  const content = objectOf(candidate, "content") ?? {};
  const placed: PlacedPart[] = [];
  for (const [place, raw] of objectsOf(content, "parts").entries()) {
    const part = readPart(raw, ids);
    if (part !== null) placed.push({ place, part });
  }
  const reason = candidate.finishReason;
  const hasCalls = placed.some(({ part }) => part.type === "tool-call");
  return {
    index: countOf(candidate, "index") ?? at,
    parts: withCitations(placed, candidate),
    finish: hasFinished(reason) ? finishFromGemini(reason, hasCalls) : "other",
    ...defined({ logprobs: readLogprobs(candidate) }),
    extra: extraOf(candidate, KNOWN_OF_CANDIDATE),
  };
}

/** A part and where it stood, for Google's citations count the parts that are left out here too. */
interface PlacedPart {
  readonly place: number;
  readonly part: AssistantPart;
}

function readPart(part: JsonObject, ids: CallIds): AssistantPart | null {
  const proof = textOf(part, "thoughtSignature") ?? "";
  const { signature, redacted } = proof === "" ? {} : readThoughtSignature(proof);
  if (isJsonObject(part.functionCall)) return readCall(part.functionCall, signature, ids);
  const text = textOf(part, "text");
  if (part.thought === true && (text !== undefined || redacted !== undefined))
    return { type: "thinking", text: text ?? "", ...defined({ signature, redacted }), extra: NO_EXTRA };
  const source = readMedia(part);
  if (source !== null) {
    const kind = kindOfType(typeOfSource(source));
    if (kind !== "file") return { type: kind, source, extra: NO_EXTRA };
  } else if (text !== undefined || Object.keys(part).every((name) => name === "thoughtSignature")) {
    if (!text && signature === undefined) return null;
    return { type: "text", text: text ?? "", ...defined({ signature }), extra: NO_EXTRA };
  }
  return { type: "opaque", wire: "gemini-generate", raw: part };
}

function readCall(call: JsonObject, signature: Signature | undefined, ids: CallIds): AssistantPart {
  const name = textOf(call, "name");
  if (name === undefined) throw invalid("It calls a function without a name.");
  const args = objectOf(call, "args") ?? {};
  const answer = jsonAnswerIn(name, args);
  const proof = defined({ signature });
  if (answer !== null) return { type: "text", text: answer, ...proof, extra: NO_EXTRA };
  const id = ids.next(call, name);
  return { type: "tool-call", id, name, argumentsJson: JSON.stringify(args), ...proof, extra: NO_EXTRA };
}

/** Puts each citation to the text that it is of; one of a part that is no text goes to the first that is. */
function withCitations(placed: readonly PlacedPart[], candidate: JsonObject): readonly AssistantPart[] {
  const texts = placed.flatMap(({ place, part }) =>
    part.type === "text" ? [{ place, text: part.text }] : [],
  );
  const textByPlace = new Map(texts.map(({ place, text }) => [place, text]));
  const cited = readCitations(candidate, { textOfPart: (place) => textByPlace.get(place) ?? null });
  const first = texts[0]?.place;
  return placed.map(({ place, part }) => {
    const own = cited.filter(({ part: at }) => place === (textByPlace.has(at) ? at : first));
    if (part.type !== "text" || own.length === 0) return part;
    return { ...part, citations: own.map(({ citation }) => citation) };
  });
}

function invalid(message: string): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: `The model provider's answer is none of generateContent. ${message}`,
  });
}
