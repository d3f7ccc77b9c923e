import type { JsonSchema } from "../../schema/json-schema.ts";
import { OUTLIERS_SCHEMA, STALL_SCHEMA } from "./health.ts";
import { CONCURRENCY, COUNT, DURATION_MS, NON_EMPTY, SHARE } from "./parts.ts";
import { TARGET_LIST } from "./strategy.ts";

/** Model names as vendors write them, for example `meta-llama/Llama-3.3-70B:free`. */
const MODEL_NAME: JsonSchema = {
  pattern: "^(?!(.*\\*){2})[A-Za-z0-9@*][A-Za-z0-9._:/@+*-]{0,199}$",
  "x-expected":
    "letters, digits and . _ : / @ + -, beginning with a letter or digit; one * may stand for any text",
};

const TRIES: JsonSchema = { type: "integer", minimum: 1, maximum: 10 };

const RETRY: JsonSchema = {
  type: "object",
  description: "When a target is asked again.",
  default: {},
  additionalProperties: false,
  properties: {
    attempts: {
      ...TRIES,
      default: 2,
      description: "Tries per target in all, the first included; 1 = no retry.",
    },
    statuses: {
      type: "array",
      default: [408, 429, 500, 502, 503, 504, 529],
      items: { type: "integer", minimum: 400, maximum: 599 },
      description: "Provider statuses after which another try is made.",
    },
    maxTries: {
      type: "integer",
      minimum: 1,
      maximum: 100,
      default: 6,
      description: "Tries per call in all, over every target.",
    },
    backoffMs: {
      type: "object",
      description: "Pause before a target is asked again: a random part of what is written here.",
      default: {},
      additionalProperties: false,
      properties: {
        first: {
          ...DURATION_MS,
          default: 100,
          description: "Before its second try; twice as much before each further one.",
        },
        max: { ...DURATION_MS, default: 1_000, description: "The most that it becomes." },
      },
    },
    maxRetryAfterMs: {
      type: "integer",
      minimum: 0,
      maximum: 600_000,
      default: 2_000,
      description:
        "The longest pause that a provider may ask for (Retry-After); one that asks for more is not asked again in this call.",
    },
    byStatus: {
      type: "object",
      description: "Other rules for some of the statuses.",
      default: {},
      propertyNames: { pattern: "^[45]\\d\\d$", "x-expected": "a status from 400 to 599" },
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        properties: {
          attempts: { ...TRIES, description: "In place of retry.attempts." },
          sameTarget: {
            type: "boolean",
            default: true,
            description: "false = the next try goes to another target.",
          },
        },
      },
    },
  },
};

const TIMEOUTS: JsonSchema = {
  type: "object",
  description: "Clocks on a provider's answer, per try.",
  default: {},
  additionalProperties: false,
  properties: {
    connectMs: { ...DURATION_MS, default: 2000, description: "To open a connection, TLS included." },
    firstByteMs: {
      ...DURATION_MS,
      default: 30_000,
      description: "From the request to a stream's first byte.",
    },
    plainFirstByteMs: {
      ...DURATION_MS,
      default: 600_000,
      description: "The same for an answer that is not streamed, which only begins when it is complete.",
    },
    idleMs: { ...DURATION_MS, default: 60_000, description: "Longest silence inside an answer." },
    totalMs: {
      anyOf: [DURATION_MS, { type: "null" }],
      default: null,
      description: "The whole answer; null = no limit, so that a live stream is not cut.",
    },
  },
};

const fallbackList = (description: string): JsonSchema => ({
  type: "array",
  default: [],
  items: NON_EMPTY,
  description,
});

const FALLBACKS: JsonSchema = {
  type: "object",
  description: "Other models that are asked, in turn, when the model's own targets cannot serve a call.",
  default: {},
  additionalProperties: false,
  properties: {
    contextWindow: fallbackList("Names under models, for input that is too long."),
    contentPolicy: fallbackList("Names under models, for input that the provider refuses to answer."),
    other: fallbackList("Names under models, for every other failure."),
  },
};

const HEDGE: JsonSchema = {
  type: "object",
  description:
    "Ask a second target when the first is slow, and take the answer that comes first; absent = never.",
  additionalProperties: false,
  properties: {
    afterMs: {
      anyOf: [{ const: "p95" }, DURATION_MS],
      default: "p95",
      description:
        "How long the first may take for its first byte; p95 = as long as 95 % of its answers take.",
    },
    share: {
      ...SHARE,
      default: 0.05,
      description: "At most this share of the model's calls, within routing.hedgeBudget.",
    },
  },
};

const SHADOW: JsonSchema = {
  type: "object",
  description: "Send a copy of some calls to another target, whose answers only go into a report.",
  additionalProperties: false,
  required: ["target"],
  properties: {
    target: {
      type: "object",
      description: "Where copies go.",
      additionalProperties: false,
      required: ["provider", "model"],
      properties: {
        provider: { ...NON_EMPTY, description: "One of the names under providers." },
        model: { ...NON_EMPTY, description: "The model's name at that provider." },
      },
    },
    sample: { ...SHARE, default: 0.01, description: "Share of the calls that are copied." },
    perMinute: {
      ...COUNT,
      default: 60,
      description: "At most so many copies a minute, from one gateway process.",
    },
    maxBytes: {
      type: "integer",
      minimum: 1,
      maximum: 16_777_216,
      default: 262_144,
      description:
        "Larger requests are not copied, and of longer answers only the length is compared (256 KiB).",
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
      strategy: { $ref: "#/$defs/strategy", default: {} },
      targets: { ...TARGET_LIST, description: "Where the model is served." },
      retry: RETRY,
      timeouts: TIMEOUTS,
      fallbacks: FALLBACKS,
      outliers: OUTLIERS_SCHEMA,
      hedge: HEDGE,
      concurrency: {
        ...CONCURRENCY,
        description: "How many calls the model gets at a time; absent = no limit.",
      },
      stall: STALL_SCHEMA,
      continuation: {
        type: "boolean",
        default: false,
        description:
          "When a stream breaks after text was sent, let another target go on from there, where its model can.",
      },
      shadow: SHADOW,
    },
  },
};
