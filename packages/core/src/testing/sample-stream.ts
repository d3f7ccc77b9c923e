/** Streams for benches, of the size that real ones have. */
import { Buffer } from "node:buffer";

/** What the chunks of a sample say, in turn. */
const SAMPLE_WORDS: readonly string[] = ["The weir", " at Oberau", " is open", ", and the", " wheel turns."];

/** The text of the chunk with this number. */
export function sampleWord(chunk: number): string {
  return SAMPLE_WORDS[chunk % SAMPLE_WORDS.length] ?? "";
}

/** All that a sample of so many chunks says. */
export function sampleText(chunks: number): string {
  return Array.from({ length: chunks }, (_, chunk) => sampleWord(chunk)).join("");
}

/** The events of OpenAI's chat stream: one with the role, so many with text, the finish, the usage and `[DONE]`. */
export function chatStreamEvents(chunks: number): Buffer[] {
  const words = Array.from({ length: chunks }, (_, chunk) =>
    chatChoice({ content: sampleWord(chunk) }, null),
  );
  const usage = { prompt_tokens: 21, completion_tokens: 3 * chunks, total_tokens: 21 + 3 * chunks };
  const events = [
    chatChoice({ role: "assistant", content: "", refusal: null }, null),
    ...words,
    chatChoice({}, "stop"),
    { ...CHAT_CHUNK, choices: [], usage },
  ];
  return [...events.map((event) => JSON.stringify(event)), "[DONE]"].map((data) =>
    Buffer.from(`data: ${data}\n\n`),
  );
}

/** The same bytes in pieces of this size, wherever that cuts them. */
export function cutEvery(bytes: Buffer, pieceBytes: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += pieceBytes)
    pieces.push(bytes.subarray(start, start + pieceBytes));
  return pieces;
}

const CHAT_CHUNK = {
  id: "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
  object: "chat.completion.chunk",
  created: 1_790_000_000,
  model: "gpt-4.1-2025-04-14",
  service_tier: "default",
  system_fingerprint: "fp_f7a584cf1f",
};

function chatChoice(delta: object, finishReason: string | null): object {
  return {
    ...CHAT_CHUNK,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    usage: null,
  };
}
