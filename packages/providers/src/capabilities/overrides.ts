import type { FeatureSupport } from "./capabilities.ts";
import type { ChatFeature } from "./chat-probes.ts";

export interface Override {
  readonly support: FeatureSupport;
  readonly because: string;
}

type Overrides = Readonly<Partial<Record<ChatFeature, Override>>>;

function refused(features: readonly ChatFeature[], because: string): Overrides {
  return Object.fromEntries(features.map((feature) => [feature, { support: null, because }]));
}

const IMAGES: readonly ChatFeature[] = ["imagesInline", "imagesByUrl", "imagesInToolResults"];
const MEDIA: readonly ChatFeature[] = [...IMAGES, "audioInline"];

/**
 * Where a provider does not take what its wire can say and its codec therefore writes, by adapter. Such a request is
 * sent, and refused by the provider.
 */
export const OVERRIDES: Readonly<Record<string, Overrides>> = {
  ai21: refused(MEDIA, "Jamba reads text alone (AI21 documentation, Jamba models)"),
  cerebras: refused(MEDIA, "its models read text alone (Cerebras Inference documentation, supported models)"),
  deepseek: refused(["audioInline"], "no model of its API hears (DeepSeek API documentation, models)"),
  perplexity: refused(
    ["audioInline"],
    "images are the only media (Perplexity documentation, chat completions)",
  ),
};
