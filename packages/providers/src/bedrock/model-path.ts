import type { PathCall } from "@headrace/core/provider-adapter";

/** Operations on a model below `https://bedrock-runtime.{region}.amazonaws.com`, for whole and streamed answers. */
const OPERATIONS = {
  converse: { whole: "converse", stream: "converse-stream" },
  invoke: { whole: "invoke", stream: "invoke-with-response-stream" },
} as const;

/** Ids and ARNs have none. */
const MODEL_MARK = "#";

/**
 * The model may be an ARN, with slashes and colons, so it is encoded whole. The name of a profile of the user's own does
 * not tell what it stands for, so that this may be written behind it, `…/abc123#anthropic.claude-sonnet-4-5`; it is for
 * those who ask what a model takes, and no part of its address.
 */
export function bedrockModelPath(operation: keyof typeof OPERATIONS, { model, stream }: PathCall): string {
  const names = OPERATIONS[operation];
  const [id = ""] = model.split(MODEL_MARK, 1);
  return `/model/${encodeURIComponent(id)}/${stream ? names.stream : names.whole}`;
}
