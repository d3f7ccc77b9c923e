import type { JsonSchema } from "../../schema/json-schema.ts";
import { DURATION_MS, NON_EMPTY, SHARE } from "./parts.ts";

/** What holds for the calls of all models together. */

const BURST: JsonSchema = {
  type: "integer",
  minimum: 0,
  maximum: 1_000_000,
  description: "So many more may come at once after a quiet time.",
};

export const ROUTING_SCHEMA: JsonSchema = {
  type: "object",
  description: "Bounds on what failures may cost, for one gateway process.",
  default: {},
  additionalProperties: false,
  properties: {
    retryBudget: {
      type: "object",
      description: "Further tries, of all calls and chains together.",
      default: {},
      additionalProperties: false,
      properties: {
        share: { ...SHARE, default: 0.2, description: "For each call, so much of a further try." },
        burst: { ...BURST, default: 500 },
      },
    },
    hedgeBudget: {
      type: "object",
      description: "Second targets that are asked while the first is still silent, of all calls together.",
      default: {},
      additionalProperties: false,
      properties: {
        share: { ...SHARE, default: 0.05, description: "For each call, so much of one." },
        burst: { ...BURST, default: 100 },
      },
    },
    explain: {
      type: "object",
      description: "What GET /admin/requests/{id} tells.",
      default: {},
      additionalProperties: false,
      properties: {
        keep: {
          type: "integer",
          minimum: 0,
          maximum: 100_000,
          default: 1_000,
          description: "The latest requests of each gateway process that can be asked about.",
        },
      },
    },
  },
};

export const SHEDDING_SCHEMA: JsonSchema = {
  type: "object",
  description: "Refusing calls before all of them become slow.",
  default: {},
  additionalProperties: false,
  properties: {
    eventLoopDelayMs: {
      anyOf: [DURATION_MS, { type: "null" }],
      default: 200,
      description: "Calls are refused while a gateway process is so late with its work; null = never.",
    },
    retryAfterMs: {
      ...DURATION_MS,
      default: 1_000,
      description: "When they are asked to come again (Retry-After).",
    },
  },
};

export const FAULTS_SCHEMA: JsonSchema = {
  type: "object",
  description: "Failures made on purpose, to rehearse with.",
  default: {},
  additionalProperties: false,
  properties: {
    enabled: {
      type: "boolean",
      default: false,
      description: "Make them; false = neither the rules nor a client's header make any.",
    },
    rules: {
      type: "array",
      default: [],
      description: "The first that fits a try, and whose share the dice choose, makes it fail.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["fault"],
        properties: {
          provider: { ...NON_EMPTY, description: "One of the names under providers; absent = each." },
          model: { ...NON_EMPTY, description: "One of the names under models; absent = each." },
          share: { ...SHARE, default: 1, description: "Of the tries that fit." },
          fault: {
            enum: ["status", "latency", "stall", "cut", "malformed", "error-in-200"],
            description:
              "status = an error in place of the provider's answer; latency = the provider is asked later; stall = silence; cut = the connection ends; malformed = bytes that are no answer; error-in-200 = a stream that begins with an error.",
          },
          status: { type: "integer", minimum: 400, maximum: 599, description: "For status, which." },
          latencyMs: { ...DURATION_MS, description: "For latency, how much later." },
          afterEvents: {
            type: "integer",
            minimum: 0,
            maximum: 1_000_000,
            description:
              "For stall, cut and malformed: after so many events of the stream; absent = before the first byte.",
          },
          retryAfterMs: { ...DURATION_MS, description: "For status: the answer's Retry-After." },
        },
      },
    },
  },
};

const USD: JsonSchema = { type: "number", minimum: 0, maximum: 1_000_000 };

export const PRICES_SCHEMA: JsonSchema = {
  type: "object",
  description:
    "Prices in USD, over the shipped catalogue, by provider/model, the model's name at its providers, or the clients' name for it; in this order.",
  default: {},
  additionalProperties: {
    type: "object",
    additionalProperties: false,
    required: ["inputUsdPerMillion", "outputUsdPerMillion"],
    properties: {
      inputUsdPerMillion: { ...USD, description: "A million input tokens." },
      cachedInputUsdPerMillion: {
        ...USD,
        description: "A million input tokens that the provider had cached; absent = as other input.",
      },
      cacheWriteUsdPerMillion: {
        ...USD,
        description: "A million input tokens that the provider put into its cache; absent = as other input.",
      },
      cacheWrite1hUsdPerMillion: {
        ...USD,
        description: "The same for a cache that lasts an hour; absent = as cacheWriteUsdPerMillion.",
      },
      outputUsdPerMillion: { ...USD, description: "A million output tokens." },
    },
  },
};
