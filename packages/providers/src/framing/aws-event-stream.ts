import { crc32 } from "node:zlib";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { StreamFrame } from "@headrace/core/wire/chat-codec";
import { type AwsMessage, AwsMessageReader } from "./aws-message.ts";
import { assertFrameFits, ByteCarry } from "./byte-carry.ts";
import type { Framer, OnFrame } from "./framer.ts";

/** Message length, length of its headers, CRC-32 of these two; four bytes each. */
const PRELUDE_BYTES = 12;
const PRELUDE_CRC_OFFSET = 8;
/** The prelude and the CRC of the whole message. */
const MIN_MESSAGE_BYTES = 16;
const UNMODELED_ERROR = "unmodeledException";

/**
 * AWS's binary event stream, `application/vnd.amazon.eventstream` (Smithy, "Amazon Event Stream specification"). A frame
 * is a message's type with its payload: an event's `:event-type`; an exception's `:exception-type`, which ends in
 * `Exception`, such as `throttlingException`; and {@link UNMODELED_ERROR} for an error without a payload, whose words become
 * one of the form that exceptions have, `{"message"}`.
 */
export class AwsEventStreamFramer implements Framer {
  readonly #onFrame: OnFrame;
  readonly #carry = new ByteCarry();
  readonly #reader = new AwsMessageReader();

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): void {
    let start = this.#carry.length === 0 ? 0 : this.#complete(chunk);
    while (start < chunk.length) {
      const end =
        chunk.length - start < PRELUDE_BYTES ? Number.POSITIVE_INFINITY : start + messageBytes(chunk, start);
      if (end > chunk.length) {
        this.#carry.append(chunk.subarray(start));
        return;
      }
      this.#take(chunk.subarray(start, end));
      start = end;
    }
  }

  end(): boolean {
    return this.#carry.length === 0;
  }

  /** Brings the message that has begun to its end, or as far as the chunk goes; gives how much of the chunk that took. */
  #complete(chunk: Buffer): number {
    const used = this.#fill(chunk, 0, PRELUDE_BYTES);
    if (this.#carry.length < PRELUDE_BYTES) return used;
    const neededBytes = messageBytes(this.#carry.view, 0);
    const end = this.#fill(chunk, used, neededBytes);
    if (this.#carry.length === neededBytes) {
      this.#take(this.#carry.view);
      this.#carry.clear();
    }
    return end;
  }

  #fill(chunk: Buffer, start: number, wantedBytes: number): number {
    const end = Math.min(chunk.length, start + Math.max(0, wantedBytes - this.#carry.length));
    this.#carry.append(chunk.subarray(start, end));
    return end;
  }

  #take(bytes: Buffer): void {
    this.#onFrame(frameOf(this.#decode(bytes)));
  }

  #decode(bytes: Buffer): AwsMessage {
    try {
      return this.#reader.read(bytes);
    } catch (error) {
      throw invalid(error instanceof Error ? error.message : String(error));
    }
  }
}

/**
 * How long the message is that begins at `start`. The prelude's CRC is looked at first: bytes that are none of this
 * framing, such as an HTML page, would else be taken for an enormous message.
 *
 * @throws GatewayError `upstream_invalid_response`, `upstream_event_too_large`
 */
function messageBytes(bytes: Buffer, start: number): number {
  const lengthBytes = bytes.readUInt32BE(start);
  const headersBytes = bytes.readUInt32BE(start + 4);
  if (
    crc32(bytes.subarray(start, start + PRELUDE_CRC_OFFSET)) !==
    bytes.readUInt32BE(start + PRELUDE_CRC_OFFSET)
  )
    throw invalid("The checksum of a message's prelude is wrong.");
  assertFrameFits(lengthBytes);
  if (lengthBytes < MIN_MESSAGE_BYTES + headersBytes)
    throw invalid("A message is shorter than its own headers.");
  return lengthBytes;
}

function frameOf({ headers, payload }: AwsMessage): StreamFrame {
  const text = (name: string): string => headers.get(name) ?? "";
  switch (text(":message-type")) {
    case "event":
      return { event: text(":event-type"), data: payload };
    case "exception":
      return { event: text(":exception-type") || UNMODELED_ERROR, data: payload };
    case "error": {
      const words = [text(":error-code"), text(":error-message")];
      const message = words.filter((word) => word !== "").join(": ");
      return { event: UNMODELED_ERROR, data: JSON.stringify({ message }) };
    }
    default:
      throw invalid("A message of the event stream does not say what it is.");
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: `The model provider broke its event stream. ${message}`,
  });
}
