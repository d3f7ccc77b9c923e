import type { ProviderService } from "@headrace/core/provider-adapter";
import { bedrockModelPath } from "../../bedrock/model-path.ts";
import { parseJsonObject } from "../../json/read.ts";
import { usageFromConverse } from "./usage.ts";

/** `Converse` and `ConverseStream`. No client speaks them, so nothing is passed on untouched. */
export function converseService(): ProviderService {
  return {
    path: (call) => bedrockModelPath("converse", call),
    stream: null,
    edits: { model: "none", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.usage ?? null,
    tokenUsage: usageFromConverse,
  };
}
