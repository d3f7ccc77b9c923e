import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import {
  answers,
  asks,
  calls,
  file,
  HI,
  image,
  png,
  result,
  results,
  says,
  spec,
  stub,
  testRequests,
  tool,
} from "./request-testing.ts";
import { encode, text, user } from "./testing.ts";

const LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0";
const NOVA = "amazon.nova-pro-v1:0";

testRequests([
  { name: "a plain question", request: {}, body: { messages: HI } },
  {
    name: "instructions",
    request: { messages: [says("system", "Be brief."), says("developer", "No lists."), user("Hi")] },
    body: { system: [{ text: "Be brief." }, { text: "No lists." }], messages: HI },
  },
  {
    name: "an instruction where it stands",
    request: { messages: [user("Hi"), says("system", "Be brief."), user("Go on.")] },
    body: {
      messages: [
        {
          role: "user",
          content: [{ text: "Hi" }, { text: "<system>\nBe brief.\n</system>" }, { text: "Go on." }],
        },
      ],
    },
  },
  {
    name: "nothing but instructions",
    request: { messages: [says("system", "Be brief."), says("system", "Greet me.")] },
    body: { system: [{ text: "Be brief." }], messages: [{ role: "user", content: [{ text: "Greet me." }] }] },
  },
  {
    name: "turns of one role merged, blank ones left out, the prefill trimmed",
    request: {
      messages: [user("One"), answers(text("  ")), user("Two"), answers(text("Three: \n"))],
    },
    body: {
      messages: [
        { role: "user", content: [{ text: "One" }, { text: "Two" }] },
        { role: "assistant", content: [{ text: "Three:" }] },
      ],
    },
  },
  {
    name: "a tool loop",
    request: {
      messages: [
        user("How high?"),
        answers(
          text("I look."),
          calls("call_1", "read_gauge", '{"gauge":"n"}'),
          calls("call_2", "list_gauges", ""),
        ),
        results(result("call_1", "2 m"), result("call_2", "broken", { isError: true })),
        user("And now?"),
      ],
      tools: [tool("read_gauge", { description: "Reads." }), tool("list_gauges")],
      toolChoice: { type: "auto" },
    },
    body: {
      messages: [
        { role: "user", content: [{ text: "How high?" }] },
        {
          role: "assistant",
          content: [
            { text: "I look." },
            { toolUse: { toolUseId: "call_1", name: "read_gauge", input: { gauge: "n" } } },
            { toolUse: { toolUseId: "call_2", name: "list_gauges", input: {} } },
          ],
        },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "call_1", content: [{ text: "2 m" }] } },
            { toolResult: { toolUseId: "call_2", content: [{ text: "broken" }], status: "error" } },
            { text: "And now?" },
          ],
        },
      ],
      toolConfig: { tools: [spec("read_gauge", { description: "Reads." }), spec("list_gauges")] },
    },
  },
  {
    name: "results before what the user said before them",
    request: {
      messages: [
        answers(calls("a", "f")),
        user("Wait."),
        results(result("a", "1", { cache: { ttl: "5m" } }), result("b", "2")),
      ],
      tools: [tool("f")],
    },
    body: {
      messages: [
        { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "f", input: {} } }] },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "a", content: [{ text: "1" }] } },
            { cachePoint: { type: "default" } },
            { toolResult: { toolUseId: "b", content: [{ text: "2" }] } },
            { text: "Wait." },
          ],
        },
      ],
      toolConfig: { tools: [spec("f")] },
    },
  },
  {
    name: "tools of the conversation that are no longer offered",
    request: {
      messages: [answers(calls("a", "f"), calls("b", "g")), results(result("a", "1"), result("b", "2"))],
    },
    body: {
      messages: [
        {
          role: "assistant",
          content: [
            { toolUse: { toolUseId: "a", name: "f", input: {} } },
            { toolUse: { toolUseId: "b", name: "g", input: {} } },
          ],
        },
        {
          role: "user",
          content: [
            { toolResult: { toolUseId: "a", content: [{ text: "1" }] } },
            { toolResult: { toolUseId: "b", content: [{ text: "2" }] } },
          ],
        },
      ],
      toolConfig: { tools: [stub("f"), stub("g")] },
    },
  },
  {
    name: "results without their calls",
    request: { messages: [results(result("a", "", { parts: [] }))] },
    body: {
      messages: [{ role: "user", content: [{ toolResult: { toolUseId: "a", content: [] } }] }],
      toolConfig: { tools: [stub("tool")] },
    },
  },
  {
    name: "images and documents, in results too",
    request: {
      messages: [
        asks(
          text("Look"),
          image(png),
          image({ kind: "url", url: "s3://mill/gate.jpg" }),
          file("a, b.c (1).pdf", "application/pdf"),
          file("A B c (1).PDF", "application/pdf"),
          file(undefined, "text/plain; charset=utf-8"),
          file("분기.csv", "application/octet-stream"),
          { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "AAAA" }, extra: {} },
        ),
        answers(calls("a", "f")),
        results(result("a", "", { parts: [text("Here"), image(png), file("a.md", "text/markdown")] })),
      ],
      tools: [tool("f")],
    },
    body: {
      messages: [
        {
          role: "user",
          content: [
            { text: "Look" },
            { image: { format: "png", source: { bytes: "AAAA" } } },
            { image: { format: "jpeg", source: { s3Location: { uri: "s3://mill/gate.jpg" } } } },
            { document: { format: "pdf", source: { bytes: "AAAA" }, name: "a b c (1)" } },
            { document: { format: "pdf", source: { bytes: "AAAA" }, name: "A B c (1)-2" } },
            { document: { format: "txt", source: { bytes: "AAAA" }, name: "document" } },
            { document: { format: "csv", source: { bytes: "AAAA" }, name: "document-2" } },
            { audio: { format: "wav", source: { bytes: "AAAA" } } },
          ],
        },
        { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "f", input: {} } }] },
        {
          role: "user",
          content: [
            {
              toolResult: {
                toolUseId: "a",
                content: [
                  { text: "Here" },
                  { image: { format: "png", source: { bytes: "AAAA" } } },
                  { document: { format: "md", source: { bytes: "AAAA" }, name: "a" } },
                ],
              },
            },
          ],
        },
      ],
      toolConfig: { tools: [spec("f")] },
    },
  },
  {
    name: "Claude's own thinking, and no other's",
    request: {
      messages: [
        user("Hi"),
        answers(
          { type: "thinking", text: "Hm.", signature: { signer: "anthropic", value: "sig" }, extra: {} },
          { type: "thinking", text: "", redacted: { signer: "anthropic", value: "hid" }, extra: {} },
          { type: "thinking", text: "Hm?", signature: { signer: "gemini", value: "sig" }, extra: {} },
          { type: "thinking", text: "Hm!", extra: {} },
          text("Hello"),
        ),
        user("Bye"),
      ],
    },
    body: {
      messages: [
        { role: "user", content: [{ text: "Hi" }] },
        {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "Hm.", signature: "sig" } } },
            { reasoningContent: { redactedContent: "hid" } },
            { text: "Hello" },
          ],
        },
        { role: "user", content: [{ text: "Bye" }] },
      ],
    },
  },
  {
    name: "no thinking to other vendors' models",
    model: NOVA,
    request: {
      messages: [
        user("Hi"),
        answers(
          { type: "thinking", text: "Hm.", signature: { signer: "anthropic", value: "sig" }, extra: {} },
          text("Hello"),
        ),
      ],
    },
    body: { messages: [...HI, { role: "assistant", content: [{ text: "Hello" }] }] },
  },
  {
    name: "cache marks as points",
    request: {
      messages: [
        { role: "system", parts: [{ ...text("Long."), cache: { ttl: "1h" } }], extra: {} },
        asks({ ...text("Long too."), cache: { ttl: "5m" } }, { ...text(""), cache: { ttl: "5m" } }),
      ],
      tools: [tool("f"), tool("g", { cache: { ttl: "1h" } })],
    },
    body: {
      system: [{ text: "Long." }, { cachePoint: { type: "default", ttl: "1h" } }],
      messages: [
        {
          role: "user",
          content: [{ text: "Long too." }, { cachePoint: { type: "default" } }],
        },
      ],
      toolConfig: { tools: [spec("f"), spec("g"), { cachePoint: { type: "default", ttl: "1h" } }] },
    },
  },
  {
    name: "cache marks to a model that keeps five minutes only",
    model: NOVA,
    request: { messages: [asks({ ...text("Long."), cache: { ttl: "1h" } })] },
    body: { messages: [{ role: "user", content: [{ text: "Long." }, { cachePoint: { type: "default" } }] }] },
  },
  {
    name: "cache marks to a model without a cache",
    model: LLAMA,
    request: {
      messages: [asks({ ...text("Long."), cache: { ttl: "5m" } })],
      tools: [tool("f", { cache: { ttl: "5m" } })],
    },
    body: {
      messages: [{ role: "user", content: [{ text: "Long." }] }],
      toolConfig: { tools: [spec("f")] },
    },
    lost: ["messages[].content[].cache_control", "tools[].cache_control"],
  },
]);

const REFUSED: readonly (readonly [string, ChatMessage, RegExp])[] = [
  [
    "a URL",
    asks(image({ kind: "url", url: "https://mill.example/gate.png" })),
    /fetches no URL: send the image as base64/,
  ],
  [
    "an uploaded file",
    asks({ type: "file", source: { kind: "file-id", id: "file-1" }, extra: {} }),
    /send the document as base64/,
  ],
  [
    "a format",
    asks(image({ kind: "base64", mediaType: "image/tiff", data: "" })),
    /"image\/tiff"; it takes png, jpeg, gif, webp/,
  ],
];
for (const [name, message, words] of REFUSED) {
  test(`converse request: refuses ${name} that Bedrock cannot read`, () => {
    assert.throws(
      () => encode({ messages: [message] }),
      (error) => {
        assert.ok(error instanceof GatewayError);
        assert.equal(error.code, "invalid_field");
        assert.match(error.message, words);
        assert.match(error.param ?? "", /^messages\[\]\.content\[\]\.(image|file)$/);
        return true;
      },
    );
  });
}

test("converse request: another provider's id still ties a result to its call", () => {
  const long = "x".repeat(100);
  const ids = ["functions.f:0", "functions_f_0", long, `${long}y`];
  const { body } = encode({
    messages: [answers(...ids.map((id) => calls(id, "f"))), results(...ids.map((id) => result(id, "1")))],
    tools: [tool("f")],
  });
  const written = [...JSON.stringify(body).matchAll(/"toolUseId":"([^"]*)"/g)].map((match) => match[1] ?? "");
  assert.deepEqual(written.slice(0, ids.length), written.slice(ids.length));
  assert.equal(new Set(written).size, ids.length);
  for (const id of written) assert.match(id, /^[a-zA-Z0-9_-]{1,64}$/);
});
