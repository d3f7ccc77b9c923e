import { ADAPTERS } from "../../generated/adapters.ts";
import type { JsonSchema } from "../../schema/json-schema.ts";
import { BREAKER_SCHEMA, PROBE_SCHEMA } from "./health.ts";
import { HEADER_NAME, NON_EMPTY } from "./parts.ts";

/** Provider names become header values and metric labels. */
const PROVIDER_NAME: JsonSchema = {
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
  "x-expected": "letters, digits, dots, dashes and underscores, beginning with a letter or digit",
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
      ...NON_EMPTY,
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
      description:
        "Connections that are opened before the gateway reports ready, and before a reload that changes the address takes effect.",
    },
    http2: {
      type: "boolean",
      default: false,
      description: "Use HTTP/2 where the provider offers it; https only.",
    },
    forwardHeaders: {
      type: "array",
      default: [],
      items: HEADER_NAME,
      description: "Request headers of the client that are passed on, in lower case.",
    },
    caCertFile: {
      ...NON_EMPTY,
      description: "PEM file with the certificate authorities to trust instead of the system's.",
    },
    breaker: BREAKER_SCHEMA,
    probe: PROBE_SCHEMA,
  },
};

export const PROVIDERS_SCHEMA: JsonSchema = {
  type: "object",
  description: "Model providers, each under a name of your choice.",
  minProperties: 1,
  propertyNames: PROVIDER_NAME,
  additionalProperties: PROVIDER,
};
