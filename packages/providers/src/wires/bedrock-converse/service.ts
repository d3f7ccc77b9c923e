import type { ProviderService } from "@headrace/core/provider-adapter";
import { bedrockModelPath } from "../../bedrock/model-path.ts";
import { parseJsonObject } from "../../json/read.ts";
import { converseStream } from "./stream-dialect.ts";
import { usageFromConverse } from "./usage.ts";

/** `Converse` and `ConverseStream`. */
export function converseService(): ProviderService {
  return {
    path: (call) => bedrockModelPath("converse", call),
    stream: converseStream,
    framing: "aws-event-stream",
    edits: { model: "none", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.usage ?? null,
    tokenUsage: usageFromConverse,
  };
}
