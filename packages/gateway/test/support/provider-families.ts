/** Providers of every wire that the mock speaks, behind one started gateway; all of them are one mock. */
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { type Mock, type MockOptions, startMock } from "@headrace/mock-upstream/server";
import { type GatewayBeforeMocks, startBeforeMocks } from "./gateway-before-mocks.ts";
import { KEY, PROVIDER_KEY } from "./mock-gateway.ts";

export interface ProviderFamily {
  /** Also the name by which clients ask for its model. */
  readonly name: string;
  /** The provider's config, with the mock's address in place of its own. */
  readonly provider: { readonly adapter: string; readonly path: string; readonly region?: string };
  readonly model: string;
  /** What makes the mock speak as this provider. */
  readonly behaviour: BehaviourPatch;
  /** What makes it refuse a turn that lost the thinking of an earlier one; null for a provider that has no such rule. */
  readonly proving: BehaviourPatch | null;
  /** A schema cannot be demanded of it, so that clients of other wires have it told in words. */
  readonly schemaInWords?: true;
}

const VERTEX_PATH = "/v1/projects/mill/locations/europe-west1";
const SIGNED: BehaviourPatch = { requireSignatures: true };

export const PROVIDER_FAMILIES: readonly ProviderFamily[] = [
  {
    name: "anthropic",
    provider: { adapter: "anthropic", path: "/v1" },
    model: "claude-sonnet-4-5",
    behaviour: {},
    proving: SIGNED,
  },
  {
    name: "gemini",
    provider: { adapter: "gemini", path: "/v1beta" },
    model: "gemini-3-pro-preview",
    behaviour: {},
    proving: SIGNED,
  },
  {
    name: "vertex",
    provider: { adapter: "vertex", path: VERTEX_PATH },
    model: "gemini-3-pro-preview",
    behaviour: {},
    proving: SIGNED,
  },
  {
    name: "vertex-claude",
    provider: { adapter: "vertex", path: VERTEX_PATH },
    model: "claude-sonnet-4-5@20250929",
    behaviour: {},
    proving: SIGNED,
  },
  {
    name: "bedrock",
    provider: { adapter: "bedrock", path: "", region: "us-east-1" },
    model: "amazon.nova-pro-v1:0",
    behaviour: {},
    proving: null, // only Claude signs, which is reached by InvokeModel
  },
  {
    name: "bedrock-claude",
    provider: { adapter: "bedrock", path: "", region: "us-east-1" },
    model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
    behaviour: {},
    proving: SIGNED,
  },
  {
    name: "cohere",
    provider: { adapter: "cohere", path: "/v2" },
    model: "command-a-03-2025",
    behaviour: {},
    proving: null,
  },
  {
    name: "ollama",
    provider: { adapter: "ollama", path: "" },
    model: "qwen3:8b",
    behaviour: {},
    proving: null,
  },
  {
    name: "openai",
    provider: { adapter: "openai", path: "/v1" },
    model: "gpt-4o",
    behaviour: {},
    proving: null,
  },
  {
    name: "openai-thinking",
    provider: { adapter: "openai", path: "/v1" },
    model: "gpt-5",
    behaviour: {},
    proving: SIGNED,
  },
  {
    name: "mistral",
    provider: { adapter: "mistral", path: "/v1" },
    model: "magistral-medium-latest",
    behaviour: { flavour: "mistral" },
    proving: null,
  },
  {
    name: "deepseek",
    provider: { adapter: "deepseek", path: "" },
    model: "deepseek-reasoner",
    behaviour: { flavour: "deepseek" },
    proving: { requireReasoningEcho: true },
    schemaInWords: true,
  },
];

export interface FamiliesGateway extends GatewayBeforeMocks {
  readonly mock: Mock;
}

export interface FamiliesOptions {
  readonly mock?: MockOptions;
  readonly families?: readonly ProviderFamily[];
  /** `timeouts` of all models. */
  readonly timeouts?: object;
  /** Further top-level keys of the config. */
  readonly config?: object;
}

/** The models have the families' names and are never tried twice; {@link KEY} may use them all. */
export async function startFamiliesGateway(options: FamiliesOptions = {}): Promise<FamiliesGateway> {
  const { families = PROVIDER_FAMILIES, timeouts = {} } = options;
  const mock = await startMock({ requireKey: PROVIDER_KEY, ...options.mock });
  const config = {
    ...configFor(families, { origin: new URL(mock.url).origin, timeouts }),
    ...options.config,
  };
  return { mock, ...(await startBeforeMocks([mock], { config })) };
}

interface ConfigScope {
  readonly origin: string;
  readonly timeouts: object;
}

function configFor(families: readonly ProviderFamily[], { origin, timeouts }: ConfigScope): object {
  return {
    listen: { host: "127.0.0.1" },
    providers: Object.fromEntries(
      families.map(({ name, provider: { path, ...provider } }) => [
        name,
        { ...provider, baseUrl: `${origin}${path}`, apiKey: PROVIDER_KEY },
      ]),
    ),
    models: Object.fromEntries(
      families.map(({ name, model }) => [
        name,
        { targets: [{ provider: name, model }], retry: { attempts: 1 }, timeouts },
      ]),
    ),
    keys: [{ name: "client", key: KEY }],
  };
}
