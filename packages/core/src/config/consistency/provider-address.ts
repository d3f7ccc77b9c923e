import { ADAPTERS } from "../../generated/adapters.ts";
import type { ProviderSettings } from "../../provider-adapter.ts";
import type { AdapterFacts } from "../adapter-facts.ts";
import type { ProblemList } from "../problem.ts";
import type { ProviderConfig } from "../types.ts";

const SETTINGS: readonly (keyof ProviderSettings)[] = [
  "region",
  "project",
  "location",
  "resource",
  "apiVersion",
  "account",
];

type CredentialName =
  | "accessKeyId"
  | "secretAccessKey"
  | "sessionToken"
  | "credentialsFile"
  | "tenantId"
  | "clientId"
  | "clientSecret";

/** Which credentials each scheme takes besides a key; those of one group only make sense together. */
const CREDENTIALS: Readonly<Record<AdapterFacts["auth"], readonly (readonly CredentialName[])[]>> = {
  "key-header": [],
  none: [],
  aws: [["accessKeyId", "secretAccessKey"], ["sessionToken"]],
  google: [["credentialsFile"]],
  entra: [["tenantId", "clientId", "clientSecret"]],
};

type Context = {
  readonly at: readonly string[];
  readonly facts: AdapterFacts;
  readonly provider: ProviderConfig;
  readonly problems: ProblemList;
};

/** Whether a provider's adapter gets an address and credentials, and nothing that it has no use for. */
export function checkAddressAndCredentials(
  at: readonly string[],
  provider: ProviderConfig,
  problems: ProblemList,
): void {
  const facts = ADAPTERS.find(({ id }) => id === provider.adapter);
  if (facts === undefined) throw new Error(`the schema let the adapter ${provider.adapter} through`);
  const context = { at, facts, provider, problems };
  checkAddress(context);
  checkKeys(context);
  checkOtherCredentials(context);
}

function checkAddress({ at, facts, provider, problems }: Context): void {
  const { id, needsBaseUrl, requiredSettings, optionalSettings } = facts;
  if (provider.baseUrl === undefined && needsBaseUrl) {
    const hint = "the root of its API, for example http://127.0.0.1:8000/v1";
    problems.add([...at, "baseUrl"], `a provider of the adapter ${id} needs a baseUrl`, { hint });
  }
  for (const name of SETTINGS) {
    const given = provider[name] !== undefined;
    if (!given && provider.baseUrl === undefined && requiredSettings.includes(name)) {
      const article = /^[aeiou]/.test(name) ? "an" : "a";
      problems.add([...at, name], `a provider of the adapter ${id} needs ${article} ${name}`, {
        hint: "or a baseUrl",
      });
    }
    if (given && !requiredSettings.includes(name) && !optionalSettings.includes(name)) {
      problems.add([...at, name], `the adapter ${id} takes no ${name}`, { hint: "remove it", atKey: true });
    }
  }
}

function checkKeys({ at, facts, provider, problems }: Context): void {
  const { apiKey, apiKeys, baseUrl } = provider;
  if (apiKey !== undefined && apiKeys !== undefined) {
    problems.add([...at, "apiKeys"], "stands beside apiKey", { hint: "keep one of the two", atKey: true });
  }
  if (facts.needsKey && apiKey === undefined && apiKeys === undefined && baseUrl === undefined) {
    const variable = `${facts.id.replaceAll("-", "_").toUpperCase()}_API_KEY`;
    problems.add([...at, "apiKey"], `a provider of the adapter ${facts.id} needs an apiKey`, {
      hint: `for example \${${variable}}`,
    });
  }
}

function checkOtherCredentials({ at, facts, provider, problems }: Context): void {
  const groups = CREDENTIALS[facts.auth];
  const taken = new Set(groups.flat());
  for (const name of Object.values(CREDENTIALS).flat(2)) {
    if (provider[name] === undefined || taken.has(name)) continue;
    problems.add([...at, name], `the adapter ${facts.id} takes no ${name}`, {
      hint: "remove it",
      atKey: true,
    });
  }
  for (const group of groups) {
    const missing = group.filter((name) => provider[name] === undefined);
    if (missing.length === 0 || missing.length === group.length) continue;
    for (const name of missing) {
      problems.add([...at, name], `${group.join(", ")} only work together, and ${name} is missing`);
    }
  }
  if (facts.auth !== "entra" || provider.apiKey !== undefined || provider.apiKeys !== undefined) return;
  if (provider.clientSecret === undefined && provider.baseUrl === undefined) {
    problems.add([...at, "apiKey"], `a provider of the adapter ${facts.id} needs an apiKey`, {
      hint: "or tenantId, clientId and clientSecret",
    });
  }
}
