/** Streams as each provider writes them, all saying the same; see core's sample stream for OpenAI's chat. */
import { sampleText, sampleWord } from "@headrace/core/testing/sample-stream";

/** The events of Anthropic's Messages stream with so many deltas of text. */
export function messagesStreamEvents(chunks: number): Buffer[] {
  const model = "claude-sonnet-4-5-20250929";
  const usage = {
    input_tokens: 21,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: 1,
  };
  const message = {
    model,
    id: "msg_01AyVJTeGV4nLCBtSBjNqMz8",
    type: "message",
    role: "assistant",
    content: [],
  };
  return typedEvents([
    { type: "message_start", message: { ...message, stop_reason: null, stop_sequence: null, usage } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...numbered(chunks, (text) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text },
    })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { ...usage, output_tokens: 3 * chunks },
    },
    { type: "message_stop" },
  ]);
}

/** The events of Gemini's `streamGenerateContent` with so many pieces of text. */
export function generateStreamEvents(chunks: number): Buffer[] {
  const facts = { modelVersion: "gemini-2.5-pro", responseId: "q7wLaMillRaceR3spGemini" };
  const event = (text: string, tokens: number, end: object): object => ({
    candidates: [{ content: { parts: [{ text }], role: "model" }, ...end, index: 0 }],
    usageMetadata: {
      promptTokenCount: 21,
      candidatesTokenCount: tokens,
      totalTokenCount: 21 + tokens,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: 21 }],
    },
    ...facts,
  });
  return [
    ...numbered(chunks, (text, chunk) => event(text, 3 * (chunk + 1), {})),
    event("", 3 * chunks, { finishReason: "STOP" }),
  ].map((data) => Buffer.from(`data: ${JSON.stringify(data)}\n\n`));
}

/** The events of OpenAI's Responses stream with so many deltas of text. */
export function responsesStreamEvents(chunks: number): Buffer[] {
  const itemId = "msg_729fae923d5a4fd12aabfe228f219e9cb0eb53f16947ccf2";
  const at = { item_id: itemId, output_index: 0, content_index: 0 };
  const part = (text: string): object => ({ type: "output_text", annotations: [], logprobs: [], text });
  const item = (status: string, content: readonly object[]): object => {
    return { id: itemId, type: "message", status, content, role: "assistant" };
  };
  const response = (status: string, more: object): object => ({
    id: "resp_a4c123b1612dd272d1371c17149d439536b3216fdaeeb975",
    object: "response",
    created_at: 1_790_000_000,
    status,
    error: null,
    incomplete_details: null,
    model: "gpt-5.1-2025-11-13",
    ...more,
  });
  const text = sampleText(chunks);
  const usage = { input_tokens: 21, output_tokens: 3 * chunks, total_tokens: 21 + 3 * chunks };
  const done = item("completed", [part(text)]);
  return typedEvents([
    { type: "response.created", response: response("in_progress", { output: [], usage: null }) },
    { type: "response.in_progress", response: response("in_progress", { output: [], usage: null }) },
    { type: "response.output_item.added", output_index: 0, item: item("in_progress", []) },
    { type: "response.content_part.added", ...at, part: part("") },
    ...numbered(chunks, (delta) => ({ type: "response.output_text.delta", ...at, delta, logprobs: [] })),
    { type: "response.output_text.done", ...at, text, logprobs: [] },
    { type: "response.content_part.done", ...at, part: part(text) },
    { type: "response.output_item.done", output_index: 0, item: done },
    { type: "response.completed", response: response("completed", { output: [done], usage }) },
  ]);
}

function numbered(chunks: number, write: (text: string, chunk: number) => object): object[] {
  return Array.from({ length: chunks }, (_, chunk) => write(sampleWord(chunk), chunk));
}

/** Events that name their type on a line of its own too. */
function typedEvents(events: readonly object[]): Buffer[] {
  return events.map((event) =>
    Buffer.from(`event: ${"type" in event ? event.type : ""}\ndata: ${JSON.stringify(event)}\n\n`),
  );
}
