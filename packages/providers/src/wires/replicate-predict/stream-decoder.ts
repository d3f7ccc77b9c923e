import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { parseJsonObject } from "../../json/read.ts";
import { decodePrediction } from "./answer-decoder.ts";

/**
 * A stream of one piece. Replicate streams from another address, which the prediction's own answer names; a gateway's call
 * is one request, so it waits for the whole answer and gives it out at once. The whole answer is one line of JSON, and thus
 * one frame.
 */
export class PredictionStreamDecoder implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  #closed = false;
  #finished = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push({ data }: StreamFrame): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#tell(data);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const { happened, status } = error.toWire();
      this.#emit({ type: "error", message: happened, status });
    }
  }

  end(): boolean {
    this.#closed = true;
    return this.#finished;
  }

  #tell(data: string): void {
    const body = parseJsonObject(data);
    if (body === null) throw new GatewayError("upstream_invalid_response");
    const { id, model, createdAtSeconds, choices, usage } = decodePrediction(body);
    this.#emit({ type: "start", id, model, createdAtSeconds });
    for (const part of choices[0]?.parts ?? [])
      if (part.type === "text") this.#emit({ type: "text-delta", choice: 0, text: part.text });
    this.#emit({ type: "finish", choice: 0, reason: "stop" });
    if (usage !== null) this.#emit({ type: "usage", usage });
    this.#finished = true;
  }
}
