/**
 * Requests that each say one thing more than the plainest request. Where a provider's codec writes another body for
 * one, and reports nothing lost, its wire can say that thing.
 */
import type { ChatMessage, ChatRequest, SamplingParams } from "@headrace/core/canonical/chat";
import type {
  AudioPart,
  FilePart,
  ImagePart,
  MediaSource,
  Signer,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";

export interface ChatProbe {
  /** What it says more than {@link ChatProbe.without}. */
  readonly request: Partial<ChatRequest>;
  /** {@link PLAIN} when absent. */
  readonly without?: Partial<ChatRequest>;
  /** Text that is somewhere in the body then. */
  readonly mark?: string;
  /** Text that is in it when a field of the wire says it; else it is said in words, to the model. */
  readonly nativeMark?: string;
}

const MARK = "UFJPQkU=";
const ADDRESS = "https://probe.example/it";

function text(words: string, more: Partial<TextPart> = {}): TextPart {
  return { type: "text", text: words, extra: NO_EXTRA, ...more };
}

function user(...parts: readonly (TextPart | ImagePart | FilePart | AudioPart)[]): ChatMessage {
  return { role: "user", parts, extra: NO_EXTRA };
}

function call(id: string, mark: string): ToolCallPart {
  return { type: "tool-call", id, name: "probe", argumentsJson: JSON.stringify({ mark }), extra: NO_EXTRA };
}

function result(callId: string, ...parts: ToolResultPart["parts"]): ToolResultPart {
  return { type: "tool-result", callId, name: "probe", parts, isError: false, extra: NO_EXTRA };
}

const QUESTION = user(text("Hello"));
const TOOLS: ChatRequest["tools"] = [
  {
    type: "function",
    name: "probe",
    description: "Probes.",
    parameters: { type: "object", properties: { mark: { type: "string" } } },
    extra: NO_EXTRA,
  },
];
/** As strict as every provider with a strict mode wants it. */
const SCHEMA = {
  type: "object",
  properties: { mark: { type: "string" } },
  required: ["mark"],
  additionalProperties: false,
};

/** The plainest request that every chat can carry. */
export const PLAIN: ChatRequest = {
  wire: "openai-chat",
  model: "probe",
  messages: [QUESTION],
  tools: [],
  sampling: {},
  stream: false,
  includeUsage: false,
  extra: NO_EXTRA,
};

const inline = (mediaType: string): MediaSource => ({ kind: "base64", mediaType, data: MARK });
const linked = (mediaType: string): MediaSource => ({ kind: "url", url: ADDRESS, mediaType });
const image = (source: MediaSource): ImagePart => ({ type: "image", source, extra: NO_EXTRA });
const file = (source: MediaSource): FilePart => ({
  type: "file",
  source,
  fileName: "probe.pdf",
  extra: NO_EXTRA,
});

function shown(part: ImagePart | FilePart | AudioPart): ChatProbe {
  const inlineMark = part.source.kind === "url" ? ADDRESS : MARK;
  return { request: { messages: [user(text("Hello"), part)] }, mark: inlineMark };
}

function sampled(sampling: SamplingParams, without: SamplingParams = {}): ChatProbe {
  return { request: { sampling }, without: { sampling: without } };
}

/** A tool's loop of which both calls were made in one turn. */
function loop(calls: readonly ToolCallPart[], results: readonly ToolResultPart[]): readonly ChatMessage[] {
  return [
    QUESTION,
    { role: "assistant", parts: calls, extra: NO_EXTRA },
    { role: "tool", parts: results, extra: NO_EXTRA },
  ];
}

function chosen(toolChoice: NonNullable<ChatRequest["toolChoice"]>): ChatProbe {
  return { request: { tools: TOOLS, toolChoice }, without: { tools: TOOLS } };
}

/** A second turn that brings back what the first had thought, with the proof of whoever wrote it. */
export function signedBy(signer: Signer): ChatProbe {
  const signature = { signer, value: MARK };
  return {
    request: {
      tools: TOOLS,
      reasoning: { effort: "high" },
      messages: [
        QUESTION,
        {
          role: "assistant",
          parts: [
            { type: "thinking", text: "Thought", signature, extra: NO_EXTRA },
            { ...call("call_1", "a"), signature },
          ],
          extra: NO_EXTRA,
        },
        { role: "tool", parts: [result("call_1", text("Done"))], extra: NO_EXTRA },
      ],
    },
    mark: MARK,
  };
}

const CACHED = { cache: { ttl: "5m" } } as const;

/** What a wire can say, or not. */
export type ChatFeature =
  | "stream"
  | "systemMessages"
  | "tools"
  | "parallelTools"
  | "oneToolAtATime"
  | "toolChoiceNone"
  | "toolChoiceRequired"
  | "toolChoiceNamed"
  | "imagesInToolResults"
  | "imagesInline"
  | "imagesByUrl"
  | "documentsInline"
  | "documentsByUrl"
  | "audioInline"
  | "jsonObject"
  | "jsonSchema"
  | "reasoningEffort"
  | "reasoningBudget"
  | "cacheControl"
  | "maxOutputTokens"
  | "temperature"
  | "topP"
  | "topK"
  | "frequencyPenalty"
  | "presencePenalty"
  | "seed"
  | "stop"
  | "n"
  | "logprobs"
  | "topLogprobs";

/** By the name that the table gives what they say. */
export const CHAT_PROBES: Readonly<Record<ChatFeature, ChatProbe>> = {
  stream: { request: { stream: true } },
  systemMessages: {
    request: {
      messages: [{ role: "system", parts: [text("Be a probe.")], extra: NO_EXTRA }, QUESTION],
    },
    mark: "Be a probe.",
  },
  tools: { request: { tools: TOOLS }, mark: "Probes." },
  parallelTools: {
    request: {
      tools: TOOLS,
      messages: loop(
        [call("call_1", "first"), call("call_2", "second")],
        [result("call_1", text("one")), result("call_2", text("two"))],
      ),
    },
    mark: "second",
  },
  oneToolAtATime: {
    request: { tools: TOOLS, sampling: { parallelToolCalls: false } },
    without: { tools: TOOLS },
  },
  toolChoiceNone: chosen({ type: "none" }),
  toolChoiceRequired: chosen({ type: "required" }),
  toolChoiceNamed: chosen({ type: "tool", name: "probe" }),
  imagesInToolResults: {
    request: {
      tools: TOOLS,
      messages: loop([call("call_1", "a")], [result("call_1", text("one"), image(inline("image/png")))]),
    },
    mark: MARK,
  },
  imagesInline: shown(image(inline("image/png"))),
  imagesByUrl: shown(image(linked("image/png"))),
  documentsInline: shown(file(inline("application/pdf"))),
  documentsByUrl: shown(file(linked("application/pdf"))),
  audioInline: shown({ type: "audio", source: inline("audio/wav"), extra: NO_EXTRA }),
  jsonObject: { request: { responseFormat: { type: "json-object" } } },
  jsonSchema: {
    // Within a text its quotes would be escaped.
    nativeMark: '"required":["mark"]',
    request: { responseFormat: { type: "json-schema", name: "probe", schema: SCHEMA, strict: true } },
  },
  reasoningEffort: { request: { reasoning: { effort: "high" } } },
  reasoningBudget: { request: { reasoning: { budgetTokens: 2048 } } },
  cacheControl: {
    request: { messages: [user(text("Hello", CACHED))] },
  },
  maxOutputTokens: sampled({ maxOutputTokens: 321 }),
  temperature: sampled({ temperature: 0.5 }),
  topP: sampled({ topP: 0.5 }),
  topK: sampled({ topK: 5 }),
  frequencyPenalty: sampled({ frequencyPenalty: 0.5 }),
  presencePenalty: sampled({ presencePenalty: 0.5 }),
  seed: sampled({ seed: 42 }),
  stop: sampled({ stop: ["END"] }),
  n: sampled({ choices: 2 }),
  logprobs: sampled({ logprobs: true }),
  topLogprobs: sampled({ logprobs: true, topLogprobs: 3 }, { logprobs: true }),
};
