import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { parseJsonObject } from "../../json/read.ts";
import { seed } from "../../testing/chat-streams.ts";
import {
  pinEncryptedContent,
  pinResponseBody,
  pinStreamEvents,
  unpinnedEncryptedContent,
  unpinRequest,
} from "./id-rewriting.ts";
import { pinResponseId, type ResponseIssuer } from "./stored-id.ts";
import { answerFixture, eventsOf, streamFixture } from "./testing.ts";

const ISSUER: ResponseIssuer = { provider: "openai-eu", credential: "k1" };
const OTHER: ResponseIssuer = { provider: "azure", credential: null };

test("pins: a whole response, pretty or not, changes in its ids alone", () => {
  const answer: JsonObject = { ...answerFixture("tools"), previous_response_id: "resp_before" };
  for (const spaces of [0, 2]) {
    const text = JSON.stringify(answer, null, spaces);
    const pinned = pinResponseBody(Buffer.from(text), ISSUER).toString();
    const id = String(answer.id);
    const expected = text
      .replace(JSON.stringify(id), JSON.stringify(pinResponseId(id, ISSUER)))
      .replace('"resp_before"', JSON.stringify(pinResponseId("resp_before", ISSUER)));
    assert.equal(pinned, expected);
  }
});

test("pins: a body without ids, and one that is no object, stay as they are", () => {
  for (const text of ['{"error":{"message":"No."}}', "[]", "", '{"id":7}', '{"id":"a\\u0062"}', '{"id":"x']) {
    const body = Buffer.from(text);
    assert.equal(pinResponseBody(body, ISSUER), body);
  }
});

for (const name of ["text", "tools", "thinking", "search"]) {
  test(`pins: ${name}: only the events with the response change`, () => {
    const bytes = streamFixture(name);
    const pinned = pinStreamEvents(bytes, ISSUER);
    const before = eventsOf(bytes);
    const after = eventsOf(pinned);
    assert.equal(after.length, before.length);
    for (const [at, event] of before.entries()) {
      const response = event.response;
      if (typeof response !== "object" || response === null) {
        assert.deepEqual(after[at], event);
        continue;
      }
      const id: unknown = Reflect.get(response, "id");
      assert.deepEqual(after[at], {
        ...event,
        response: { ...response, id: pinResponseId(String(id), ISSUER) },
      });
    }
    const [delta] = bytes
      .toString()
      .split("\n\n")
      .filter((event) => event.includes(".delta"));
    const untouched = Buffer.from(`${delta}\n\n`);
    assert.equal(pinStreamEvents(untouched, ISSUER), untouched);
  });
}

test("pins: nobody's words are taken for an id", () => {
  const words = JSON.stringify({ type: "response.output_text.delta", delta: '"response":{"id":"resp_1"}' });
  const schema = JSON.stringify({ type: "x", tools: { response: { id: "resp_1" } }, response: ["resp_1"] });
  for (const data of [words, schema]) {
    const event = Buffer.from(`event: x\ndata: ${data}\n\n`);
    assert.equal(pinStreamEvents(event, ISSUER), event);
  }
});

test("pins: encrypted thinking is marked in every place and nowhere else", () => {
  const pinned = pinEncryptedContent(streamFixture("thinking"), ISSUER);
  const marks = pinned.toString().match(/"encrypted_content":"hr1_[0-9a-f]+_gAAAAABp/g) ?? [];
  assert.equal(marks.length, 6);
  const none = Buffer.from('{"encrypted_content":null,"a":"\\"encrypted_content\\":\\"x\\""}');
  assert.equal(pinEncryptedContent(none, ISSUER), none);
});

test("pins: taken off again, a request is what it was, and says whose it has to be", () => {
  const texts = fc.string({
    unit: fc.constantFrom("a", '"', "\\", "encrypted_content", "hr1_61_", ":", " "),
  });
  const items = fc.array(
    fc.record({ type: fc.constant("reasoning"), encrypted_content: texts, note: texts }),
  );
  fc.assert(
    fc.property(items, texts, fc.nat(2), (input, instructions, spaces) => {
      const body = Buffer.from(JSON.stringify({ instructions, input, model: "m" }, null, spaces));
      const pinned = pinEncryptedContent(body, ISSUER);
      const { body: unpinned, encryptedFor, previous } = unpinRequest(pinned);
      assert.equal(unpinned.toString(), body.toString());
      assert.deepEqual(encryptedFor, input.length === 0 ? [] : [ISSUER]);
      assert.equal(previous, null);
    }),
    { seed },
  );
});

test("pins: the previous response's id is the provider's own again", () => {
  const id = pinResponseId("resp_before", OTHER);
  const reasoning = (issuer: ResponseIssuer) =>
    parseJsonObject(pinEncryptedContent(Buffer.from('{"encrypted_content":"gA"}'), issuer).toString());
  const body = {
    input: [reasoning(OTHER), reasoning(ISSUER), { previous_response_id: id }, reasoning(OTHER)],
    previous_response_id: id,
  };
  const unpinned = unpinRequest(Buffer.from(JSON.stringify(body)));
  assert.deepEqual(unpinned.previous, OTHER);
  assert.deepEqual(unpinned.encryptedFor, [ISSUER, OTHER]);
  const plain = { encrypted_content: "gA" };
  assert.deepEqual(parseJsonObject(unpinned.body.toString()), {
    input: [plain, plain, { previous_response_id: id }, plain],
    previous_response_id: "resp_before",
  });
});

test("pins: a request without any is not copied", () => {
  for (const text of [
    '{"previous_response_id":"resp_1"}',
    '{"previous_response_id":null}',
    '{"input":"a"}',
    "{",
  ]) {
    const body = Buffer.from(text);
    const unpinned = unpinRequest(body);
    assert.equal(unpinned.body, body);
    assert.equal(unpinned.previous, null);
  }
});

test("pins: one encrypted text by itself", () => {
  assert.equal(unpinnedEncryptedContent("hr1_61_gAAAA"), "gAAAA");
  for (const own of ["gAAAA", "hr1_6_gAAAA", "hr1_00_gAAAA", "__thought__x"])
    assert.equal(unpinnedEncryptedContent(own), own);
});
