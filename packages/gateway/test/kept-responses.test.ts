/** Responses that the gateway keeps for providers that keep none, as OpenAI's own client uses them. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Response } from "openai/resources/responses/responses";
import {
  bodiesAt,
  OTHER_KEY,
  type ResponsesGateway,
  refusalOf,
  startResponsesGateway,
} from "./support/responses-gateway.ts";

/** Enough connections that the system does not give all of them to one of two listeners. */
const MANY = 40;
const NOT_FOUND = { status: 404, code: "response_not_found" };
const PREVIOUS_NOT_FOUND = { status: 400, code: "previous_response_not_found" };

describe("responses that two processes keep", { timeout: 60_000 }, () => {
  let up: ResponsesGateway;
  before(async () => {
    up = await startResponsesGateway(2);
  });
  beforeEach(() => up.first.clear());
  after(() => up.close());

  const say = (input: string, more: object = {}): Promise<Response> =>
    up.client().responses.create({ model: "claude", input, ...more, stream: false });

  const streamed = (input: string, more: object = {}): Promise<Response> =>
    up
      .client()
      .responses.stream({ model: "claude", input, ...more })
      .finalResponse();

  const refused = async (work: Promise<unknown>): Promise<object> => {
    const { status, code } = await refusalOf(work);
    return { status, code };
  };

  for (const [how, begin] of [
    ["plain", say],
    ["streamed", streamed],
  ] as const) {
    it(`are gone on from in every process, the first turn ${how}`, async () => {
      const seenBefore = up.gateway.logs.length;
      const turn = await begin("One.");
      assert.match(turn.id, /^resp_hre_[A-Za-z0-9]{24}$/);
      const more = { previous_response_id: turn.id };
      const turns = await Promise.all(Array.from({ length: MANY }, () => say("Two.", more)));
      for (const { previous_response_id } of turns) assert.equal(previous_response_id, turn.id);
      const served = (): unknown[] =>
        up.gateway.logs
          .slice(seenBefore)
          .filter(({ msg }) => msg === "request")
          .map(({ pid }) => pid);
      await up.gateway.waitForLog(() => served().length > MANY);
      assert.equal(new Set(served()).size, 2);
      const asked = bodiesAt(up.first).at(-1);
      assert.deepEqual(asked?.messages, [
        { role: "user", content: [{ type: "text", text: "One." }] },
        { role: "assistant", content: [{ type: "text", text: turn.output_text }] },
        { role: "user", content: [{ type: "text", text: "Two." }] },
      ]);
    });
  }

  it("make a chain of turns", async () => {
    const first = await say("One.");
    const second = await streamed("Two.", { previous_response_id: first.id });
    await say("Three.", { previous_response_id: second.id });
    const messages = bodiesAt(up.first).at(-1)?.messages;
    assert.ok(Array.isArray(messages));
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant", "user", "assistant", "user"],
    );
  });

  it("carry a loop of tools, whose results alone are sent", async () => {
    const tools = [
      { type: "function", name: "look", parameters: { type: "object", properties: {} }, strict: false },
    ];
    const first = await streamed("Look.", { tools });
    const [call] = first.output.filter((item) => item.type === "function_call");
    assert.ok(call !== undefined);
    const result = { type: "function_call_output" as const, call_id: call.call_id, output: "A weir." };
    const second = await up.client().responses.create({
      model: "claude",
      previous_response_id: first.id,
      input: [result],
      tools: [{ type: "function", name: "look", parameters: null, strict: false }],
    });
    assert.notEqual(second.output_text, "");
    const messages = JSON.stringify(bodiesAt(up.first).at(-1)?.messages);
    assert.match(messages, /"tool_use".*"tool_result".*A weir\./);
  });

  it("are retrieved, listed and deleted", async () => {
    const { responses } = up.client();
    const first = await say("One.");
    const second = await say("Two.", { previous_response_id: first.id, instructions: "Be brief." });
    const retrieved = await responses.retrieve(second.id);
    assert.deepEqual({ ...retrieved, output_text: second.output_text }, { ...second });
    const listed = await responses.inputItems.list(second.id, { order: "asc" });
    assert.deepEqual(
      listed.data.map((item) => item.type === "message" && item.role),
      ["user", "assistant", "user"],
    );
    const page = await responses.inputItems.list(second.id, { limit: 1 });
    assert.equal(page.data.length, 1);
    assert.equal(page.has_more, true);
    await responses.delete(second.id);
    assert.deepEqual(await refused(responses.retrieve(second.id)), NOT_FOUND);
    assert.deepEqual(await refused(responses.delete(second.id)), NOT_FOUND);
    assert.deepEqual(await refused(say("Three.", { previous_response_id: second.id })), PREVIOUS_NOT_FOUND);
    assert.equal((await responses.retrieve(first.id)).id, first.id);
  });

  it("cannot be cancelled, and are not streamed again", async () => {
    const { responses } = up.client();
    const { id } = await say("One.");
    assert.deepEqual(await refused(responses.cancel(id)), { status: 400, code: "invalid_field" });
    assert.deepEqual(await refused(responses.retrieve(id, { stream: true })), {
      status: 400,
      code: "invalid_field",
    });
    const order = JSON.parse('"sideways"');
    assert.deepEqual(await refused(responses.inputItems.list(id, { order }).then()), {
      status: 400,
      code: "invalid_field",
    });
  });

  it("are nobody else's", async () => {
    const { id } = await say("One.");
    const other = up.client(OTHER_KEY).responses;
    assert.deepEqual(await refused(other.retrieve(id)), NOT_FOUND);
    assert.deepEqual(await refused(other.delete(id)), NOT_FOUND);
    assert.deepEqual(await refused(other.cancel(id)), NOT_FOUND);
    assert.deepEqual(await refused(other.inputItems.list(id).then()), NOT_FOUND);
    const goingOn = other.create({ model: "claude", input: "Two.", previous_response_id: id });
    assert.deepEqual(await refused(goingOn), PREVIOUS_NOT_FOUND);
    assert.equal((await up.client().responses.retrieve(id)).id, id);
    assert.deepEqual(await refused(up.client("hr-test-key-of-nobody").responses.retrieve(id)), {
      status: 401,
      code: "invalid_api_key",
    });
  });

  it("are none where the client wants none", async () => {
    for (const begin of [say, streamed]) {
      const { id } = await begin("One.", { store: false });
      assert.deepEqual(await refused(up.client().responses.retrieve(id)), NOT_FOUND);
      assert.deepEqual(await refused(say("Two.", { previous_response_id: id })), PREVIOUS_NOT_FOUND);
    }
    assert.equal(bodiesAt(up.first).length, 2, "the provider is not asked to go on from nothing");
  });

  it("are none of a stream that was cut", async () => {
    up.first.setFaults({ cutAfterEvents: 4 });
    let id = "";
    const stream = up.client().responses.stream({ model: "claude", input: "One." });
    stream.on("event", (event) => {
      if (event.type === "response.created") id = event.response.id;
    });
    assert.deepEqual(await refused(stream.finalResponse()), { status: undefined, code: "upstream_cut" });
    assert.match(id, /^resp_hre_/);
    assert.deepEqual(await refused(up.client().responses.retrieve(id)), NOT_FOUND);
  });

  it("are not found under ids of no one", async () => {
    const { responses } = up.client();
    for (const id of [
      "resp_hre_doesnotexist",
      "resp_68a1",
      "resp_hr1_zz_1",
      "%2e%2e",
      "resp_hr1_6e6f6e65_abc",
    ])
      assert.deepEqual(await refused(responses.retrieve(id)), NOT_FOUND, id);
    for (const id of ["resp_hre_doesnotexist", "resp_68a1", "resp_hr1_6e6f6e65_abc"])
      assert.deepEqual(await refused(say("Two.", { previous_response_id: id })), PREVIOUS_NOT_FOUND, id);
    assert.equal(up.first.received.length, 0);
  });

  it("outlive the processes that made them", async () => {
    const { id } = await say("One.");
    const listening = up.gateway.logs.filter(({ msg }) => msg === "listening").map(({ pid }) => Number(pid));
    for (const pid of listening.slice(-2)) process.kill(pid, "SIGKILL");
    const replaced = (): number =>
      up.gateway.logs.filter(({ msg }) => msg === "the gateway process was replaced").length;
    await up.gateway.waitForLog(() => replaced() === 2, 20_000);
    const turn = await say("Two.", { previous_response_id: id });
    assert.equal(turn.previous_response_id, id);
  });
});

describe("responses that one process keeps", { timeout: 60_000 }, () => {
  it("are in its own memory", async (t) => {
    const up = await startResponsesGateway(1);
    t.after(() => up.close());
    const { responses } = up.client();
    const first = await responses.create({ model: "claude", input: "One." });
    const second = await responses.create({
      model: "claude",
      input: "Two.",
      previous_response_id: first.id,
    });
    assert.equal((await responses.retrieve(second.id)).previous_response_id, first.id);
    // A body that is worked on by a thread takes the conversation along.
    const long = await responses.create({
      model: "claude",
      input: `Three. ${"x".repeat(100_000)}`,
      previous_response_id: second.id,
    });
    await responses.create({ model: "claude", input: "Four.", previous_response_id: long.id });
    assert.equal((await responses.inputItems.list(long.id)).data.length, 5);
    assert.equal((await responses.retrieve(second.id)).id, second.id);
  });

  it("are none when there is no room for them, which a refusal says", async (t) => {
    const up = await startNoRoom();
    t.after(() => up.close());
    const { responses } = up.client();
    const { id } = await responses.create({ model: "claude", input: "One." });
    const goingOn = responses.create({ model: "claude", input: "Two.", previous_response_id: id });
    const { status, code, message } = await refusalOf(goingOn);
    assert.deepEqual({ status, code }, PREVIOUS_NOT_FOUND);
    assert.match(message, /responses\.storeBytes is 0/);
    const retrieving = await refusalOf(responses.retrieve(id));
    assert.equal(retrieving.status, 404);
  });

  it("are told of as what becomes of them", async (t) => {
    const rooms = { room: await startResponsesGateway(1), none: await startNoRoom() };
    t.after(() => Promise.all(Object.values(rooms).map((up) => up.close())));
    const told = async (up: ResponsesGateway, more: object): Promise<object> => {
      const { data, response } = await up
        .client()
        .responses.create({ model: "claude", input: "One.", ...more, stream: false })
        .withResponse();
      const final = await up
        .client()
        .responses.stream({ model: "claude", input: "One.", ...more })
        .finalResponse();
      const dropped = response.headers.get("x-headrace-dropped-params");
      return { plain: Reflect.get(data, "store"), streamed: Reflect.get(final, "store"), dropped };
    };
    const kept = { plain: true, streamed: true, dropped: null };
    const unkept = { plain: false, streamed: false, dropped: null };
    assert.deepEqual(await told(rooms.room, {}), kept);
    assert.deepEqual(await told(rooms.room, { store: true }), kept);
    assert.deepEqual(await told(rooms.room, { store: false }), unkept);
    assert.deepEqual(await told(rooms.none, {}), unkept);
    assert.deepEqual(await told(rooms.none, { store: true }), { ...unkept, dropped: "store" });
    assert.deepEqual(await told(rooms.none, { store: false }), unkept);
  });
});

function startNoRoom(): Promise<ResponsesGateway> {
  return startResponsesGateway(1, { responses: { storeBytes: 0 } });
}
