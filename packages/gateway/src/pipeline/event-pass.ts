import type { TokenUsage } from "@headrace/core/canonical/usage";
import { SseFramer } from "@headrace/core/sse/framing";
import { BLANK_LINE, countEvents } from "./event-bytes.ts";
import type { StreamEnding, StreamRelay } from "./stream-relay.ts";

/** As for every relayed stream: far above any event of a real provider. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 4 * 1024;

/**
 * Passes whole events of a wire whose streams nobody here can read: how they end and fail is not known, so that the end
 * of the answer is the end of the stream.
 */
export class EventPass implements StreamRelay {
  readonly passesErrors = true;
  readonly error = null;
  /** Nobody here can tell. */
  readonly isVisible = true;
  events = 0;
  readonly #framer = new SseFramer(MAX_EVENT_BYTES);
  readonly #readUsage: (tail: Buffer) => TokenUsage | null;
  #tail: Buffer = Buffer.alloc(0);
  #ended = false;

  /** @param readUsage - from the last bytes of a stream */
  constructor(readUsage: (tail: Buffer) => TokenUsage | null) {
    this.#readUsage = readUsage;
  }

  get usage(): TokenUsage | null {
    return this.#readUsage(this.#tail);
  }

  get usageIsFinal(): boolean {
    return this.#ended && this.usage !== null;
  }

  /** Without knowing its events there is nothing to judge by. */
  estimateOutputTokens(): number {
    return 0;
  }

  outputTokensSoFar(): number {
    return this.events;
  }

  push(chunk: Buffer): Buffer | null {
    const block = this.#framer.push(chunk);
    if (block === null) return null;
    this.events += countEvents(block);
    this.#tail = Buffer.concat([this.#tail, block.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    return block;
  }

  end(): StreamEnding {
    this.#ended = true;
    return { whole: true, bytes: this.#framer.pendingBytes === 0 ? null : this.push(BLANK_LINE) };
  }
}
