import type { MockBehaviour } from "../../behaviour/fields.ts";
import { type ToolCall, toolSteps } from "../generation.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import type { OutputItem, ResponseDraft } from "./response.ts";

/** Writes a response as the events that OpenAI sends for it, each with its number. */
export function responseEvents(draft: ResponseDraft, behaviour: MockBehaviour): readonly StreamEvent[] {
  const stream = new ResponseStream();
  stream.add("response.created", { response: draft.body("in_progress", []) });
  stream.add("response.in_progress", { response: draft.body("in_progress", []) });
  const { reasoning, pieces, toolCalls } = draft.said;
  let index = 0;
  if (reasoning.length > 0) addReasoning(stream, draft, index++);
  if (pieces.length > 0) addMessage(stream, draft, index++);
  addCalls(stream, draft, { firstIndex: index, calls: toolCalls, interleave: behaviour.interleaveToolCalls });
  const { ending } = draft;
  if (ending !== undefined) {
    stream.add(`response.${ending.status}`, { response: draft.body(ending.status, draft.items()) });
  }
  return stream.list.events;
}

/** Events with their type inside too, and numbers. */
class ResponseStream {
  readonly list: EventList = new EventList();

  add(type: string, members: object): void {
    this.list.add(type, { type, sequence_number: this.list.events.length, ...members });
  }

  token(type: string, members: object): void {
    this.add(type, members);
    this.list.countToken();
  }
}

function addReasoning(stream: ResponseStream, draft: ResponseDraft, outputIndex: number): void {
  const item = draft.reasoningItem();
  const { encrypted_content: _, ...begun } = item;
  const place = { item_id: item.id, output_index: outputIndex, summary_index: 0 };
  stream.add("response.output_item.added", { output_index: outputIndex, item: { ...begun, summary: [] } });
  if (draft.showsSummary) {
    const text = draft.said.reasoning.join("");
    stream.add("response.reasoning_summary_part.added", {
      ...place,
      part: { type: "summary_text", text: "" },
    });
    for (const delta of draft.said.reasoning) {
      stream.token("response.reasoning_summary_text.delta", { ...place, delta });
    }
    stream.add("response.reasoning_summary_text.done", { ...place, text });
    stream.add("response.reasoning_summary_part.done", { ...place, part: { type: "summary_text", text } });
  } else {
    for (const _ of draft.said.reasoning) stream.list.countToken();
  }
  stream.add("response.output_item.done", { output_index: outputIndex, item });
}

function addMessage(stream: ResponseStream, draft: ResponseDraft, outputIndex: number): void {
  const item = draft.messageItem();
  const text = draft.said.pieces.join("");
  const place = { item_id: item.id, output_index: outputIndex, content_index: 0 };
  const part = { type: "output_text", annotations: [], logprobs: [], text };
  const begun = { ...item, status: "in_progress", content: [] };
  stream.add("response.output_item.added", { output_index: outputIndex, item: begun });
  stream.add("response.content_part.added", { ...place, part: { ...part, text: "" } });
  for (const delta of draft.said.pieces) {
    stream.token("response.output_text.delta", { ...place, delta, logprobs: [] });
  }
  stream.add("response.output_text.done", { ...place, text, logprobs: [] });
  stream.add("response.content_part.done", { ...place, part });
  stream.add("response.output_item.done", { output_index: outputIndex, item });
}

interface CallPlan {
  readonly firstIndex: number;
  readonly calls: readonly ToolCall[];
  readonly interleave: boolean;
}

function addCalls(stream: ResponseStream, draft: ResponseDraft, plan: CallPlan): void {
  for (const step of toolSteps(plan.calls, plan.interleave)) {
    const item = draft.callItem(step.call);
    const names = draft.isCustom(step.call) ? CUSTOM_NAMES : FUNCTION_NAMES;
    const place = { item_id: item.id, output_index: plan.firstIndex + step.call.index };
    if (step.kind === "start") {
      stream.token("response.output_item.added", {
        output_index: place.output_index,
        item: begunCall(item, names),
      });
    } else if (step.kind === "arguments") {
      stream.token(`response.${names.event}.delta`, { ...place, delta: step.piece });
    } else {
      stream.add(`response.${names.event}.done`, { ...place, [names.member]: item[names.member] });
      stream.add("response.output_item.done", { output_index: place.output_index, item });
    }
  }
}

const FUNCTION_NAMES = { event: "function_call_arguments", member: "arguments" };
const CUSTOM_NAMES = { event: "custom_tool_call_input", member: "input" };

function begunCall(item: OutputItem, names: typeof FUNCTION_NAMES): object {
  return { ...item, status: "in_progress", [names.member]: "" };
}
