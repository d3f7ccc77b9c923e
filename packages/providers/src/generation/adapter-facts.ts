import type { AdapterFacts } from "@headrace/core/config/adapter-facts";
import type { ProviderAdapter, ProviderSettings } from "@headrace/core/provider-adapter";

/** The supervisor starts it and fills in where it listens. */
const HAS_ITS_ADDRESS_FROM_THE_SUPERVISOR: ReadonlySet<string> = new Set(["mock"]);

/** What a configuration's checks must know of an adapter. */
export function adapterFacts(adapter: ProviderAdapter): AdapterFacts {
  const { id, title, requiredSettings, optionalSettings, auth } = adapter;
  return {
    id,
    title,
    needsBaseUrl: exampleUrl(adapter) === null && !HAS_ITS_ADDRESS_FROM_THE_SUPERVISOR.has(id),
    requiredSettings,
    optionalSettings,
    auth: auth.kind,
    needsKey: auth.kind === "key-header" && !auth.optional,
  };
}

/** Its own address, with a placeholder for each setting; null for a server of the user's. */
export function exampleUrl(adapter: ProviderAdapter): string | null {
  const settings: Record<string, string> = {};
  for (const name of adapter.requiredSettings) settings[name] = `{${name}}`;
  return adapter.baseUrl(settings satisfies ProviderSettings);
}

/** The text of packages/core/src/generated/adapters.ts. */
export function adapterFactsSource(adapters: readonly ProviderAdapter[]): string {
  const records = adapters.map((adapter) => recordSource(adapterFacts(adapter)));
  return `${HEAD}export const ADAPTERS: readonly AdapterFacts[] = [\n${records.join("")}];\n`;
}

const HEAD = `// Generated from the registry by \`pnpm --filter @headrace/providers generate\`; do not edit.
import type { AdapterFacts } from "../config/adapter-facts.ts";

`;

function recordSource(facts: AdapterFacts): string {
  const members = Object.entries(facts).map(([name, value]) => `    ${name}: ${literal(value)},\n`);
  return `  {\n${members.join("")}  },\n`;
}

function literal(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(literal).join(", ")}]` : JSON.stringify(value);
}
