import { addUsage, type TokenUsage } from "@headrace/core/canonical/usage";
import {
  type RealtimeReading,
  readRealtimeEvent,
  readTranscriptionEvent,
} from "@headrace/providers/wires/openai-realtime/events";
import type { MeteredUsage } from "../pipeline/metered-usage.ts";
import type { TalliedTry } from "../pipeline/try-record.ts";

/** What a session used and how long it took. */
export class SessionMeter implements TalliedTry {
  /** Messages of the provider. */
  events = 0;
  readonly #beganAtMs: number = performance.now();
  #tokens: TokenUsage | null = null;
  /** Answers that have begun and not ended. */
  #openAnswers = 0;
  readonly #readEvent: (message: Buffer) => RealtimeReading | null;

  /** @param transcribes - the session only writes down what it hears */
  constructor(transcribes: boolean) {
    this.#readEvent = transcribes ? readTranscriptionEvent : readRealtimeEvent;
  }

  /** True while the provider owes the rest of an answer. */
  get answering(): boolean {
    return this.#openAnswers > 0;
  }

  take(message: Buffer, isBinary: boolean): void {
    this.events++;
    const reading = isBinary ? null : this.#readEvent(message);
    if (reading === null) return;
    if (reading.kind === "begun") {
      this.#openAnswers++;
      return;
    }
    if (reading.kind === "done") this.#openAnswers = Math.max(0, this.#openAnswers - 1);
    const { usage } = reading;
    if (usage !== null) this.#tokens = this.#tokens === null ? usage : addUsage(this.#tokens, usage);
  }

  waitedMs(nowMs: number): number {
    return nowMs - this.#beganAtMs;
  }

  meteredUsage(): MeteredUsage | null {
    return this.#tokens === null ? null : { tokens: this.#tokens, source: "reported" };
  }
}
