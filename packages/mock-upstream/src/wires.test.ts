import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { type Mock, startMock } from "./server.ts";
import { countEvents, eventsOf } from "./testing/decode-events.ts";
import { headerOf, type RawAnswer, rawPost } from "./testing/raw-client.ts";
import { type Heard, WIRE_CASES, type WireCase } from "./testing/wire-cases.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

const ARGUMENTS = { city: "mock", days: 1 };

function ask(wire: WireCase, stream: boolean, more: object = {}): Promise<RawAnswer> {
  return rawPost({
    port: mock.port,
    path: stream ? wire.streamPath : wire.path,
    headers: wire.headers,
    body: { ...wire.body, ...(stream ? wire.streamMembers : {}), ...more },
  });
}

async function plain(wire: WireCase, more: object = {}): Promise<Heard> {
  const answer = await ask(wire, false, more);
  assert.equal(answer.status, 200, answer.body.toString());
  return wire.plain(JSON.parse(answer.body.toString()));
}

async function streamed(wire: WireCase, more: object = {}): Promise<Heard> {
  const answer = await ask(wire, true, more);
  assert.equal(answer.status, 200, answer.body.toString());
  assert.equal(answer.complete, true);
  return wire.stream(eventsOf(headerOf(answer, "content-type") ?? "", answer.body));
}

test("a prompt that Gemini blocks has feedback and no candidates", async () => {
  for (const name of ["gemini events", "gemini array"]) {
    const wire = WIRE_CASES[name];
    assert.ok(wire !== undefined);
    for (const stream of [false, true]) {
      const answer = await ask(wire, stream, { x_mock: { promptBlocked: true } });
      const said = eventsOf(
        headerOf(answer, "content-type") ?? "",
        stream ? answer.body : brackets(answer.body),
      );
      const [blocked] = said.map(({ data }) => JSON.parse(data));
      assert.deepEqual([blocked.promptFeedback.blockReason, blocked.candidates], ["SAFETY", undefined]);
    }
  }
});

function brackets(json: Buffer): Buffer {
  return Buffer.from(`[${json}]`);
}

/** What may happen to the bytes of a stream without a change of what it says. */
const HARMLESS = fc.record({
  content: fc.string({ unit: "binary", minLength: 1, maxLength: 60 }),
  chunks: fc.integer({ min: 1, max: 20 }),
  split: fc.constantFrom("none", "bytes", "utf8"),
  burst: fc.boolean(),
  comments: fc.constantFrom("none", "before", "between"),
  lineEnding: fc.constantFrom("auto", "lf", "crlf"),
});

for (const [name, wire] of Object.entries(WIRE_CASES)) {
  test(`${name}: any text arrives as it is, however it is cut`, async () => {
    const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
    const says = fc.asyncProperty(HARMLESS, async (x_mock) => {
      assert.equal((await streamed(wire, { x_mock })).text, x_mock.content);
      assert.equal((await plain(wire, { x_mock })).text, x_mock.content);
    });
    await fc.assert(says, { seed, numRuns: 25 });
  });

  test(`${name}: a plain and a streamed answer say the same`, async () => {
    const x_mock = { content: "größe, 🙂 and more", chunks: 5 };
    const heard = await plain(wire, { x_mock });
    assert.deepEqual(
      [heard.text, heard.calls, heard.finish, heard.usage],
      ["größe, 🙂 and more", [], wire.finishWords[0], [9, 5]],
    );
    assert.deepEqual(await streamed(wire, { x_mock }), heard);
    assert.equal((await streamed(wire, { x_mock: { echo: true } })).text, "one two");
  });

  test(`${name}: reasoning comes with the answer and is counted`, async () => {
    const x_mock = { reasoningTokens: 3, content: "yes", promptTokens: 40 };
    const heard = await plain(wire, { x_mock });
    assert.deepEqual([heard.text, heard.reasoning], ["yes", "the channel carries"]);
    assert.deepEqual(heard.usage, [40, 6]);
    assert.deepEqual(await streamed(wire, { x_mock }), heard);
  });

  test(`${name}: offered tools are called, alone, in parallel and in turns`, async () => {
    const one = [{ name: "weather", arguments: ARGUMENTS }];
    const both = [...one, { name: "time", arguments: ARGUMENTS }];
    for (const [x_mock, calls] of [
      [{}, one],
      [{ toolCalls: 2 }, both],
      [{ toolCalls: 2, interleaveToolCalls: true }, both],
    ] as const) {
      const asked = { ...wire.toolMembers, x_mock };
      const heard = await plain(wire, asked);
      assert.deepEqual([heard.calls, heard.finish], [calls, wire.finishWords[1]]);
      assert.deepEqual(await streamed(wire, asked), heard);
    }
  });

  test(`${name}: a status is answered in the wire's own shape`, async () => {
    for (const stream of [false, true]) {
      const x_mock = { status: 429, errorMessage: "slow down", retryAfter: "7" };
      const answer = await ask(wire, stream, { x_mock });
      assert.deepEqual([answer.status, headerOf(answer, "retry-after")], [429, "7"]);
      assert.equal(wire.errorMessage(JSON.parse(answer.body.toString())), "slow down");
    }
    const own = await ask(wire, false, { x_mock: { status: 500 } });
    assert.match(String(wire.errorMessage(JSON.parse(own.body.toString()))), /\w+ \w+/);
    const unknown = await ask(wire, false, { x_mock: { chunk: 1 } });
    assert.equal(unknown.status, 400);
    assert.match(String(wire.errorMessage(JSON.parse(unknown.body.toString()))), /chunk is not a behaviour/);
    const notJson = await rawPost({ port: mock.port, path: wire.path, headers: wire.headers, body: "[" });
    assert.equal(notJson.status, 400);
  });

  test(`${name}: a stream is cut, stalled or ended after the events that are asked for`, async () => {
    const type = headerOf(await ask(wire, true), "content-type") ?? "";
    const cut = await ask(wire, true, { x_mock: { cutAfterEvents: 3 } });
    assert.deepEqual([countEvents(type, cut.body), cut.complete, cut.closed], [3, false, true]);
    const ended = await ask(wire, true, { x_mock: { endAfterEvents: 3 } });
    assert.deepEqual([countEvents(type, ended.body), ended.complete], [3, true]);
    const stalled = await rawPost({
      port: mock.port,
      path: wire.streamPath,
      headers: wire.headers,
      body: { ...wire.body, ...wire.streamMembers, x_mock: { stallAfterEvents: 3 } },
      until: ({ chunks }) => chunks.length === 3,
    });
    assert.deepEqual([countEvents(type, stalled.body), stalled.complete, stalled.closed], [3, false, false]);
    const bytes = await ask(wire, true, { x_mock: { cutAfterBytes: 77 } });
    assert.deepEqual([bytes.body.length, bytes.complete], [77, false]);
  });

  test(`${name}: an error inside of a stream comes in the wire's own form`, async () => {
    for (const errorAfterEvents of [0, 2]) {
      const answer = await ask(wire, true, { x_mock: { errorAfterEvents, errorMessage: "no capacity" } });
      const events = eventsOf(headerOf(answer, "content-type") ?? "", answer.body);
      assert.deepEqual([answer.status, answer.complete], [200, true]);
      assert.equal(wire.streamErrorMessage(events), "no capacity");
    }
  });

  test(`${name}: the bytes of a stream may be split, zipped or in one write and say the same`, async () => {
    const x_mock = { text: "utf8", chunks: 6 };
    const heard = await streamed(wire, { x_mock });
    for (const change of [{ split: "bytes" }, { split: "utf8" }, { burst: true }]) {
      assert.deepEqual(await streamed(wire, { x_mock: { ...x_mock, ...change } }), heard);
    }
    const zipped = await ask(wire, true, { x_mock: { ...x_mock, encoding: "gzip" } });
    const type = headerOf(zipped, "content-type") ?? "";
    assert.deepEqual(wire.stream(eventsOf(type, gunzipSync(zipped.body))), heard);
  });

  test(`${name}: an event can be broken or big`, async () => {
    const type = headerOf(await ask(wire, true), "content-type") ?? "";
    const big = await ask(wire, true, { x_mock: { bigEventBytes: 100_000 } });
    const sizes = eventsOf(type, big.body).map(({ data }) => Buffer.byteLength(data));
    assert.ok(sizes.includes(100_000), `${sizes}`);
    const asked = { x_mock: { bigEventBytes: 100_000, chunks: 2 } };
    assert.match((await streamed(wire, asked)).text, /^\.{90000,}the channel$/);
    const broken = await ask(wire, true, { x_mock: { malformedEvent: 1 } });
    assert.throws(() => {
      for (const { data } of eventsOf(type, broken.body)) if (data !== "[DONE]") JSON.parse(data);
    }, SyntaxError);
  });
}
