/** The streams of every provider there is, written as responses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { foundInStream } from "../../conformance/findings.ts";
import { readExpected, readStreamFixture } from "../../conformance/fixture-files.ts";
import { chatSubjects } from "../../conformance/subjects.ts";
import { decodeStream } from "../../testing/chat-streams.ts";
import { openAiResponsesProvider } from "./provider.ts";
import { assertWellFormed, encodeStream } from "./testing.ts";

for (const { title, codec, folder, cases } of chatSubjects()) {
  for (const name of cases) {
    const bytes = readStreamFixture(folder, name, codec.framing);
    const expected = readExpected(folder, name);
    if (bytes === null || expected.error !== null || expected.cut || expected.finish === "error") continue;

    test(`Responses for ${title}: ${name} says the same on this wire`, () => {
      const { events } = decodeStream(codec, [bytes]);
      const stream = encodeStream(events.filter((event) => event.type !== "start" && event.type !== "error"));
      assertWellFormed(stream);
      const again = foundInStream(decodeStream(openAiResponsesProvider, [Buffer.from(stream)]));
      assert.deepEqual(again, expected);
    });
  }
}
