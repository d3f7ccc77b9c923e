import type { MockBehaviour } from "../../behaviour/fields.ts";
import { GEMINI_EVENTS, JSON_ARRAY } from "../../wire/stream-format.ts";
import { hashHex } from "../answer-id.ts";
import type { GenerationEndpoint, PlainAnswer } from "../contract.ts";
import {
  type Finish,
  finishWord,
  type Generation,
  type GenerationRequest,
  generate,
  type ToolCall,
} from "../generation.ts";
import { sign } from "../signature.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { tokenCounts } from "../token-counts.ts";
import { ARRAY_FORM, readGenerateContent, THOUGHTS_SHOWN } from "./request.ts";
import { callContent, GEMINI_CALL_SIGNER, GEMINI_TEXT_SIGNER } from "./signatures.ts";
import { GEMINI } from "./wire.ts";

const FINISH_WORDS: Readonly<Record<Finish, string>> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  tool_calls: "STOP",
  content_filter: "SAFETY",
};

/** `POST …/models/{model}:generateContent`. */
export const GENERATE_CONTENT: GenerationEndpoint = generateContent(false);

/** `POST …/models/{model}:streamGenerateContent`, as events or as one JSON array. */
export const STREAM_GENERATE_CONTENT: GenerationEndpoint = generateContent(true);

function generateContent(stream: boolean): GenerationEndpoint {
  return {
    kind: "generation",
    name: "generate-content",
    wire: () => GEMINI,
    needsTarget: true,
    read: (call) => readGenerateContent(call, stream),
    plain: plainAnswer,
    events: streamEvents,
    format: (request) => (hasForm(request, ARRAY_FORM) ? JSON_ARRAY : GEMINI_EVENTS),
  };
}

function plainAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const said = say(request, behaviour);
  const answer = new GeminiAnswer(request, behaviour, said);
  if (behaviour.promptBlocked) return { body: JSON.stringify(answer.blocked()), completionTokens: 0 };
  const signature = answer.textSignature;
  const parts = [
    ...answer.thoughtParts(),
    ...(said.pieces.length === 0
      ? []
      : [{ text: said.pieces.join(""), ...(signature === "" ? {} : { thoughtSignature: signature }) }]),
    ...said.toolCalls.map((call) => answer.callPart(call)),
  ];
  const usage = behaviour.usage === "off" ? {} : answer.usage(said.completionTokens);
  const body = { ...answer.candidates(parts, true), ...usage, ...answer.tail };
  return { body: JSON.stringify(body), completionTokens: said.completionTokens };
}

function streamEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const said = say(request, behaviour);
  const answer = new GeminiAnswer(request, behaviour, said);
  const list = new EventList();
  const everywhere = behaviour.usage !== "off" && behaviour.usage !== "finish-chunk";
  let tokens = 0;
  const add = (parts: readonly object[], last: boolean): void => {
    const usage = everywhere || (last && behaviour.usage !== "off") ? answer.usage(tokens) : {};
    list.add("", { ...answer.candidates(parts, last), ...usage, ...answer.tail });
  };
  const addToken = (part: object, count: number): void => {
    tokens += count;
    add([part], false);
    for (let token = 0; token < count; token += 1) list.countToken();
  };
  if (behaviour.promptBlocked) {
    list.add("", answer.blocked());
    if (hasForm(request, ARRAY_FORM)) list.add("", "]");
    return list.events;
  }
  // Thoughts that are not shown take their time all the same.
  if (answer.showsThoughts) for (const part of answer.thoughtParts()) addToken(part, 1);
  else for (const _ of said.reasoning) list.countToken();
  tokens = said.reasoning.length;
  for (const text of said.pieces) addToken({ text }, 1);
  for (const call of said.toolCalls) addToken(answer.callPart(call), 1 + call.pieces.length);
  const signature = answer.textSignature;
  add([{ text: "", ...(signature === "" ? {} : { thoughtSignature: signature }) }], true);
  if (behaviour.usage === "twice") list.add("", { ...answer.usage(tokens), ...answer.tail });
  if (hasForm(request, ARRAY_FORM)) list.add("", "]");
  return list.events;
}

/** The parts that all chunks of one answer share. */
class GeminiAnswer {
  readonly tail: object;
  readonly showsThoughts: boolean;
  /** Signature on the end of a text that was thought about; "" for none. */
  readonly textSignature: string;
  readonly #request: GenerationRequest;
  readonly #behaviour: MockBehaviour;
  readonly #said: Generation;

  constructor(request: GenerationRequest, behaviour: MockBehaviour, said: Generation) {
    this.#request = request;
    this.#behaviour = behaviour;
    this.#said = said;
    this.tail = { modelVersion: request.model, responseId: `mock${hashHex(request.model)}` };
    this.showsThoughts = hasForm(request, THOUGHTS_SHOWN);
    const signs = said.reasoning.length > 0 && said.toolCalls.length === 0;
    this.textSignature = signs ? sign(GEMINI_TEXT_SIGNER, said.pieces.join("")) : "";
  }

  candidates(parts: readonly object[], last: boolean): object {
    const { finish } = this.#said;
    const finishReason =
      last && finish !== null ? finishWord(finish, FINISH_WORDS, this.#behaviour) : undefined;
    const candidates = Array.from({ length: this.#request.choices }, (_, index) => ({
      content: { parts, role: "model" },
      ...(finishReason === undefined ? {} : { finishReason }),
      index,
    }));
    return { candidates };
  }

  /** The answer to a prompt that was blocked: why, and what it took to see it. */
  blocked(): object {
    const { promptTokens } = this.#behaviour;
    return {
      promptFeedback: { blockReason: "SAFETY", safetyRatings: [] },
      usageMetadata: { promptTokenCount: promptTokens, totalTokenCount: promptTokens },
      ...this.tail,
    };
  }

  thoughtParts(): object[] {
    const { reasoning } = this.#said;
    if (!this.showsThoughts || reasoning.length === 0) return [];
    if (!this.#request.stream) return [{ text: reasoning.join(""), thought: true }];
    return reasoning.map((text) => ({ text, thought: true }));
  }

  /** Only the first call of a step is signed, as Gemini 3 does. */
  callPart(call: ToolCall): object {
    const signs = this.#said.reasoning.length > 0 && call.index === 0;
    const signature = signs ? sign(GEMINI_CALL_SIGNER, callContent(call.name, call.arguments)) : undefined;
    return {
      functionCall: { name: call.name, args: call.arguments },
      ...(signature === undefined ? {} : { thoughtSignature: signature }),
    };
  }

  /** Usage after so many tokens; thoughts count apart from the candidates, and all of them from the start. */
  usage(tokens: number): object {
    const { prompt, cached, reasoning } = tokenCounts(this.#behaviour, this.#said);
    const candidates = Math.max(0, tokens - reasoning) * this.#request.choices;
    return {
      usageMetadata: {
        promptTokenCount: prompt,
        ...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
        candidatesTokenCount: candidates,
        totalTokenCount: prompt + candidates + reasoning,
        promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }],
        ...(reasoning > 0 ? { thoughtsTokenCount: reasoning } : {}),
      },
    };
  }
}

function say(request: GenerationRequest, behaviour: MockBehaviour): Generation {
  return generate(request, behaviour, behaviour.requireSignatures);
}

function hasForm(request: GenerationRequest, form: string): boolean {
  return request.variant.split(",").includes(form);
}
