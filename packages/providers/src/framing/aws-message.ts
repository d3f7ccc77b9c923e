import { crc32 } from "node:zlib";

/** Message length, length of its headers, CRC-32 of these two; four bytes each. */
const PRELUDE_BYTES = 12;
const PRELUDE_CRC_OFFSET = 8;
const CRC_BYTES = 4;
/** "Amazon Event Stream specification", header value types; of all others than texts only their length matters here. */
const STRING_TYPE = 7;
/** By type: how many bytes a value has, or -1 where two bytes before it tell that. */
const VALUE_BYTES: readonly number[] = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const VALUE_LENGTH_BYTES = 2;
const MAX_NAME_BYTES = 0xff;
const MAX_VALUE_BYTES = 0xffff;

/**
 * The bytes of a message's headers, all of them texts (Smithy, "Amazon Event Stream specification"): a byte for the
 * name's length, the name, the type, two bytes for the value's length, the value.
 */
export function awsHeaders(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(
    headers.flatMap(([name, value]) => {
      const nameBytes = Buffer.from(name);
      const valueBytes = Buffer.from(value);
      if (nameBytes.length > MAX_NAME_BYTES || valueBytes.length > MAX_VALUE_BYTES)
        throw new Error(`the header ${name} is longer than an event stream can say`);
      const valueHead = [STRING_TYPE, valueBytes.length >> 8, valueBytes.length & 0xff];
      return [Buffer.from([nameBytes.length]), nameBytes, Buffer.from(valueHead), valueBytes];
    }),
  );
}

/** A message of AWS's binary event stream with these headers, see {@link awsHeaders}. */
export function awsMessage(headers: Uint8Array, payload: string): Buffer {
  const payloadOffset = PRELUDE_BYTES + headers.length;
  const messageBytes = payloadOffset + Buffer.byteLength(payload) + CRC_BYTES;
  const message = Buffer.allocUnsafe(messageBytes);
  message.writeUInt32BE(messageBytes, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, PRELUDE_CRC_OFFSET)), PRELUDE_CRC_OFFSET);
  message.set(headers, PRELUDE_BYTES);
  message.write(payload, payloadOffset);
  const crcOffset = messageBytes - CRC_BYTES;
  message.writeUInt32BE(crc32(message.subarray(0, crcOffset)), crcOffset);
  return message;
}

/** The parts of a message that is whole: its headers' texts by their names, and its payload. */
export interface AwsMessage {
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: string;
}

/**
 * Reads messages of one stream. Those of a kind have the same headers, byte for byte, so that the last ones that were read
 * mostly do for the next message too.
 */
export class AwsMessageReader {
  #bytes: Buffer = Buffer.alloc(0);
  #texts: ReadonlyMap<string, string> = new Map();

  /**
   * @param message - as long as its prelude says, whose own checksum has been looked at
   * @throws Error saying what is wrong with it
   */
  read(message: Buffer): AwsMessage {
    const crcOffset = message.length - CRC_BYTES;
    if (crc32(message.subarray(0, crcOffset)) !== message.readUInt32BE(crcOffset))
      throw new Error("The checksum of a message is wrong.");
    const payloadOffset = PRELUDE_BYTES + message.readUInt32BE(4);
    const headers = message.subarray(PRELUDE_BYTES, payloadOffset);
    if (!headers.equals(this.#bytes)) {
      this.#texts = headerTexts(headers);
      this.#bytes = Buffer.from(headers);
    }
    return { headers: this.#texts, payload: message.toString("utf8", payloadOffset, crcOffset) };
  }
}

/** @throws Error for headers that are longer than they may be, or of a type that there is not */
function headerTexts(headers: Buffer): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (let at = 0; at < headers.length; ) {
    const typeOffset = at + 1 + headers.readUInt8(at);
    const type = headers.readUInt8(typeOffset);
    const fixedBytes = VALUE_BYTES[type];
    if (fixedBytes === undefined) throw new Error("A header of a message has a type that there is not.");
    const isSized = fixedBytes === -1;
    const valueBytes = isSized ? headers.readUInt16BE(typeOffset + 1) : fixedBytes;
    const valueOffset = typeOffset + 1 + (isSized ? VALUE_LENGTH_BYTES : 0);
    const end = valueOffset + valueBytes;
    if (end > headers.length) throw new Error("A header of a message is longer than all of them.");
    if (type === STRING_TYPE)
      texts.set(headers.toString("utf8", at + 1, typeOffset), headers.toString("utf8", valueOffset, end));
    at = end;
  }
  return texts;
}
