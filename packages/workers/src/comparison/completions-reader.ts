import type { ChatAnswer, ChatChoice, FinishReason } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder } from "@headrace/core/wire/chat-codec";
import type { ChatReader } from "./answer-content.ts";

/** OpenAI API reference, "The completion object"; no provider is asked on this wire, so that there is no codec for it. */
const FINISH_REASONS: ReadonlyMap<unknown, FinishReason> = new Map<unknown, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content-filter"],
]);
const DONE = "[DONE]";

/** Reads text completions as their clients do. */
export const completionsReader: ChatReader = {
  decodeAnswer(body): ChatAnswer {
    return {
      wire: "openai-completions",
      id: "",
      model: "",
      createdAtSeconds: null,
      choices: choicesOf(body).map(
        ({ index, text, finish }): ChatChoice => ({
          index,
          parts: [{ type: "text", text, extra: NO_EXTRA }],
          finish: finish ?? "other",
          extra: NO_EXTRA,
        }),
      ),
      usage: null,
      extra: NO_EXTRA,
    };
  },
  createStreamDecoder: (emit) => new CompletionsStream(emit),
};

class CompletionsStream implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  #finished = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push({ data }: { readonly data: string }): void {
    if (data === DONE) return;
    const chunk: unknown = JSON.parse(data);
    if (!isJsonObject(chunk)) throw new Error("a chunk that is no object");
    if (chunk.error !== undefined) this.#emit({ type: "error", message: "", status: null });
    for (const { index, text, finish } of choicesOf(chunk)) {
      this.#emit({ type: "text-delta", choice: index, text });
      if (finish === null) continue;
      this.#finished = true;
      this.#emit({ type: "finish", choice: index, reason: finish });
    }
  }

  end(): boolean {
    return this.#finished;
  }
}

interface ReadChoice {
  readonly index: number;
  readonly text: string;
  readonly finish: FinishReason | null;
}

function choicesOf({ choices }: JsonObject): ReadChoice[] {
  const list: readonly unknown[] = Array.isArray(choices) ? choices : [];
  return list.filter(isJsonObject).map(({ index, text, finish_reason: finish }) => ({
    index: typeof index === "number" ? index : 0,
    text: typeof text === "string" ? text : "",
    finish: typeof finish === "string" ? (FINISH_REASONS.get(finish) ?? "other") : null,
  }));
}
