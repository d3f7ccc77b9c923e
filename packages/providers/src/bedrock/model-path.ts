import type { PathCall } from "@headrace/core/provider-adapter";

/** Operations on a model below `https://bedrock-runtime.{region}.amazonaws.com`, for whole and streamed answers. */
const OPERATIONS = {
  converse: { whole: "converse", stream: "converse-stream" },
  invoke: { whole: "invoke", stream: "invoke-with-response-stream" },
} as const;

/** The model may be an ARN, with slashes and colons, so it is encoded whole. */
export function bedrockModelPath(operation: keyof typeof OPERATIONS, { model, stream }: PathCall): string {
  const names = OPERATIONS[operation];
  return `/model/${encodeURIComponent(model)}/${stream ? names.stream : names.whole}`;
}
