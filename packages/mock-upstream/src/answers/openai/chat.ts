import type { MockBehaviour } from "../../behaviour/fields.ts";
import { DATA_EVENTS } from "../../wire/stream-format.ts";
import type { GenerationEndpoint, PlainAnswer } from "../contract.ts";
import {
  finishWord,
  type Generation,
  type GenerationRequest,
  generate,
  type ToolCall,
  toolSteps,
} from "../generation.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { type TokenCounts, tokenCounts } from "../token-counts.ts";
import { answerHead, CHAT_FLAVOURS, type ChatFlavour } from "./flavours.ts";
import { readChat } from "./request.ts";
import { type StreamUsage, streamUsage } from "./usage.ts";
import { openAiWire } from "./wire.ts";

const FINISH_WORDS = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
};

/** `POST /v1/chat/completions`, in any flavour. */
export const CHAT: GenerationEndpoint = {
  kind: "generation",
  name: "chat",
  wire: openAiWire,
  needsTarget: false,
  read: readChat,
  plain: chatAnswer,
  events: chatEvents,
  format: () => DATA_EVENTS,
};

function chatAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const flavour = CHAT_FLAVOURS[behaviour.flavour];
  const said = say(request, behaviour);
  const calls = said.toolCalls.length > 0;
  const text = calls && said.pieces.length === 0 ? null : said.pieces.join("");
  const message = {
    ...flavour.message(text, said.reasoning.join("")),
    ...(calls ? { tool_calls: said.toolCalls.map((call) => wireToolCall(call, flavour)) } : {}),
    ...(behaviour.flavour === "openai" ? { refusal: null, annotations: [] } : {}),
  };
  const usage = flavour.usage(countsOf(request, behaviour, said));
  const body = {
    ...answerHead("chat.completion", request.model),
    choices: Array.from({ length: request.choices }, (_, index) => ({
      index,
      message,
      ...flavour.choiceExtras,
      finish_reason: said.finish === null ? null : finishWord(said.finish, FINISH_WORDS, behaviour),
    })),
    ...(behaviour.usage === "off" ? {} : { usage }),
    ...flavour.extras,
    ...flavour.firstExtras,
    ...(flavour.leadingChunk === undefined ? {} : promptFilterOf(flavour.leadingChunk)),
  };
  return { body: JSON.stringify(body), completionTokens: said.completionTokens };
}

function chatEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const said = say(request, behaviour);
  const stream = new ChatStream(request, behaviour, countsOf(request, behaviour, said));
  stream.begin(said.toolCalls.length > 0 && said.pieces.length === 0);
  for (const piece of said.reasoning) stream.token(stream.flavour.reasoningDelta(piece));
  for (const piece of said.pieces) stream.token({ content: piece });
  const finish = said.finish === null ? undefined : finishWord(said.finish, FINISH_WORDS, behaviour);
  const inFinish = stream.flavour.toolCalls === "in-finish-event" && said.toolCalls.length > 0;
  if (!inFinish) {
    for (const delta of toolDeltas(said.toolCalls, stream.flavour, behaviour)) stream.token(delta);
  }
  stream.end(finish, inFinish ? wholeCalls(said.toolCalls, stream.flavour) : stream.flavour.finishDelta);
  if (behaviour.done) stream.list.add("", "[DONE]");
  return stream.list.events;
}

/** Puts deltas into chunks as the flavour does. */
class ChatStream {
  readonly list: EventList = new EventList();
  readonly flavour: ChatFlavour;
  readonly #request: GenerationRequest;
  readonly #counts: TokenCounts;
  readonly #places: StreamUsage;
  readonly #head: object;
  readonly #usageOnEveryChunk: boolean;
  #tokens = 0;

  constructor(request: GenerationRequest, behaviour: MockBehaviour, counts: TokenCounts) {
    const flavour = CHAT_FLAVOURS[behaviour.flavour];
    this.flavour = flavour;
    this.#request = request;
    this.#counts = counts;
    this.#places = streamUsage(behaviour.usage, flavour.places(request.includeUsage));
    this.#head = answerHead("chat.completion.chunk", request.model);
    this.#usageOnEveryChunk =
      behaviour.usage === "auto" &&
      (flavour.usageOnEveryChunk || (behaviour.flavour === "vllm" && request.variant === "continuous-usage"));
  }

  begin(callsOnly: boolean): void {
    if (this.flavour.leadingChunk !== undefined) this.list.add("", this.flavour.leadingChunk);
    this.#add(this.flavour.roleDelta(callsOnly), undefined, this.flavour.firstExtras);
  }

  token(delta: object): void {
    this.#add({ ...this.flavour.deltaExtras, ...delta }, undefined, {});
    this.list.countToken();
    this.#tokens += 1;
  }

  end(finish: string | undefined, delta: object): void {
    const usage = this.flavour.usage(this.#counts);
    const withUsage = { usage, ...this.flavour.besideUsage(usage) };
    if (finish !== undefined) {
      const extra = this.#places.inFinishEvent ? withUsage : {};
      this.#add(delta, finish, { object: this.flavour.lastObject, ...extra });
    }
    if (this.#places.inExtraEvent) this.list.add("", { ...this.#chunk([]), ...withUsage });
  }

  #add(delta: object, finish: string | undefined, extra: object): void {
    const { choiceExtras, nullFinish } = this.flavour;
    const reason = finish === undefined && !nullFinish ? {} : { finish_reason: finish ?? null };
    for (let index = 0; index < this.#request.choices; index += 1) {
      this.list.add("", { ...this.#chunk([{ index, delta, ...choiceExtras, ...reason }]), ...extra });
    }
  }

  #chunk(choices: readonly object[]): object {
    const { nullElsewhere } = this.#places;
    const usage = this.#usageOnEveryChunk
      ? { usage: this.flavour.usage(countsSoFar(this.#counts, this.#tokens)) }
      : nullElsewhere
        ? { usage: null }
        : {};
    return { ...this.#head, ...this.flavour.extras, choices, ...usage };
  }
}

function say(request: GenerationRequest, behaviour: MockBehaviour): Generation {
  return generate(request, behaviour, behaviour.requireReasoningEcho);
}

/** Each choice is generated by itself; the prompt and the thought before it count once. */
function countsOf(request: GenerationRequest, behaviour: MockBehaviour, said: Generation): TokenCounts {
  return tokenCounts(behaviour, { ...said, completionTokens: said.completionTokens * request.choices });
}

function countsSoFar(counts: TokenCounts, tokens: number): TokenCounts {
  const completion = Math.min(counts.completion, tokens + 1);
  const reasoning = Math.min(counts.reasoning, completion);
  return { ...counts, completion, reasoning, visible: completion - reasoning };
}

/** Deltas of the calls: as OpenAI sends them, id and name once, then the arguments in pieces; or each call whole. */
function toolDeltas(calls: readonly ToolCall[], flavour: ChatFlavour, behaviour: MockBehaviour): object[] {
  if (flavour.toolCalls !== "pieces") return calls.map((call) => wholeCalls([call], flavour));
  return toolSteps(calls, behaviour.interleaveToolCalls).flatMap((step) => {
    const { index } = step.call;
    if (step.kind === "start") return [{ tool_calls: [streamedCall(step.call, flavour, "")] }];
    if (step.kind === "end" || (step.piece === "{}" && flavour.noArguments === "")) return [];
    return [{ tool_calls: [{ index, function: { arguments: step.piece } }] }];
  });
}

function wholeCalls(calls: readonly ToolCall[], flavour: ChatFlavour): object {
  const content = flavour.toolCalls === "in-finish-event" ? { content: null } : {};
  return {
    ...content,
    tool_calls: calls.map((call) => streamedCall(call, flavour, argumentsOf(call, flavour))),
  };
}

function streamedCall(call: ToolCall, flavour: ChatFlavour, args: string): object {
  const { index, ...type }: { index?: number } = flavour.callExtras(call.index);
  return {
    ...(index === undefined ? {} : { index }),
    id: flavour.toolId(call.number),
    ...type,
    function: { name: call.name, arguments: args },
  };
}

function wireToolCall(call: ToolCall, flavour: ChatFlavour): object {
  const args = argumentsOf(call, flavour);
  return {
    id: flavour.toolId(call.number),
    type: "function",
    function: { name: call.name, arguments: args },
  };
}

function argumentsOf(call: ToolCall, flavour: ChatFlavour): string {
  const json = call.pieces.join("");
  return json === "{}" ? flavour.noArguments : json;
}

function promptFilterOf(leadingChunk: object): object {
  const results: unknown = Reflect.get(leadingChunk, "prompt_filter_results");
  return { prompt_filter_results: results };
}
