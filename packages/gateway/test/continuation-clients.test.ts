/** The vendors' own clients in front of a text that breaks off and is gone on with by another target: one answer. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { BedrockRuntimeClient, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { GoogleGenAI } from "@google/genai";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import OpenAI from "openai";
import { bodyAt, breakAfter, startContinuedGateway, WHOLE } from "./support/continued-gateway.ts";
import { KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import type { RoutedGateway } from "./support/routed-gateway.ts";

const MESSAGES = [{ role: "user", content: "Hello" }] as const;

let up: RoutedGateway;

before(async () => {
  up = await startContinuedGateway();
});
beforeEach(() => up.clear());
after(() => closeWithNothingLeft(up));

describe("clients on other wires", () => {
  test("OpenAI's SDK sees one answer", async () => {
    breakAfter(up, 4, "claude");
    const client = new OpenAI({ apiKey: KEY, baseURL: `${up.gateway.url}/v1`, maxRetries: 0 });
    const answer = await client.chat.completions
      .stream({ model: "claude-sonnet-4-5", messages: [...MESSAGES] })
      .finalChatCompletion();
    assert.equal(answer.choices[0]?.message.content, WHOLE);
    assert.equal(answer.choices[0]?.finish_reason, "stop");
    const { messages } = bodyAt(up, "claude");
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant"],
    );
  });

  test("Anthropic's SDK sees one message, with one block", async () => {
    breakAfter(up, 4, "claude");
    const client = new Anthropic({ apiKey: KEY, baseURL: up.gateway.url, maxRetries: 0 });
    const events: string[] = [];
    const message = await client.messages
      .stream({ model: "claude-sonnet-4-5", max_tokens: 200, messages: [...MESSAGES] })
      .on("streamEvent", ({ type }) => events.push(type))
      .finalMessage();
    assert.deepEqual(
      message.content.map((block) => (block.type === "text" ? block.text : block.type)),
      [WHOLE],
    );
    assert.equal(message.stop_reason, "end_turn");
    assert.ok(message.usage.output_tokens > 0);
    for (const once of [
      "message_start",
      "content_block_start",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ])
      assert.equal(events.filter((type) => type === once).length, 1, once);
  });

  test("Google's SDK sees one answer", async () => {
    breakAfter(up, 4, "gemini");
    const client = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: up.gateway.url } });
    let text = "";
    const ids = new Set<string | undefined>();
    for await (const piece of await client.models.generateContentStream({
      model: "gemini-2.5-flash",
      contents: "Hello",
    })) {
      text += piece.text ?? "";
      ids.add(piece.responseId);
    }
    assert.equal(text, WHOLE);
    assert.equal(ids.size, 1);
    const { contents } = bodyAt(up, "gemini") as unknown as { contents: { role: string }[] };
    assert.deepEqual(
      contents.map(({ role }) => role),
      ["user", "model"],
    );
  });
});

describe("clients of Bedrock", () => {
  test("see one message, with one block", async () => {
    breakAfter(up, 4, "claude");
    const client = new BedrockRuntimeClient({
      endpoint: up.gateway.url,
      region: "us-east-1",
      token: { token: KEY },
      authSchemePreference: ["httpBearerAuth"],
      maxAttempts: 1,
      // It would speak HTTP/2, which only a call in both directions at once needs.
      requestHandler: new NodeHttpHandler(),
    });
    const { stream: events } = await client.send(
      new ConverseStreamCommand({
        modelId: "claude-sonnet-4-5",
        messages: [{ role: "user", content: [{ text: "Hello" }] }],
      }),
    );
    let text = "";
    const seen: string[] = [];
    for await (const event of events ?? []) {
      seen.push(...Object.keys(event));
      text += event.contentBlockDelta?.delta?.text ?? "";
    }
    client.destroy();
    assert.equal(text, WHOLE);
    for (const once of ["messageStart", "contentBlockStop", "messageStop", "metadata"])
      assert.equal(seen.filter((name) => name === once).length, 1, `${once}: ${seen.join()}`);
  });
});
