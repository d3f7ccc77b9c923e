import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { seededRandom } from "./server/random.ts";
import { type Mock, startMock } from "./server.ts";
import {
  headerOf,
  type RawAnswer,
  rawPost,
  sendRequest,
  sseOf,
  type WireJson,
} from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

const CHAT = { model: "m", messages: [{ role: "user", content: "one two three four" }] };

function send(body: object, behaviour: object): Promise<RawAnswer> {
  return rawPost({ port: mock.port, body: { ...CHAT, ...body, x_mock: behaviour } });
}

async function plain(behaviour: object): Promise<WireJson> {
  return JSON.parse((await send({}, behaviour)).body.toString());
}

async function events(behaviour: object): Promise<WireJson[]> {
  const { data } = sseOf((await send({ stream: true }, behaviour)).body);
  return data.filter((event) => event !== "[DONE]").map((event) => JSON.parse(event));
}

async function pieces(behaviour: object): Promise<string[]> {
  const contents = (await events(behaviour)).map((event) => event.choices[0]?.delta.content ?? "");
  return contents.filter((content) => content !== "");
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

test("latency holds back the first byte, plain and streamed", async () => {
  assert.ok((await elapsedMs(() => plain({ latencyMs: 20 }))) >= 20);
  assert.ok((await elapsedMs(() => events({ latencyMs: 20 }))) >= 20);
});

test("jitter comes on top and is the same for the same seed", async () => {
  assert.deepEqual(Array.from({ length: 3 }, seededRandom(7)), Array.from({ length: 3 }, seededRandom(7)));
  assert.notEqual(seededRandom(7)(), seededRandom(8)());
  const seeded = await startMock({ seed: 7, behaviour: { latencyMs: 5, jitterMs: 40 } });
  const atLeastMs = 5 + 40 * seededRandom(7)();
  assert.ok((await elapsedMs(() => rawPost({ port: seeded.port, body: CHAT }))) >= atLeastMs);
  await seeded.close();
});

test("a share of the answers is slow, the same ones for the same seed", async () => {
  const random = seededRandom(7);
  const slow = Array.from({ length: 12 }, () => random() < 0.3);
  const seeded = await startMock({ seed: 7, behaviour: { slowShare: 0.3, slowMs: 60 } });
  const seen: boolean[] = [];
  for (const _ of slow) {
    seen.push((await elapsedMs(() => rawPost({ port: seeded.port, body: CHAT }))) >= 60);
  }
  await seeded.close();
  assert.ok(new Set(slow).size === 2);
  for (const [at, isSlow] of slow.entries()) assert.ok(!isSlow || seen[at], `answer ${at}`);
});

test("a token rate spreads the events of a stream and delays a plain answer by all of its tokens", async () => {
  const rate = { tokensPerSecond: 200, chunks: 5 };
  assert.ok((await elapsedMs(() => plain(rate))) >= 25);
  const arrivedMs: number[] = [];
  const askedAtMs = performance.now(); // what comes first may be seen late
  await rawPost({
    port: mock.port,
    body: { ...CHAT, stream: true, x_mock: rate },
    until: ({ chunks, complete }) => {
      while (arrivedMs.length < chunks.length) arrivedMs.push(performance.now());
      return complete;
    },
  });
  // Role and first token together, then one event each 5 ms, finish and [DONE] after the last token's time.
  const [, , , , , last = 0, finish = 0] = arrivedMs.map((atMs) => atMs - askedAtMs);
  assert.equal(arrivedMs.length, 8);
  assert.ok(last >= 15 && finish >= 20, `${last} ms, ${finish} ms`);
});

test("a comment can come long before the first event", async () => {
  const behaviour = { comments: "before", firstEventMs: 60_000 };
  const answer = await rawPost({
    port: mock.port,
    body: { ...CHAT, stream: true, x_mock: behaviour },
    until: ({ body }) => body.includes(": keep-alive\n\n"),
  });
  assert.deepEqual([answer.status, answer.body.toString()], [200, ": keep-alive\n\n"]);
});

test("chunks and chunkBytes set number and exact size of the text", async () => {
  assert.equal((await pieces({ chunks: 3 })).length, 3);
  for (const text of ["ascii", "utf8"]) {
    const sizes = (await pieces({ chunks: 30, chunkBytes: 37, text })).map((piece) =>
      Buffer.byteLength(piece),
    );
    assert.deepEqual(
      sizes,
      Array.from({ length: 30 }, () => 37),
    );
  }
  assert.equal(
    Buffer.byteLength((await plain({ chunks: 2, chunkBytes: 5_000 })).choices[0].message.content),
    10_000,
  );
  assert.deepEqual(await pieces({ chunks: 0 }), []);
});

test("each event is a write of its own unless burst puts them into one", async () => {
  assert.equal((await send({ stream: true }, { chunks: 4 })).chunks.length, 7);
  const burst = await send({ stream: true }, { chunks: 4, burst: true });
  assert.deepEqual([burst.chunks.length, sseOf(burst.body).data.length], [1, 7]);
});

test("content and echo set the text", async () => {
  assert.deepEqual(await pieces({ content: "größer", chunks: 2 }), ["grö", "ßer"]);
  assert.equal((await plain({ content: "größer" })).choices[0].message.content, "größer");
  assert.equal((await pieces({ echo: true })).join(""), "one two three four");
});

test("reasoning comes before the answer and counts as completion tokens", async () => {
  const all = await events({ reasoningTokens: 3, chunks: 2, usage: "on" });
  const kinds = all.slice(1, -2).map((event) => Object.keys(event.choices[0].delta)[0]);
  assert.deepEqual(kinds, [
    "reasoning_content",
    "reasoning_content",
    "reasoning_content",
    "content",
    "content",
  ]);
  const { usage } = all.at(-1);
  assert.deepEqual([usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens], [5, 3]);
  assert.equal((await plain({ reasoningTokens: 2 })).choices[0].message.reasoning_content, "the channel");
});

test("usage reports the prompt tokens it is told", async () => {
  const { usage } = await plain({ promptTokens: 1_000, cachedTokens: 400, chunks: 10 });
  assert.deepEqual(
    [usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.total_tokens],
    [1_000, 400, 1_010],
  );
  assert.equal((await plain({ usage: "off" })).usage, undefined);
});

test("finishReason is what is asked, or never said", async () => {
  const reasons = async (finishReason: string): Promise<unknown[]> => {
    const said = (await events({ finishReason })).map((event) => event.choices[0].finish_reason);
    return said.filter((reason) => reason !== null);
  };
  assert.deepEqual(await reasons("content_filter"), ["content_filter"]);
  assert.deepEqual(await reasons("none"), []);
});

test("any status carries the body and the headers that are asked for", async () => {
  const date = "Wed, 21 Oct 2026 07:28:00 GMT";
  const dated = await send({}, { status: 529, retryAfter: date, retryAfterMs: 250 });
  assert.equal(dated.head.split("\r\n")[0], "HTTP/1.1 529 Unknown");
  assert.deepEqual([headerOf(dated, "retry-after"), headerOf(dated, "retry-after-ms")], [date, "250"]);
  const own = await send({}, { status: 400, errorType: "t", errorCode: "c", errorMessage: "m" });
  assert.deepEqual(JSON.parse(own.body.toString()), {
    error: { message: "m", type: "t", param: null, code: "c" },
  });
  const text = await send({ stream: true }, { status: 500, errorBody: "text" });
  assert.deepEqual(
    [headerOf(text, "content-type"), text.body.toString()],
    ["text/plain", "upstream error\n"],
  );
  const empty = await send({}, { status: 500, errorBody: "empty" });
  assert.deepEqual([headerOf(empty, "content-length"), empty.body.length], ["0", 0]);
  const late = await elapsedMs(() => send({}, { status: 500, latencyMs: 20 }));
  assert.ok(late >= 20);
});

test("faults before the first byte of a body still send the whole head", async () => {
  const stalled = await rawPost({
    port: mock.port,
    body: { ...CHAT, stream: true, x_mock: { stallAfterEvents: 0 } },
    until: ({ head }) => head !== "",
  });
  assert.equal(headerOf(stalled, "transfer-encoding"), "chunked");
  const cutStream = await send({ stream: true }, { cutAfterEvents: 0 });
  assert.deepEqual([cutStream.status, cutStream.rest.length, cutStream.closed], [200, 0, true]);
  const cutPlain = await send({}, { cutAfterBytes: 0 });
  assert.deepEqual([cutPlain.status, cutPlain.rest.length, cutPlain.closed], [200, 0, true]);
  assert.ok(Number(headerOf(cutPlain, "content-length")) > 0);
});

test("a behaviour in the body goes over one in the headers", async () => {
  const answer = await rawPost({
    port: mock.port,
    headers: { "x-mock-status": "500", "x-mock-error-message": "from the header" },
    body: { ...CHAT, x_mock: { status: 503 } },
  });
  assert.equal(answer.status, 503);
  assert.equal(JSON.parse(answer.body.toString()).error.message, "from the header");
});

/** Sends on a socket that reads nothing until `mayRead`, and gives the whole answer in bytes. */
async function readLate(body: object, mayRead: Promise<unknown>): Promise<Buffer> {
  const socket = connect(mock.port, "127.0.0.1");
  socket.pause();
  sendRequest(socket, { port: mock.port, body, headers: { connection: "close" } });
  await mayRead;
  const received: Buffer[] = [];
  for await (const bytes of socket) {
    received.push(bytes);
    if (Buffer.concat(received.slice(-2)).subarray(-5).toString() === "0\r\n\r\n") break;
  }
  return Buffer.concat(received);
}

test("a client that reads late gets every byte of a stream and of a body under content-length", async () => {
  const size = { chunks: 400, chunkBytes: 32_768 };
  const arrived = mock.waitFor(({ bodyBytes }) => bodyBytes.includes("late stream"), 2_000);
  const streamed = await readLate({ ...CHAT, user: "late stream", stream: true, x_mock: size }, arrived);
  assert.equal(streamed.toString().match(/"delta":\{"content":"(?!")/g)?.length, 400);
  assert.ok(streamed.subarray(-40).toString().includes("[DONE]"));

  const cutAfterBytes = 12_000_000;
  const arrivedPlain = mock.waitFor(({ bodyBytes }) => bodyBytes.includes("late plain"), 2_000);
  const plainBody = { ...CHAT, user: "late plain", x_mock: { ...size, cutAfterBytes } };
  const cut = await readLate(plainBody, arrivedPlain);
  assert.equal(cut.length - cut.indexOf("\r\n\r\n") - 4, cutAfterBytes);
});
