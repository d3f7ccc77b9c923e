import type { ProviderService } from "@headrace/core/provider-adapter";
import { parseJsonObject } from "../../json/read.ts";
import { modelTarget } from "./model-target.ts";
import { usageFromReplicate } from "./usage.ts";

/** Predictions below `https://api.replicate.com/v1`. No client speaks them, so nothing is passed on untouched. */
export function replicateService(): ProviderService {
  return {
    path: ({ model }) => modelTarget(model).path,
    // Else the answer is only a promise of one (Replicate HTTP API, "Sync mode").
    headers: ["prefer", "wait"],
    stream: null,
    edits: { model: "remove", askUsage: false, refused: [], added: "" },
    readUsage: (body) => parseJsonObject(body.toString())?.metrics ?? null,
    tokenUsage: usageFromReplicate,
  };
}
