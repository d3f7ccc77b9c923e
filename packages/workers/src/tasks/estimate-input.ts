import { isJsonObject } from "@headrace/core/json-object";

/** The rule of thumb for text in a Latin script. In UTF-8 bytes it also fits others, whose characters cost more tokens. */
const BYTES_PER_TOKEN = 4;
/** Framing of a message and its role; "How to count tokens with tiktoken", section 6, in OpenAI's cookbook. */
const TOKENS_PER_MESSAGE = 4;
const TOKENS_THAT_BEGIN_THE_ANSWER = 3;
/** An image of usual size in GPT-4o. Sound and documents have no common price: they count as one image. */
const TOKENS_PER_MEDIA_PART = 765;

/** Top-level fields that a model reads, on any wire. */
const READ_BY_MODELS = new Set([
  ...["messages", "system", "tools", "functions", "response_format", "toolConfig", "texts"],
  ...["prompt", "input", "instructions"],
  ...["contents", "content", "requests", "systemInstruction", "system_instruction"],
  ...["query", "documents"],
]);
const LISTS_OF_MESSAGES = new Set(["messages", "contents"]);
/** Fields whose objects are read with their keys: JSON schemas. */
const SCHEMAS = new Set(["tools", "functions", "response_format", "toolConfig"]);

/** Parts whose `type` says that they hold a picture, sound or file, or the place of one. */
const MEDIA_TYPES = new Set<unknown>([
  ...["image_url", "input_audio", "file", "video_url"],
  ...["input_image", "input_file"],
  ...["image", "base64"],
]);
const MEDIA_KEYS = new Set(["inlineData", "inline_data", "fileData", "file_data", "bytes", "s3Location"]);
const NOT_READ = new Set([
  ...["type", "role", "id", "call_id", "tool_call_id", "tool_use_id", "cache_control"],
  ...["signature", "thoughtSignature", "thought_signature", "encrypted_content", "redactedContent"],
  ...["toolUseId", "format"],
]);

/**
 * What a request costs in input tokens, roughly, for when its provider does not tell: a walk over the parsed body that
 * counts the bytes of its text, base64 left out. Against `countTokens`: within 20 % for prose in English, German,
 * Russian and Japanese, for code and for tools; 40 % too low for JSON full of digits. 0.1 µs for a small body.
 */
export function estimateInputTokens(request: Readonly<Record<string, unknown>>): number {
  let textBytes = 0;
  let framingTokens = 0;
  for (const field in request) {
    if (!READ_BY_MODELS.has(field)) continue;
    const value = request[field];
    textBytes += SCHEMAS.has(field) ? schemaBytes(value) : bytesOfText(value);
    if (Array.isArray(value) && LISTS_OF_MESSAGES.has(field))
      framingTokens += TOKENS_THAT_BEGIN_THE_ANSWER + value.length * TOKENS_PER_MESSAGE;
  }
  return Math.ceil(textBytes / BYTES_PER_TOKEN) + framingTokens;
}

/** The depth is that of the body, which was checked before it was parsed. */
function bytesOfText(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  let bytes = 0;
  if (Array.isArray(value)) {
    // Ids of tokens, in a prompt or input that is tokenised already; long ones are not worth a look at each.
    if (typeof value[0] === "number") return value.length * BYTES_PER_TOKEN;
    for (const item of value) bytes += bytesOfText(item);
  } else if (isJsonObject(value)) {
    if (MEDIA_TYPES.has(value.type)) return TOKENS_PER_MEDIA_PART * BYTES_PER_TOKEN;
    for (const key in value) {
      if (MEDIA_KEYS.has(key)) bytes += TOKENS_PER_MEDIA_PART * BYTES_PER_TOKEN;
      else if (!NOT_READ.has(key)) bytes += bytesOfText(value[key]);
    }
  }
  return bytes;
}

function schemaBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += schemaBytes(item);
  } else if (isJsonObject(value)) {
    for (const key in value) bytes += key.length + schemaBytes(value[key]);
  }
  return bytes;
}
