import assert from "node:assert/strict";
import { test } from "node:test";
import { ADAPTERS } from "../generated/adapters.ts";
import { load, type ProblemCase, problemLines, providers, testProblems } from "./testing.ts";

const one = (provider: string): string => providers(`providers: { mock: { ${provider} } }`);

const GOOD = [
  ["bedrock by what the machine offers", "adapter: bedrock, region: eu-central-1"],
  ["bedrock by a key of AWS", "adapter: bedrock, region: r, accessKeyId: a, secretAccessKey: s"],
  [
    "bedrock by a temporary key",
    "adapter: bedrock, region: r, accessKeyId: a, secretAccessKey: s, sessionToken: t",
  ],
  ["bedrock by its own API key", "adapter: bedrock, region: r, apiKey: k"],
  ["bedrock elsewhere", "adapter: bedrock, baseUrl: http://127.0.0.1:1"],
  ["vertex by what the machine offers", "adapter: vertex, project: p-1, location: global"],
  ["vertex by a file", "adapter: vertex, project: p-1, location: eu, credentialsFile: ./service.json"],
  ["azure's v1 API by a key", "adapter: azure-openai, resource: r-1, apiKey: k"],
  ["azure's deployments", "adapter: azure-openai, resource: r, apiVersion: 2024-10-21, apiKey: k"],
  ["azure by Entra", "adapter: azure-openai, resource: r, tenantId: t, clientId: c, clientSecret: s"],
  ["several keys", "adapter: anthropic, apiKeys: [{ key: a }, { key: b, weight: 2.5 }]"],
  ["an account", "adapter: cloudflare, account: 0a1b2c, apiKey: k"],
  ["a workspace", "adapter: databricks, account: dbc-1a2b-3c4d.cloud.databricks.com, apiKey: k"],
  ["a server of one's own at its usual address", "adapter: vllm"],
  ["a stand-in without a key", "adapter: groq, baseUrl: http://127.0.0.1:1/v1"],
] as const;

for (const [name, provider] of GOOD) {
  test(`config, providers: ${name}`, () => {
    const text = one(provider);
    assert.ok(load(text).ok, problemLines(text).join("\n"));
  });
}

const CASES: readonly ProblemCase[] = [
  {
    name: "bedrock nowhere",
    text: one("adapter: bedrock"),
    problems: ["1:20 providers.mock.region: a provider of the adapter bedrock needs a region (or a baseUrl)"],
  },
  {
    name: "vertex nowhere",
    text: one("adapter: vertex"),
    problems: [
      "1:20 providers.mock.project: a provider of the adapter vertex needs a project (or a baseUrl)",
      "1:20 providers.mock.location: a provider of the adapter vertex needs a location (or a baseUrl)",
    ],
  },
  {
    name: "azure without its resource",
    text: one("adapter: azure-openai, apiKey: k"),
    problems: [
      "1:20 providers.mock.resource: a provider of the adapter azure-openai needs a resource (or a baseUrl)",
    ],
  },
  {
    name: "cloudflare without its account",
    text: one("adapter: cloudflare, apiKey: k"),
    problems: [
      "1:20 providers.mock.account: a provider of the adapter cloudflare needs an account (or a baseUrl)",
    ],
  },
  {
    name: "azure without credentials",
    text: one("adapter: azure-openai, resource: r"),
    problems: [
      "1:20 providers.mock.apiKey: a provider of the adapter azure-openai needs an apiKey (or tenantId, clientId and clientSecret)",
    ],
  },
  {
    name: "half of Entra's credentials",
    text: one("adapter: azure-openai, resource: r, tenantId: t, clientSecret: s"),
    problems: [
      "1:20 providers.mock.clientId: tenantId, clientId, clientSecret only work together, and clientId is missing",
    ],
  },
  {
    name: "Entra's credentials and a key's half",
    text: one("adapter: azure-openai, resource: r, clientId: c"),
    problems: [
      "1:20 providers.mock.tenantId: tenantId, clientId, clientSecret only work together, and tenantId is missing",
      "1:20 providers.mock.clientSecret: tenantId, clientId, clientSecret only work together, and clientSecret is missing",
      "1:20 providers.mock.apiKey: a provider of the adapter azure-openai needs an apiKey (or tenantId, clientId and clientSecret)",
    ],
  },
  {
    name: "half of a key of AWS",
    text: one("adapter: bedrock, region: r, accessKeyId: a"),
    problems: [
      "1:20 providers.mock.secretAccessKey: accessKeyId, secretAccessKey only work together, and secretAccessKey is missing",
    ],
  },
  {
    name: "another cloud's settings and credentials",
    text: one("adapter: bedrock, region: r, project: p, credentialsFile: f, tenantId: t"),
    problems: [
      "1:51 providers.mock.project: the adapter bedrock takes no project (remove it)",
      "1:63 providers.mock.credentialsFile: the adapter bedrock takes no credentialsFile (remove it)",
      "1:83 providers.mock.tenantId: the adapter bedrock takes no tenantId (remove it)",
    ],
  },
  {
    name: "an api-version outside of Azure",
    text: one("adapter: groq, apiKey: k, apiVersion: 2024-10-21"),
    problems: ["1:48 providers.mock.apiVersion: the adapter groq takes no apiVersion (remove it)"],
  },
  {
    name: "several keys beside one",
    text: one("adapter: mistral, apiKey: a, apiKeys: [{ key: b }, { key: c, weight: 2 }]"),
    problems: ["1:51 providers.mock.apiKeys: stands beside apiKey (keep one of the two)"],
  },
  {
    name: "no keys at all",
    text: one("adapter: mistral, apiKeys: []"),
    problems: ["1:49 providers.mock.apiKeys: must be a non-empty array"],
  },
  {
    name: "a key without weight",
    text: one("adapter: mistral, apiKeys: [{ key: b, weight: 0 }]"),
    problems: ["1:68 providers.mock.apiKeys[0].weight: must be a number of at least 0.001"],
  },
];

testProblems("providers", CASES);

test("config, providers: each that is not of one's own asks for a key in its own name", () => {
  for (const { id, needsKey } of ADAPTERS) {
    if (!needsKey) continue;
    const lines = problemLines(one(`adapter: ${id}`));
    const variable = `${id.replaceAll("-", "_").toUpperCase()}_API_KEY`;
    assert.ok(
      lines.some((line) => line.includes(`(for example \${${variable}})`)),
      lines.join("\n"),
    );
  }
});

test("config, providers: every adapter takes a baseUrl in place of its settings", () => {
  for (const { id } of ADAPTERS) {
    if (id === "mock") continue;
    const text = one(`adapter: ${id}, baseUrl: http://127.0.0.1:1/v1`);
    assert.ok(load(text).ok, problemLines(text).join("\n"));
  }
});
