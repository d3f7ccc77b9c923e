import type { ProviderService } from "@headrace/core/provider-adapter";
import { bedrockModelPath } from "../../bedrock/model-path.ts";

/** `InvokeModel` with an embedding model. No client speaks its forms. */
export function bedrockEmbedService(): ProviderService {
  return {
    path: (call) => bedrockModelPath("invoke", { ...call, stream: false }),
    stream: null,
    edits: { model: "none", askUsage: false, refused: [], added: "" },
    readUsage: () => null,
    tokenUsage: () => null,
  };
}
