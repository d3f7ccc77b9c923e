import type { FeatureSupport } from "./capabilities.ts";
import type { ChatFeature } from "./chat-probes.ts";

export interface Override {
  readonly support: FeatureSupport;
  readonly because: string;
}

/** Where a provider does not do what its wire can say, by adapter; nothing else may stand in the table unasked. */
export const OVERRIDES: Readonly<Record<string, Readonly<Partial<Record<ChatFeature, Override>>>>> = {};
