import type { MockBehaviour } from "../behaviour/fields.ts";
import type { StreamFormat } from "../wire/stream-format.ts";
import type { StreamedAnswer } from "./contract.ts";
import { EventList } from "./stream-event.ts";

const DEFAULT_CHUNK_BYTES = 512;
const SAMPLES_PER_SECOND = 24_000;
const WAV_HEAD_BYTES = 44;

/** Content type of an audio format and the bytes that a file of it begins with. */
const FORMATS: Readonly<Record<string, readonly [contentType: string, magic: string]>> = {
  mp3: ["audio/mpeg", "ID3"],
  opus: ["audio/opus", "OggS"],
  aac: ["audio/aac", "\xff\xf1"],
  flac: ["audio/flac", "fLaC"],
  wav: ["audio/wav", "RIFF"],
  pcm: ["audio/pcm", ""],
};

/** Whether audio can be had in a format. */
export function isAudioFormat(format: string): boolean {
  return Object.hasOwn(FORMATS, format);
}

/** Audio of as many pieces as the behaviour has chunks, sent as a real one is: while it is made. */
export function audioAnswer(format: string, behaviour: MockBehaviour): StreamedAnswer {
  const [contentType = "application/octet-stream"] = FORMATS[format] ?? [];
  const list = new EventList();
  for (const piece of audioPieces(format, behaviour)) {
    list.add("", piece.toString("latin1"));
    list.countToken();
  }
  return { events: list.events, format: bytesFormat(contentType) };
}

/** The pieces of an audio file, the same in every run. */
export function audioPieces(format: string, { chunks, chunkBytes }: MockBehaviour): Buffer[] {
  const [, magic = ""] = FORMATS[format] ?? [];
  const size = chunkBytes === 0 ? DEFAULT_CHUNK_BYTES : chunkBytes;
  const head = format === "wav" ? wavHead(chunks * size) : Buffer.from(magic, "latin1");
  return Array.from({ length: chunks }, (_, piece) => {
    const bytes = Buffer.alloc(size);
    for (let index = 0; index < size; index += 1) bytes[index] = (piece * 7 + index * 31) & 0xff;
    return piece === 0 ? Buffer.concat([head, bytes]) : bytes;
  });
}

/** Events whose data are bytes, a character each. */
function bytesFormat(contentType: string): StreamFormat {
  return {
    contentType,
    eol: "\n",
    encode: ({ data }) => Buffer.from(data, "latin1"),
    keepAlive: undefined,
    closeDelimited: false,
    checksummed: false,
    recorded: (data) => ({ name: "", data }),
    closing: [],
  };
}

/** Head of a WAV file of 16-bit mono samples. */
function wavHead(dataBytes: number): Buffer {
  const head = Buffer.alloc(WAV_HEAD_BYTES);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(WAV_HEAD_BYTES - 8 + dataBytes, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SAMPLES_PER_SECOND, 24);
  head.writeUInt32LE(SAMPLES_PER_SECOND * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(dataBytes, 40);
  return head;
}
