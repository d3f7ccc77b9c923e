import type { JsonSchema } from "../../schema/json-schema.ts";
import { COUNT, DURATION_MS, SHARE } from "./parts.ts";

/** When a target is not asked for a while. */

export const BREAKER_SCHEMA: JsonSchema = {
  type: "object",
  description: "When a model of the provider is left alone because it fails.",
  default: {},
  additionalProperties: false,
  properties: {
    enabled: { type: "boolean", default: true, description: "false = it is asked however often it fails." },
    consecutiveFailures: {
      ...COUNT,
      default: 5,
      description:
        "Left alone after so many failures in a row. A 429 and a client that leaves are no failures.",
    },
    failureShare: {
      type: "number",
      minimum: 0.01,
      maximum: 1,
      default: 0.5,
      description: "Left alone as well when this share of the latest calls failed.",
    },
    minCalls: {
      ...COUNT,
      default: 20,
      description: "So many of the latest calls must be there before their share of failures counts.",
    },
    windowMs: { ...DURATION_MS, default: 10_000, description: "How long a call is one of the latest." },
    openMs: {
      ...DURATION_MS,
      default: 5_000,
      description:
        "How long, before one call tries it again; twice as long each time that this one fails too.",
    },
    maxOpenMs: {
      ...DURATION_MS,
      default: 120_000,
      description: "The longest that it is left alone without a try.",
    },
  },
};

export const PROBE_SCHEMA: JsonSchema = {
  type: "object",
  description: "Ask the provider from time to time whether it is there; absent = only calls tell.",
  additionalProperties: false,
  required: ["intervalMs"],
  properties: {
    intervalMs: {
      type: "integer",
      minimum: 1_000,
      maximum: 86_400_000,
      description: "From one probe to the next.",
    },
    timeoutMs: { ...DURATION_MS, default: 2_000, description: "A probe that takes longer has failed." },
    path: {
      type: "string",
      pattern: "^/[^\\s?#]*$",
      "x-expected": "a path that begins with a slash",
      description: "What is asked for, behind the base URL; absent = the list of models.",
    },
  },
};

export const OUTLIERS_SCHEMA: JsonSchema = {
  type: "object",
  description: "When a target is left out because it does worse than the others beside it.",
  default: {},
  additionalProperties: false,
  properties: {
    enabled: { type: "boolean", default: true, description: "false = none is left out." },
    latencyFactor: {
      type: "number",
      minimum: 1.1,
      maximum: 1_000,
      default: 4,
      description: "So many times the median time to first byte of all of them.",
    },
    failureMargin: {
      type: "number",
      minimum: 0.01,
      maximum: 1,
      default: 0.3,
      description: "A share of failures that is so much above their median.",
    },
    ejectMs: { ...DURATION_MS, default: 30_000, description: "How long it is left out." },
    maxEjectedShare: {
      ...SHARE,
      default: 0.5,
      description: "At most this share of them is left out at a time.",
    },
    intervalMs: { ...DURATION_MS, default: 5_000, description: "How often they are compared." },
  },
};

export const STALL_SCHEMA: JsonSchema = {
  type: "object",
  description: "A stream that only trickles counts as broken; absent = only a silent one.",
  additionalProperties: false,
  required: ["minTokensPerSecond"],
  properties: {
    minTokensPerSecond: {
      type: "number",
      minimum: 0.01,
      maximum: 100_000,
      description: "The lowest rate that is none, by an estimate.",
    },
    afterMs: { ...DURATION_MS, default: 10_000, description: "How long the rate may stay lower." },
  },
};
