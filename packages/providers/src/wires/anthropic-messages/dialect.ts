import type { JsonObject } from "@headrace/core/json-object";
import type { StreamFraming } from "@headrace/core/wire/chat-codec";

/** How a platform's Messages requests and streams differ from Anthropic's own. */
export interface AnthropicDialect {
  /** Members that every request body has. */
  readonly body: JsonObject;
  /** The body names the model; elsewhere the path does. */
  readonly namesModel: boolean;
  /** The body says whether a stream is wanted; elsewhere the path does. */
  readonly saysStream: boolean;
  readonly framing: StreamFraming;
  /** Betas stand in the body; elsewhere in a header. */
  readonly betasInBody: boolean;
  /** Images and documents may be named by a URL or a file's id; elsewhere they must be in the request. */
  readonly fetchesMedia: boolean;
}

export const ANTHROPIC_API: AnthropicDialect = {
  body: {},
  namesModel: true,
  saysStream: true,
  betasInBody: false,
  framing: "sse",
  fetchesMedia: true,
};

/** Claude on Vertex AI, `:rawPredict` and `:streamRawPredict` (Google Cloud, "Use Anthropic's Claude models"). */
export const VERTEX_CLAUDE: AnthropicDialect = {
  body: { anthropic_version: "vertex-2023-10-16" },
  namesModel: false,
  saysStream: true,
  betasInBody: false,
  framing: "sse",
  fetchesMedia: false,
};

/**
 * Claude on Amazon Bedrock, `InvokeModel` and `InvokeModelWithResponseStream` (Bedrock user guide, "Anthropic Claude
 * Messages API"). Each message of a stream holds one of Anthropic's events, in base64.
 */
export const BEDROCK_INVOKE: AnthropicDialect = {
  body: { anthropic_version: "bedrock-2023-05-31" },
  namesModel: false,
  saysStream: false,
  betasInBody: true,
  framing: "aws-event-stream",
  fetchesMedia: false,
};
