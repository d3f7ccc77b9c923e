/** What whole and streamed answers say alike. */
import type { MediaSource } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";

/** Bedrock API reference, "ToolUseBlock", `type`: a call that Bedrock itself runs. */
export function isServerToolUse(toolUse: JsonObject): boolean {
  return toolUse.type === "server_tool_use";
}

/** An image that a model drew. @param format - `png`, `jpeg`, `gif` or `webp`; "" where it is not told */
export function imageSource(format: string, data: string): MediaSource {
  return { kind: "base64", mediaType: `image/${format || "png"}`, data };
}
