import assert from "node:assert/strict";
import { test } from "node:test";
import { ResponseParser } from "./response-parser.ts";

interface Seen {
  status: number;
  keepAlive: boolean;
  body: string;
}

function parse(pieces: readonly Buffer[]): { seen: Seen[]; parser: ResponseParser } {
  const seen: Seen[] = [];
  let current: Seen = { status: 0, keepAlive: false, body: "" };
  const parser = new ResponseParser({
    onHead: (status, keepAlive) => {
      current = { status, keepAlive, body: "" };
    },
    onBody: (bytes, start, end) => {
      current.body += bytes.toString("latin1", start, end);
    },
    onEnd: () => {
      seen.push(current);
    },
  });
  for (const piece of pieces) parser.push(piece);
  return { seen, parser };
}

const FIXED = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const EMPTY = "HTTP/1.1 204 No Content\r\n\r\n";
const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\nWiki\r\nA;x=1\r\npedia is a\r\n0\r\nX-Trailer: 1\r\n\r\n";
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

const EXPECTED: Seen[] = [
  { status: 200, keepAlive: true, body: "hello" },
  { status: 200, keepAlive: false, body: "Wikipedia is a" },
  { status: 204, keepAlive: true, body: "" },
  { status: 200, keepAlive: true, body: "hello" },
];
const WIRE = Buffer.from(FIXED + CHUNKED + CONTINUE + EMPTY + FIXED);

test("answers are the same whole, byte by byte and cut at every place", () => {
  assert.deepEqual(parse([WIRE]).seen, EXPECTED);
  assert.deepEqual(parse([...WIRE].map((byte) => Buffer.from([byte]))).seen, EXPECTED);
  for (let cut = 1; cut < WIRE.length; cut++) {
    assert.deepEqual(parse([WIRE.subarray(0, cut), WIRE.subarray(cut)]).seen, EXPECTED, `cut at ${cut}`);
  }
});

test("a body without length ends with the connection", () => {
  const { seen, parser } = parse([Buffer.from("HTTP/1.1 200 OK\r\n\r\npart")]);
  assert.deepEqual(seen, []);
  assert.equal(parser.close(), true);
  assert.equal(seen.length, 1);
});

test("a connection that closes inside an answer is a cut answer", () => {
  for (const length of [10, FIXED.length - 1]) {
    const { parser } = parse([Buffer.from(FIXED).subarray(0, length)]);
    assert.equal(parser.close(), false);
  }
  assert.equal(parse([Buffer.from(FIXED)]).parser.close(), true);
});

test("what is not HTTP is refused", () => {
  assert.throws(() => parse([Buffer.from("SSH-2.0-x\r\n\r\n")]), /not HTTP/);
  assert.throws(
    () => parse([Buffer.from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")]),
    /chunk size/,
  );
});
