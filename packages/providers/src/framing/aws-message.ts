import { crc32 } from "node:zlib";

/** Message length, length of its headers, CRC-32 of these two; four bytes each. */
const PRELUDE_BYTES = 12;
const PRELUDE_CRC_OFFSET = 8;
const CRC_BYTES = 4;
/** "Amazon Event Stream specification", header value types. */
const STRING_TYPE = 7;
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
