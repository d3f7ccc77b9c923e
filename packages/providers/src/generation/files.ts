import { capabilities } from "../capabilities/capabilities.ts";
import { ADAPTERS } from "../registry.ts";
import { adapterFactsSource } from "./adapter-facts.ts";
import { pricesMarkdown } from "./prices-page.ts";
import { providersMarkdown } from "./providers-page.ts";

/** Every committed file that is made from the registry of adapters: its path in the repository and its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["packages/core/src/generated/adapters.ts", adapterFactsSource(ADAPTERS)],
    ["docs/prices.md", pricesMarkdown(ADAPTERS)],
    ["docs/providers.md", providersMarkdown(ADAPTERS, capabilities())],
  ]);
}
