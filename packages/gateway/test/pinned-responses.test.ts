/** Responses that providers keep, which are gone on from where they were made, as OpenAI's own client sees them. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Mock } from "@headrace/mock-upstream/server";
import type { Response, ResponseInputItem } from "openai/resources/responses/responses";
import {
  bodiesAt,
  type ResponsesGateway,
  refusalOf,
  startResponsesGateway,
} from "./support/responses-gateway.ts";
import { startScriptedUpstream } from "./support/scripted-upstream.ts";

/** `openai-2` in hex. */
const SECOND_MARK = "6f70656e61692d32";
const PINNED_TO_SECOND = new RegExp(`^resp_hr1_${SECOND_MARK}_[A-Za-z0-9]+$`);
const ENCRYPTED = { store: false, include: ["reasoning.encrypted_content" as const] };

describe("responses that providers keep", { timeout: 60_000 }, () => {
  let up: ResponsesGateway;
  before(async () => {
    up = await startResponsesGateway(2);
  });
  beforeEach(() => {
    up.first.clear();
    up.second.clear();
  });
  after(() => up.close());

  const say = (input: string | ResponseInputItem[], more: object = {}): Promise<Response> =>
    up.client().responses.create({ model: "gpt", input, ...more, stream: false });

  const streamed = (input: string | ResponseInputItem[], more: object = {}): Promise<Response> =>
    up
      .client()
      .responses.stream({ model: "gpt", input, ...more })
      .finalResponse();

  /** A first turn that only the second provider could answer. */
  const beginAtSecond = async (begin: typeof say, more: object = {}): Promise<Response> => {
    up.first.setFaults({ status: 500 }, { times: 1 });
    const turn = await begin("One.", more);
    assert.equal(bodiesAt(up.second).length, 1);
    up.first.clear();
    up.second.clear();
    return turn;
  };

  const ownId = (id: string): string => id.replace(`hr1_${SECOND_MARK}_`, "");

  for (const [how, begin] of [
    ["plain", say],
    ["streamed", streamed],
  ] as const) {
    it(`are gone on from where they are, ${how}`, async () => {
      const turn = await beginAtSecond(begin);
      assert.match(turn.id, PINNED_TO_SECOND);
      const next = await begin("Two.", { previous_response_id: turn.id });
      assert.match(next.id, PINNED_TO_SECOND);
      assert.equal(next.previous_response_id, turn.id);
      assert.equal(up.first.received.length, 0);
      assert.equal(bodiesAt(up.second)[0]?.previous_response_id, ownId(turn.id));
    });
  }

  it("are told of in every event with the same id", async () => {
    const ids = new Set<string>();
    const stream = await up.client().responses.create({ model: "gpt-second", input: "One.", stream: true });
    for await (const event of stream) if ("response" in event) ids.add(event.response.id);
    assert.equal(ids.size, 1);
    assert.match([...ids].join(), PINNED_TO_SECOND);
  });

  it("go nowhere else when their provider fails", async () => {
    const turn = await beginAtSecond(say);
    up.second.setFaults({ status: 500 });
    const refusal = await refusalOf(say("Two.", { previous_response_id: turn.id }));
    assert.equal(refusal.status, 500);
    assert.equal(up.first.received.length, 0);
  });

  it("are of any model that their provider serves, and of no other", async () => {
    const turn = await beginAtSecond(say);
    const next = await say("Two.", { model: "gpt-second", previous_response_id: turn.id });
    assert.equal(next.previous_response_id, turn.id);
    const refusal = await refusalOf(say("Two.", { model: "claude", previous_response_id: turn.id }));
    assert.equal(refusal.code, "previous_response_not_found");
    assert.match(refusal.message, /kept by the provider "openai-2", which does not serve the model "claude"/);
    assert.equal(up.first.received.length, 0);
  });

  it("are left as they are where nothing is stored", async () => {
    for (const begin of [say, streamed]) {
      const { id } = await begin("One.", { store: false });
      assert.doesNotMatch(id, /hr/);
    }
  });

  it("are retrieved from their provider and deleted there", async () => {
    const turn = await beginAtSecond(say);
    const { responses } = up.client();
    assert.deepEqual(await responses.retrieve(turn.id), turn);
    await responses.delete(turn.id);
    assert.deepEqual(
      up.second.received.map(({ method, path }) => [method, path]),
      [
        ["GET", `/v1/responses/${ownId(turn.id)}`],
        ["DELETE", `/v1/responses/${ownId(turn.id)}`],
      ],
    );
    assert.equal((await refusalOf(responses.retrieve(turn.id))).status, 404);
    assert.equal(up.first.received.length, 0);
  });

  it("are closed to a key that may use none of their provider's models", async () => {
    const turn = await beginAtSecond(say);
    const narrow = up.client("hr-test-key-for-one-model").responses;
    assert.equal((await refusalOf(narrow.retrieve(turn.id))).code, "response_not_found");
    assert.equal(up.second.received.length, 0);
  });

  it("that were made past the gateway are asked of the provider that the client names", async () => {
    const turn = await beginAtSecond(say);
    const { responses } = up.client();
    const id = ownId(turn.id);
    assert.equal((await refusalOf(responses.retrieve(id))).code, "response_not_found");
    const headers = { "x-headrace-provider": "openai-2" };
    assert.equal((await responses.retrieve(id, {}, { headers })).id, id);
  });

  it("go on from a response that the gateway keeps, though their provider could keep its own", async () => {
    const kept = await say("One.", { model: "claude" });
    const next = await say("Two.", { model: "mixed", previous_response_id: kept.id });
    assert.equal(next.previous_response_id, kept.id);
    assert.match(next.id, /^resp_hre_/);
    const [body] = bodiesAt(up.second);
    assert.match(JSON.stringify(body), /One\..*Two\./);
  });

  for (const [how, begin] of [
    ["plain", say],
    ["streamed", streamed],
  ] as const) {
    it(`bring encrypted reasoning back to who can read it, ${how}`, async () => {
      for (const mock of [up.first, up.second])
        mock.setFaults({ reasoningTokens: 4, requireSignatures: true });
      up.first.setFaults({ status: 500 }, { times: 1 });
      const turn = await begin("One.", ENCRYPTED);
      assert.match(JSON.stringify(turn.output), new RegExp(`"encrypted_content":"hr1_${SECOND_MARK}_`));
      up.first.clear();
      up.second.clear();
      const items: ResponseInputItem[] = JSON.parse(JSON.stringify(turn.output));
      const input: ResponseInputItem[] = [
        { role: "user", content: "One." },
        ...items,
        { role: "user", content: "Two." },
      ];
      await begin(input, ENCRYPTED);
      assert.equal(up.first.received.length, 0);
      assert.doesNotMatch(encryptedAt(up.second), /hr1_/);
      const refusal = await refusalOf(begin(input, { ...ENCRYPTED, model: "claude" }));
      assert.equal(refusal.code, "invalid_field");
      assert.match(refusal.message, /Only the provider "openai-2" can read the encrypted reasoning/);
      // A model with one account has its bytes as they are.
      const single = await begin("One.", { ...ENCRYPTED, model: "gpt-second" });
      assert.doesNotMatch(JSON.stringify(single.output), /hr1_/);
    });
  }
});

function encryptedAt(mock: Mock): string {
  const [body] = bodiesAt(mock);
  const [, encrypted] = /"encrypted_content":"([^"]+)"/.exec(JSON.stringify(body)) ?? [];
  assert.ok(encrypted !== undefined);
  return encrypted;
}

describe("what is asked of a response at its provider", { timeout: 60_000 }, () => {
  it("is its input items, its cancellation and its stream, whose answers come back pinned", async (t) => {
    const upstream = await startScriptedUpstream();
    t.after(() => upstream.close());
    const provider = { adapter: "openai", baseUrl: upstream.url, apiKey: "provider-key" };
    const up = await startResponsesGateway(1, {
      providers: { "openai-2": provider },
      models: { gpt: { targets: [{ provider: "openai-2", model: "gpt-4o" }] } },
      keys: [{ name: "client", key: "hr-test-key-of-the-client" }],
    });
    t.after(() => up.close());
    const { responses } = up.client();
    const pinned = `resp_hr1_${SECOND_MARK}_abc123`;

    const listing = responses.inputItems.list(pinned, { limit: 2, order: "asc" }).then((page) => page.data);
    const list = await upstream.next();
    assert.equal(list.response.req.url, "/v1/responses/resp_abc123/input_items?limit=2&order=asc");
    list.response.setHeader("content-type", "application/json");
    list.response.end(
      '{"object":"list","data":[{"id":"msg_1","type":"message","role":"user","content":[]}],"has_more":false}',
    );
    assert.equal((await listing)[0]?.id, "msg_1");

    const cancelling = responses.cancel(pinned);
    const cancel = await upstream.next();
    assert.equal(cancel.response.req.method, "POST");
    assert.equal(cancel.response.req.url, "/v1/responses/resp_abc123/cancel");
    cancel.response.setHeader("content-type", "application/json");
    cancel.response.end('{"id":"resp_abc123","object":"response","status":"cancelled","output":[]}');
    assert.equal((await cancelling).id, pinned);

    const streaming = responses.retrieve(pinned, { stream: true, starting_after: 3 });
    const stream = await upstream.next();
    assert.equal(stream.response.req.url, "/v1/responses/resp_abc123?stream=true&starting_after=3");
    stream.response.setHeader("content-type", "text/event-stream");
    stream.response.end(
      'event: response.completed\ndata: {"type":"response.completed","sequence_number":4,"response":{"id":"resp_abc123","object":"response","status":"completed","output":[]}}\n\n',
    );
    const ids: string[] = [];
    for await (const event of await streaming) if ("response" in event) ids.push(event.response.id);
    assert.deepEqual(ids, [pinned]);
  });
});
