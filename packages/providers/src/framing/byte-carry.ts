import { GatewayError } from "@headrace/core/errors/gateway-error";

/** Far above any frame of a real provider (a base64 image in one is below 10 MiB), and a bound all the same. */
export const MAX_FRAME_BYTES: number = 16 * 1024 * 1024;

const FIRST_ROOM_BYTES = 1024;
const KEPT_ROOM_BYTES = 65_536;
const NO_BYTES = Buffer.alloc(0);

/** What has come of a frame whose end is still to come. */
export class ByteCarry {
  #room: Buffer = NO_BYTES;
  #length = 0;

  /** Bytes kept. */
  get length(): number {
    return this.#length;
  }

  /** What is kept, as a view that holds until the next call. */
  get view(): Buffer {
    return this.#room.subarray(0, this.#length);
  }

  /**
   * Appends a copy, doubling the room, so that a stream that comes byte by byte stays linear.
   *
   * @throws GatewayError `upstream_event_too_large`
   */
  append(bytes: Buffer): void {
    const neededBytes = this.#length + bytes.length;
    assertFrameFits(neededBytes);
    if (neededBytes > this.#room.length) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_ROOM_BYTES, neededBytes, this.#room.length * 2));
      this.#room.copy(grown, 0, 0, this.#length);
      this.#room = grown;
    }
    bytes.copy(this.#room, this.#length);
    this.#length = neededBytes;
  }

  /** Forgets what is kept; a large room is let go. */
  clear(): void {
    this.#length = 0;
    if (this.#room.length > KEPT_ROOM_BYTES) this.#room = NO_BYTES;
  }
}

/** @throws GatewayError `upstream_event_too_large` */
export function assertFrameFits(frameBytes: number): void {
  if (frameBytes <= MAX_FRAME_BYTES) return;
  throw new GatewayError("upstream_event_too_large", {
    message: `The model provider sent a single stream event of more than ${MAX_FRAME_BYTES} bytes.`,
  });
}
