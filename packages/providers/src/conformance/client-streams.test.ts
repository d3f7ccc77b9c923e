/** Every provider's stream on every client's wire: written by the client's codec and read again as a client would. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { ChatClientCodec } from "@headrace/core/wire/chat-codec";
import { parseJsonObject } from "../json/read.ts";
import { decodeStream } from "../testing/chat-streams.ts";
import { CALL, CLIENTS } from "./client-wires.ts";
import { demandFixtureObject, type Expectation } from "./expectation.ts";
import { foundInAnswer, foundInStream } from "./findings.ts";
import { readAnswerFixture, readExpected, readExpectedAnswer, readStreamFixture } from "./fixture-files.ts";
import { chatSubjects } from "./subjects.ts";

for (const { title, codec, folder, cases } of chatSubjects()) {
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    if (bytes === null) continue;
    const { events, whole } = decodeStream(codec, [bytes]);
    for (const { client, reader, loses } of CLIENTS) {
      test(`${title} streams ${name} to ${client.wire}: a client reads what it says`, () => {
        const expected = loses(readExpected(folder, name));
        const found = foundInStream(decodeStream(reader, [Buffer.from(write(client, events, whole))]));
        // Each client's wire has words of its own for an answer that its provider broke off.
        if (expected.finish === "error") return assertBrokenOff(found, expected);
        if (expected.error === null && !expected.cut) return assert.deepEqual(found, expected);
        // The error event is the gateway's; up to it the stream must not look whole.
        assert.equal(found.cut, true);
        assert.equal(found.text, expected.text);
      });
    }
  }

  for (const name of cases) {
    const bytes = readAnswerFixture(folder, name);
    if (bytes === null || name === "error") continue;
    for (const { client, reader, loses } of CLIENTS) {
      test(`${title} answers ${name} to ${client.wire}: a client reads what it says`, () => {
        const answer = codec.decodeAnswer(demandFixtureObject(parseJsonObject(bytes.toString()), name));
        const body: unknown = JSON.parse(JSON.stringify(client.encodeAnswer(answer, CALL)));
        const found = foundInAnswer(reader.decodeAnswer(demandFixtureObject(body, client.wire)));
        assert.deepEqual(found, loses(readExpectedAnswer(folder, name)));
      });
    }
  }
}

function assertBrokenOff(found: Expectation, expected: Expectation): void {
  assert.equal(found.text, expected.text);
  assert.notEqual(found.finish, "stop");
}

function write(client: ChatClientCodec, events: readonly ChatStreamEvent[], whole: boolean): string {
  const encoder = client.createStreamEncoder(CALL);
  let text = "";
  for (const event of events) if (event.type !== "error") text += encoder.encode(event);
  return whole ? text + encoder.end() : text;
}
