import type { MockBehaviour } from "../../behaviour/fields.ts";
import { AWS_EVENT_STREAM } from "../../wire/event-stream.ts";
import { toolCallId } from "../answer-id.ts";
import { CLAUDE_SIGNER, REDACTED_SIGNER } from "../anthropic/history.ts";
import type { GenerationEndpoint, PlainAnswer } from "../contract.ts";
import {
  type Finish,
  finishWord,
  type Generation,
  type GenerationRequest,
  generate,
  type ToolCall,
  type ToolStep,
  toolSteps,
} from "../generation.ts";
import { sign } from "../signature.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { tokenCounts } from "../token-counts.ts";
import { readConverse } from "./request.ts";
import { BEDROCK } from "./wire.ts";

const FINISH_WORDS: Readonly<Record<Finish, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "content_filtered",
};
const METRICS = { metrics: { latencyMs: 1 } };
/** Real deltas have padding, so that their length does not tell their content. */
const PADDING = { p: "abcdefghijkl" };

/** `POST /model/{id}/converse`. */
export const CONVERSE: GenerationEndpoint = converse(false);

/** `POST /model/{id}/converse-stream`. */
export const CONVERSE_STREAM: GenerationEndpoint = converse(true);

function converse(stream: boolean): GenerationEndpoint {
  return {
    kind: "generation",
    name: "converse",
    wire: () => BEDROCK,
    needsTarget: true,
    read: (call) => readConverse(call, stream),
    plain: plainAnswer,
    events: streamEvents,
    format: () => AWS_EVENT_STREAM,
  };
}

function plainAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const said = say(request, behaviour);
  const content = [
    ...reasoningBlocks(said, behaviour),
    ...(said.pieces.length === 0 ? [] : [{ text: said.pieces.join("") }]),
    ...said.toolCalls.map((call) => ({ toolUse: { ...toolUse(call), input: call.arguments } })),
  ];
  const body = {
    output: { message: { role: "assistant", content } },
    stopReason: stopReason(said, behaviour),
    ...usageOf(behaviour, said),
    ...METRICS,
  };
  return { body: JSON.stringify(body), completionTokens: said.completionTokens };
}

function streamEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const said = say(request, behaviour);
  const list = new EventList();
  list.add("messageStart", { role: "assistant", ...PADDING });
  let index = 0;
  const addDelta = (contentBlockIndex: number, delta: object): void => {
    list.add("contentBlockDelta", { contentBlockIndex, delta, ...PADDING });
  };
  const addBlock = (deltas: readonly object[], ending?: object): void => {
    if (deltas.length === 0) return;
    for (const delta of deltas) {
      addDelta(index, delta);
      list.countToken();
    }
    if (ending !== undefined) addDelta(index, ending);
    list.add("contentBlockStop", { contentBlockIndex: index, ...PADDING });
    index += 1;
  };
  if (behaviour.redactedThinking) {
    addBlock(reasoningBlocks(said, behaviour));
  } else {
    const thoughts = said.reasoning.map((text) => ({ reasoningContent: { text } }));
    addBlock(thoughts, { reasoningContent: { signature: sign(CLAUDE_SIGNER, said.reasoning.join("")) } });
  }
  addBlock(said.pieces.map((text) => ({ text })));
  for (const step of toolSteps(said.toolCalls, behaviour.interleaveToolCalls)) addToolStep(list, step, index);
  addEnd(list, said, behaviour);
  return list.events;
}

function addToolStep(list: EventList, step: ToolStep, firstIndex: number): void {
  const contentBlockIndex = firstIndex + step.call.index;
  if (step.kind === "start") {
    list.addToken("contentBlockStart", {
      contentBlockIndex,
      start: { toolUse: toolUse(step.call) },
      ...PADDING,
    });
  } else if (step.kind === "end") {
    list.add("contentBlockStop", { contentBlockIndex, ...PADDING });
  } else {
    // No arguments at all are streamed as an empty text.
    const input = step.piece === "{}" ? "" : step.piece;
    list.addToken("contentBlockDelta", { contentBlockIndex, delta: { toolUse: { input } }, ...PADDING });
  }
}

/** The stop reason, then the usage; asked for in the finish event, it comes before as some models send it. */
function addEnd(list: EventList, said: Generation, behaviour: MockBehaviour): void {
  const metadata = { ...usageOf(behaviour, said), ...METRICS, ...PADDING };
  const early = behaviour.usage === "finish-chunk" || behaviour.usage === "twice";
  if (early) list.add("metadata", metadata);
  const reason = stopReason(said, behaviour);
  if (reason !== null) list.add("messageStop", { stopReason: reason, ...PADDING });
  if (behaviour.usage !== "finish-chunk") list.add("metadata", metadata);
}

function reasoningBlocks(said: Generation, { redactedThinking }: MockBehaviour): object[] {
  const text = said.reasoning.join("");
  if (text === "") return [];
  const reasoningContent = redactedThinking
    ? { redactedContent: sign(REDACTED_SIGNER, text) }
    : { reasoningText: { text, signature: sign(CLAUDE_SIGNER, text) } };
  return [{ reasoningContent }];
}

function say(request: GenerationRequest, behaviour: MockBehaviour): Generation {
  return generate(request, behaviour, behaviour.requireSignatures);
}

function stopReason(said: Generation, behaviour: MockBehaviour): string | null {
  return said.finish === null ? null : finishWord(said.finish, FINISH_WORDS, behaviour);
}

function toolUse(call: ToolCall): object {
  return { toolUseId: toolCallId("tooluse_mock", call.number, 20), name: call.name };
}

/** Bedrock counts what a cache gave or took apart from the input, and both in the total. */
function usageOf(behaviour: MockBehaviour, said: Generation): object {
  if (behaviour.usage === "off") return {};
  const { prompt, uncached, cached, cacheWrite5m, cacheWrite1h, completion } = tokenCounts(behaviour, said);
  return {
    usage: {
      inputTokens: uncached,
      outputTokens: completion,
      totalTokens: prompt + completion,
      cacheReadInputTokens: cached,
      cacheWriteInputTokens: cacheWrite5m + cacheWrite1h,
    },
  };
}
