import type { AuthScheme, ProviderSettings } from "../provider-adapter.ts";

/** What a configuration's checks must know of an adapter; made from the registry of adapters. */
export interface AdapterFacts {
  readonly id: string;
  /** The vendor's name as it writes it. */
  readonly title: string;
  /** It has no address of its own, so the config must give one. */
  readonly needsBaseUrl: boolean;
  readonly requiredSettings: readonly (keyof ProviderSettings)[];
  readonly optionalSettings: readonly (keyof ProviderSettings)[];
  readonly auth: AuthScheme["kind"];
  /** Its own address answers nobody without credentials. */
  readonly needsKey: boolean;
}
