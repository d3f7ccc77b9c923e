/** Cuts a stream's bytes into frames, whatever its framing. */
import type { StreamFrame, StreamFraming } from "@headrace/core/wire/chat-codec";
import { AwsEventStreamFramer } from "./aws-event-stream.ts";
import { LineFramer } from "./ndjson.ts";
import { SseEventFramer } from "./sse.ts";

/**
 * Takes a stream in pieces that may be cut anywhere and calls `onFrame` for each whole frame, in order. Order of calls:
 * `push` any number of times, then `end` once. Chunks may be reused after `push` has returned. After an error nothing
 * may be pushed.
 */
export interface Framer {
  /**
   * @throws GatewayError `upstream_event_too_large` for a frame above 16 MiB, `upstream_invalid_response` for bytes that
   *   are not of this framing; and whatever `onFrame` throws
   */
  push(chunk: Buffer): void;
  /**
   * No more bytes will come. A last frame that only lacks its closing mark is given if it is whole as JSON.
   *
   * @returns false when a frame had begun and is not whole
   */
  end(): boolean;
}

export type OnFrame = (frame: StreamFrame) => void;

const FRAMERS: Readonly<Record<StreamFraming, new (onFrame: OnFrame) => Framer>> = {
  sse: SseEventFramer,
  ndjson: LineFramer,
  "aws-event-stream": AwsEventStreamFramer,
};

export function createFramer(framing: StreamFraming, onFrame: OnFrame): Framer {
  return new FRAMERS[framing](onFrame);
}
