import { answers, calls, HI, spec, testRequests, tool } from "./request-testing.ts";
import { text } from "./testing.ts";

testRequests([
  {
    name: "what only the client's wire knows",
    request: {
      messages: [
        { role: "user", parts: [{ ...text("Hi"), extra: { odd: 1 } }], extra: { name: "ada" } },
        answers(
          { type: "opaque", wire: "anthropic-messages", raw: { type: "server_tool_use" } },
          calls("a", "f", "{"),
        ),
      ],
      tools: [tool("f")],
      extra: {
        logit_bias: {},
        store: false,
        stream_options: {},
        service_tier: "flex",
        metadata: { team: "mill" },
        user: "ada lovelace ✓",
        safety_identifier: "u-1",
      },
    },
    body: {
      messages: [
        ...HI,
        { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "f", input: {} } }] },
      ],
      toolConfig: { tools: [spec("f")] },
      serviceTier: { type: "flex" },
      requestMetadata: { team: "mill", safety_identifier: "u-1" },
    },
    lost: [
      "messages[].name",
      "messages[].content[].odd",
      "messages[].content[].server_tool_use",
      "messages[].content[].arguments",
      "logit_bias",
      "user",
    ],
  },
  {
    name: "Converse's own fields by their names",
    request: {
      extra: {
        guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
        requestMetadata: { a: "b" },
        metadata: { c: "d" },
        service_tier: "scale",
        store: true,
        additionalModelRequestFields: { anthropic_beta: ["x"], top_k: 9 },
      },
      sampling: { topK: 5 },
    },
    body: {
      messages: HI,
      additionalModelRequestFields: { anthropic_beta: ["x"], top_k: 9 },
      guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
      requestMetadata: { a: "b" },
    },
    lost: ["service_tier", "store"],
  },
]);
