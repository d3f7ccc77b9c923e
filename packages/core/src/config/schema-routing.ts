import { ADAPTERS } from "../generated/adapters.ts";
import type { JsonSchema } from "../schema/json-schema.ts";

/** The parts of the configuration that say which provider answers for which model. */

const STRATEGIES_NOT_BUILT = [
  "weighted",
  "round-robin",
  "least-latency",
  "least-busy",
  "cost",
  "rules",
] as const;

const NAME = { type: "string", minLength: 1 } as const;
const TIMEOUT_MS = { type: "integer", minimum: 1, maximum: 86_400_000 } as const;

/** Provider names become header values and metric labels. */
const PROVIDER_NAME: JsonSchema = {
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
  "x-expected": "letters, digits, dots, dashes and underscores, beginning with a letter or digit",
};

/** Model names as vendors write them, for example `meta-llama/Llama-3.3-70B:free`. */
const MODEL_NAME: JsonSchema = {
  pattern: "^[A-Za-z0-9@][A-Za-z0-9._:/@+-]{0,199}$",
  "x-expected": "letters, digits and . _ : / @ + -, beginning with a letter or digit",
};

/** Keys go into an HTTP header. */
const PROVIDER_KEY: JsonSchema = {
  type: "string",
  pattern: "^[!-~]+$",
  "x-expected": "visible ASCII characters without spaces",
  "x-secret": true,
};

/** Parts of a host name or of a path. */
const SETTING: JsonSchema = {
  type: "string",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$",
  "x-expected": "letters, digits, dots, dashes, colons and underscores, beginning with a letter or digit",
};

const SECRET: JsonSchema = { type: "string", minLength: 1, "x-secret": true };

const PROVIDER: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["adapter"],
  properties: {
    adapter: {
      enum: ADAPTERS.map(({ id }) => id),
      description:
        "The provider's API. openai-compatible is any server on OpenAI's wire; mock is a provider inside the gateway.",
    },
    apiKey: { ...PROVIDER_KEY, description: "The provider's key; best written as a ${VARIABLE}." },
    apiKeys: {
      type: "array",
      minItems: 1,
      description:
        "Several keys in place of one: shared out by weight; one that is refused or used up rests.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["key"],
        properties: {
          key: { ...PROVIDER_KEY, description: "The key." },
          weight: {
            type: "number",
            minimum: 0.001,
            default: 1,
            description: "Its share of the requests, beside the other keys' weights.",
          },
        },
      },
    },
    baseUrl: {
      type: "string",
      pattern: "^https?://[^\\s/?#@]+(/[^\\s?#]*[^\\s?#/])?$",
      "x-expected":
        "an http:// or https:// URL without a slash at its end, without credentials, query or fragment",
      description: "Root of the provider's API, used as written; absent = the provider's own.",
    },
    region: { ...SETTING, description: "AWS region, for bedrock." },
    accessKeyId: {
      ...SECRET,
      description: "AWS access key id, for bedrock; absent = what the machine offers.",
    },
    secretAccessKey: { ...SECRET, description: "AWS secret access key." },
    sessionToken: { ...SECRET, description: "AWS session token, for temporary credentials." },
    project: { ...SETTING, description: "Google Cloud project, for vertex." },
    location: {
      ...SETTING,
      description: "Google Cloud location, for vertex, such as europe-west1 or global.",
    },
    credentialsFile: {
      ...NAME,
      description: "Google service account file, for vertex; absent = what the machine offers.",
    },
    resource: {
      ...SETTING,
      description: "Azure resource, the first label of its host name, for azure-openai.",
    },
    apiVersion: { ...SETTING, description: "Azure's api-version; absent = its v1 API." },
    tenantId: { ...SETTING, description: "Microsoft Entra tenant, in place of an apiKey." },
    clientId: { ...SETTING, description: "Microsoft Entra application." },
    clientSecret: { ...SECRET, description: "Its secret." },
    account: {
      ...SETTING,
      description: "Account id, for cloudflare; the workspace's host, for databricks.",
    },
    unsupportedParams: {
      enum: ["warn", "drop", "reject"],
      default: "warn",
      description:
        "What becomes of fields that the provider cannot take: left out and named in a header and the log (warn), in the header alone (drop), or the request is refused (reject).",
    },
    connections: {
      type: "integer",
      minimum: 1,
      maximum: 65_535,
      default: 1024,
      description: "Most connections to this provider from one gateway process.",
    },
    warmConnections: {
      type: "integer",
      minimum: 0,
      maximum: 65_535,
      default: 0,
      description: "Connections that are opened before the gateway reports ready.",
    },
    http2: {
      type: "boolean",
      default: false,
      description: "Use HTTP/2 where the provider offers it; https only.",
    },
    forwardHeaders: {
      type: "array",
      default: [],
      items: {
        type: "string",
        pattern: "^[a-z0-9!#$%&'*+.^_`|~-]+$",
        "x-expected": "a header name in lower case",
      },
      description: "Request headers of the client that are passed on, in lower case.",
    },
    caCertFile: {
      ...NAME,
      description: "PEM file with the certificate authorities to trust instead of the system's.",
    },
  },
};

export const PROVIDERS_SCHEMA: JsonSchema = {
  type: "object",
  description: "Model providers, each under a name of your choice.",
  minProperties: 1,
  propertyNames: PROVIDER_NAME,
  additionalProperties: PROVIDER,
};

const TARGET: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["provider", "model"],
  properties: {
    provider: { ...NAME, description: "One of the names under providers." },
    model: { ...NAME, description: "The model's name at that provider." },
    weight: { "x-not-built": true, description: "Share of the traffic, for the weighted strategy." },
  },
};

const STRATEGY: JsonSchema = {
  type: "object",
  description: "How a target is chosen.",
  default: {},
  additionalProperties: false,
  properties: {
    type: {
      enum: ["single", "fallback", ...STRATEGIES_NOT_BUILT],
      "x-not-built-values": STRATEGIES_NOT_BUILT,
      default: "single",
      description: "single = the one target; fallback = the targets in their order until one answers.",
    },
  },
};

const RETRY: JsonSchema = {
  type: "object",
  description: "When a target is asked again.",
  default: {},
  additionalProperties: false,
  properties: {
    attempts: {
      type: "integer",
      minimum: 1,
      maximum: 10,
      default: 2,
      description: "Tries per target in all, the first included; 1 = no retry.",
    },
    statuses: {
      type: "array",
      default: [408, 429, 500, 502, 503, 504, 529],
      items: { type: "integer", minimum: 400, maximum: 599 },
      description: "Provider statuses after which another try is made.",
    },
  },
};

const TIMEOUTS: JsonSchema = {
  type: "object",
  description: "Clocks on a provider's answer, per try.",
  default: {},
  additionalProperties: false,
  properties: {
    connectMs: { ...TIMEOUT_MS, default: 2000, description: "To open a connection, TLS included." },
    firstByteMs: {
      ...TIMEOUT_MS,
      default: 30_000,
      description: "From the request to a stream's first byte.",
    },
    plainFirstByteMs: {
      ...TIMEOUT_MS,
      default: 600_000,
      description: "The same for an answer that is not streamed, which only begins when it is complete.",
    },
    idleMs: { ...TIMEOUT_MS, default: 60_000, description: "Longest silence inside an answer." },
    totalMs: {
      anyOf: [TIMEOUT_MS, { type: "null" }],
      default: null,
      description: "The whole answer; null = no limit, so that a live stream is not cut.",
    },
  },
};

export const MODELS_SCHEMA: JsonSchema = {
  type: "object",
  description: "Models, each under the name that clients ask for.",
  minProperties: 1,
  propertyNames: MODEL_NAME,
  additionalProperties: {
    type: "object",
    additionalProperties: false,
    required: ["targets"],
    properties: {
      strategy: STRATEGY,
      targets: {
        type: "array",
        minItems: 1,
        items: TARGET,
        description: "Where the model is served.",
      },
      retry: RETRY,
      timeouts: TIMEOUTS,
    },
  },
};
