import type { PathCall, ProviderService } from "@headrace/core/provider-adapter";
import { parseJsonObject } from "../../json/read.ts";
import { usageFromConverse } from "./usage.ts";

/** Paths of a model's operations below `https://bedrock-runtime.{region}.amazonaws.com`. */
const OPERATIONS = {
  converse: { whole: "converse", stream: "converse-stream" },
  invoke: { whole: "invoke", stream: "invoke-with-response-stream" },
} as const;

/** The model may be an ARN, with slashes and colons, so it is encoded whole. */
export function bedrockPath(operation: keyof typeof OPERATIONS, { model, stream }: PathCall): string {
  const names = OPERATIONS[operation];
  return `/model/${encodeURIComponent(model)}/${stream ? names.stream : names.whole}`;
}

/** `Converse` and `ConverseStream`. No client speaks them, so nothing is passed on untouched. */
export function converseService(): ProviderService {
  return {
    path: (call) => bedrockPath("converse", call),
    stream: null,
    edits: { model: "none", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.usage ?? null,
    tokenUsage: usageFromConverse,
  };
}
