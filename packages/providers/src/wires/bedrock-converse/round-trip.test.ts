/** A request that is written for Bedrock and read as a client's says what it said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { conversation, demandingChoice, functionTools, said } from "../../testing/request-arbitraries.ts";
import { converseClient } from "./client.ts";
import { converseProvider } from "./provider.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const MODEL = "eu.anthropic.claude-3-7-sonnet-20250219-v1:0";

const messages = conversation({
  images: true,
  marksErrors: true,
  thought: (text) => ({
    type: "thinking",
    text,
    signature: { signer: "anthropic", value: "c2lnbmVk" },
    extra: NO_EXTRA,
  }),
});

const sampling = fc.record(
  {
    maxOutputTokens: fc.integer({ min: 1, max: 4096 }),
    temperature: fc.constantFrom(0, 0.5, 1),
    topK: fc.integer({ min: 1, max: 500 }),
    stop: fc.array(said, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

const request: fc.Arbitrary<ChatRequest> = fc
  .record({
    messages,
    tools: functionTools,
    choice: fc.option(demandingChoice),
    sampling,
    stream: fc.boolean(),
  })
  .map(({ choice, ...rest }) => ({
    wire: "bedrock-converse",
    model: MODEL,
    ...rest,
    ...(choice === null ? {} : { toolChoice: choice }),
    includeUsage: true,
    extra: {
      guardrailConfig: { guardrailIdentifier: "g" },
      metadata: { team: "mill" },
      service_tier: "flex",
    },
  }));

test("converse request: its own client reads what was written for the provider", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  fc.assert(
    fc.property(request, (given) => {
      const { body, lost } = converseProvider.encodeRequest(given, { model: MODEL, stream: given.stream });
      assert.deepEqual(lost, []);
      const sent: JsonObject = JSON.parse(JSON.stringify(body));
      const read = converseClient.decodeRequest(sent, { model: MODEL, stream: given.stream });
      assert.deepEqual(JSON.parse(JSON.stringify(read)), JSON.parse(JSON.stringify(given)));
    }),
    { seed, numRuns: 150 },
  );
});
