import assert from "node:assert/strict";
import { once } from "node:events";
import type { Transform } from "node:stream";
import { describe, it } from "node:test";
import zlib from "node:zlib";
import { createBodyDecoder } from "./body-decoder.ts";

const TEXT = `${"data: some words, some words, some words\n\n".repeat(500)}data: [DONE]\n\n`;

class Sink {
  readonly chunks: Buffer[] = [];
  ends = 0;
  error: Error | null = null;
  onData(chunk: Buffer): void {
    this.chunks.push(chunk);
  }
  onEnd(): void {
    this.ends++;
  }
  onDecodeError(error: Error): void {
    this.error = error;
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}

const ENCODERS = {
  gzip: zlib.gzipSync,
  "x-gzip": zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
} as const;

/** Not `once`: that one rejects when an error comes first. */
function closed(decoder: Transform): Promise<void> {
  return new Promise((resolve) => decoder.once("close", resolve));
}

function decoderFor(encoding: string, sink: Sink): Transform {
  const decoder = createBodyDecoder(encoding, sink);
  assert.ok(decoder !== null);
  return decoder;
}

describe("createBodyDecoder", () => {
  for (const [encoding, encode] of Object.entries(ENCODERS)) {
    it(`undoes ${encoding}, in pieces too`, async () => {
      const sink = new Sink();
      const decoder = decoderFor(encoding, sink);
      const encoded = encode(Buffer.from(TEXT));
      const middle = encoded.length >> 1;
      decoder.write(encoded.subarray(0, middle));
      decoder.end(encoded.subarray(middle));
      await closed(decoder);
      assert.equal(sink.text, TEXT);
      assert.deepEqual([sink.ends, sink.error], [1, null]);
    });

    it(`reports broken ${encoding} and no end`, async () => {
      const sink = new Sink();
      const decoder = decoderFor(encoding, sink);
      decoder.end(Buffer.from("this was never compressed"));
      await closed(decoder);
      assert.ok(sink.error instanceof Error);
      assert.equal(sink.ends, 0);
    });

    it(`reports ${encoding} that is cut`, async () => {
      const sink = new Sink();
      const decoder = decoderFor(encoding, sink);
      const encoded = encode(Buffer.from(TEXT));
      decoder.end(encoded.subarray(0, encoded.length - 6));
      await closed(decoder);
      assert.ok(sink.error instanceof Error);
      assert.equal(sink.ends, 0);
    });
  }

  const FLUSHED = {
    gzip: () => zlib.createGzip(),
    br: () => zlib.createBrotliCompress(),
    zstd: () => zlib.createZstdCompress(),
  } as const;

  for (const [encoding, createEncoder] of Object.entries(FLUSHED)) {
    it(`gives an event of a ${encoding} stream on as soon as the provider has flushed it`, async () => {
      const sink = new Sink();
      const decoder = decoderFor(encoding, sink);
      const encoder = createEncoder();
      encoder.pipe(decoder);
      encoder.write("data: first\n\n");
      encoder.flush();
      await once(decoder, "data");
      assert.equal(sink.text, "data: first\n\n");
      encoder.end("data: second\n\n");
      await closed(decoder);
      assert.equal(sink.text, "data: first\n\ndata: second\n\n");
    });
  }

  it("reads the name of an encoding as it is written", () => {
    assert.ok(createBodyDecoder(" GZIP ", new Sink()) !== null);
  });

  for (const encoding of ["gzip, br", "compress", "", "constructor"]) {
    it(`does not know ${JSON.stringify(encoding)}`, () => {
      assert.equal(createBodyDecoder(encoding, new Sink()), null);
    });
  }
});
