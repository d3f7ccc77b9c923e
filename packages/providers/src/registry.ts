import type { ProviderAdapter } from "@headrace/core/provider-adapter";
import { mock } from "./mock.ts";
import { openai } from "./openai.ts";
import { openaiCompatible } from "./openai-compatible.ts";

/** Every adapter of this version. Adding a provider is one file, its fixtures and one line here. */
const ADAPTERS: readonly ProviderAdapter[] = [mock, openai, openaiCompatible];

const BY_ID: ReadonlyMap<string, ProviderAdapter> = new Map(ADAPTERS.map((adapter) => [adapter.id, adapter]));

/**
 * @throws Error when there is no such adapter; a validated config never names one.
 */
export function adapterById(id: string): ProviderAdapter {
  const adapter = BY_ID.get(id);
  if (adapter === undefined) throw new Error(`no adapter is called ${id}`);
  return adapter;
}

/** The adapter that serves a model: for platforms with several wires, the one of the model's own. */
export function adapterFor(id: string, model: string): ProviderAdapter {
  const adapter = adapterById(id);
  return adapter.forModel?.(model) ?? adapter;
}
