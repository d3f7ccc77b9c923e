/** Chats that say much, as goldens show them on every provider's wire. */
import type { ChatRequest } from "@headrace/core/canonical/chat";
import {
  type AudioPart,
  type FilePart,
  type ImagePart,
  NO_EXTRA,
  type Signer,
  type TextPart,
} from "@headrace/core/canonical/chat-parts";

type Message = ChatRequest["messages"][number];

function text(words: string, more: Partial<TextPart> = {}): TextPart {
  return { type: "text", text: words, extra: NO_EXTRA, ...more };
}

function user(...parts: readonly (TextPart | ImagePart | FilePart | AudioPart)[]): Message {
  return { role: "user", parts, extra: NO_EXTRA };
}

const SYSTEM: Message = {
  role: "system",
  parts: [text("You keep the weirs of a river.")],
  extra: NO_EXTRA,
};

const GAUGE_SCHEMA = {
  type: "object",
  properties: { station: { type: "string" }, unit: { type: "string", enum: ["cm", "m³/s"] } },
  required: ["station"],
  additionalProperties: false,
};

const TOOLS: ChatRequest["tools"] = [
  {
    type: "function",
    name: "read_gauge",
    description: "Reads a gauge.",
    parameters: GAUGE_SCHEMA,
    extra: NO_EXTRA,
  },
  {
    type: "function",
    name: "list_stations",
    description: "Lists the stations.",
    parameters: undefined,
    extra: NO_EXTRA,
  },
];

const BASE: ChatRequest = {
  wire: "openai-chat",
  model: "client-model",
  messages: [],
  tools: [],
  sampling: {},
  stream: false,
  includeUsage: false,
  extra: NO_EXTRA,
};

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";
const PDF = "JVBERi0xLjQKJcOkw7zDtsOf";

/** A second turn after thinking and a call, with the proofs of whoever had thought. */
function secondTurn(signer: Signer): ChatRequest {
  const signature = { signer, value: `c2lnbmVkLWJ5LSR7${signer}` };
  return {
    ...BASE,
    stream: true,
    includeUsage: true,
    reasoning: { effort: "medium" },
    tools: TOOLS,
    sampling: { maxOutputTokens: 16_000 },
    messages: [
      SYSTEM,
      user(text("How much water is there at Oberau?")),
      {
        role: "assistant",
        extra: NO_EXTRA,
        parts: [
          {
            type: "thinking",
            text: "The gauge will tell.",
            ...(signer === "gemini" ? {} : { signature }),
            extra: NO_EXTRA,
          },
          text("I look."),
          {
            type: "tool-call",
            id: "call_1",
            name: "read_gauge",
            argumentsJson: '{"station":"Oberau"}',
            ...(signer === "gemini" ? { signature } : {}),
            extra: NO_EXTRA,
          },
        ],
      },
      {
        role: "tool",
        extra: NO_EXTRA,
        parts: [
          {
            type: "tool-result",
            callId: "call_1",
            name: "read_gauge",
            parts: [text("3 m³/s")],
            isError: false,
            extra: NO_EXTRA,
          },
        ],
      },
    ],
  };
}

export const REQUESTS: Readonly<Record<string, ChatRequest>> = {
  "tool-loop": {
    ...BASE,
    tools: TOOLS,
    toolChoice: { type: "required" },
    sampling: { parallelToolCalls: true, maxOutputTokens: 1000 },
    messages: [
      SYSTEM,
      user(text("Compare the gauges.")),
      {
        role: "assistant",
        extra: NO_EXTRA,
        parts: [
          text("I read both."),
          {
            type: "tool-call",
            id: "call_1",
            name: "read_gauge",
            argumentsJson: '{"station":"Oberau"}',
            extra: NO_EXTRA,
          },
          { type: "tool-call", id: "call_2", name: "list_stations", argumentsJson: "{}", extra: NO_EXTRA },
        ],
      },
      {
        role: "tool",
        extra: NO_EXTRA,
        parts: [
          {
            type: "tool-result",
            callId: "call_1",
            name: "read_gauge",
            parts: [text("312 cm")],
            isError: false,
            extra: NO_EXTRA,
          },
          {
            type: "tool-result",
            callId: "call_2",
            name: "list_stations",
            parts: [text("The list is not there.")],
            isError: true,
            extra: NO_EXTRA,
          },
        ],
      },
      user(text("And now?")),
    ],
  },
  "images-and-pdf": {
    ...BASE,
    messages: [
      user(
        text("What is this?"),
        {
          type: "image",
          source: { kind: "base64", mediaType: "image/png", data: PIXEL },
          detail: "high",
          extra: NO_EXTRA,
        },
        {
          type: "file",
          source: { kind: "base64", mediaType: "application/pdf", data: PDF },
          fileName: "weir.pdf",
          extra: NO_EXTRA,
        },
      ),
    ],
  },
  "image-by-url": {
    ...BASE,
    messages: [
      user(text("What is this?"), {
        type: "image",
        source: { kind: "url", url: "https://gauges.example/weir.png" },
        extra: NO_EXTRA,
      }),
    ],
  },
  "second-turn-of-claude": secondTurn("anthropic"),
  "second-turn-of-gemini": secondTurn("gemini"),
  "json-schema": {
    ...BASE,
    responseFormat: {
      type: "json-schema",
      name: "gauge reading",
      description: "What a gauge shows.",
      schema: GAUGE_SCHEMA,
      strict: true,
    },
    messages: [user(text("Read the gauge as JSON."))],
  },
  "cache-marks": {
    ...BASE,
    tools: TOOLS.map((tool, index) => (index === 1 ? { ...tool, cache: { ttl: "1h" } } : tool)),
    messages: [
      { ...SYSTEM, parts: [text("You keep the weirs of a river.", { cache: { ttl: "1h" } })] },
      user(text("Here is the log of the year.", { cache: { ttl: "5m" } }), text("When was the flood?")),
    ],
  },
  sampling: {
    ...BASE,
    stream: true,
    includeUsage: true,
    sampling: {
      maxOutputTokens: 256,
      temperature: 0.25,
      topP: 0.5,
      topK: 20,
      frequencyPenalty: 0.5,
      presencePenalty: -0.5,
      seed: 7,
      choices: 2,
      stop: ["END", "\n\n"],
      logprobs: true,
      topLogprobs: 3,
    },
    messages: [
      SYSTEM,
      { role: "developer", parts: [text("Be brief.")], extra: NO_EXTRA },
      user(text("How high is the water?")),
    ],
    extra: { logit_bias: { "50256": -100 }, user: "keeper-1", metadata: { weir: "Oberau" } },
  },
};
