import type { JsonSchema } from "../../schema/json-schema.ts";
import { CONCURRENCY, HEADER_NAME, LABEL, NON_EMPTY } from "./parts.ts";

/** How one of several targets is chosen. Both parts refer to themselves: groups hold targets. */

const USE: JsonSchema = {
  anyOf: [
    { type: "integer", minimum: 0, maximum: 999 },
    { ...LABEL, "x-expected": "the name of a target" },
  ],
};

export const STRATEGY_SCHEMA: JsonSchema = {
  type: "object",
  description: "How a target is chosen.",
  additionalProperties: false,
  properties: {
    type: {
      enum: [
        "single",
        "fallback",
        "weighted",
        "round-robin",
        "least-latency",
        "least-busy",
        "cost",
        "rules",
        "sticky",
        "ab",
      ],
      default: "single",
      description:
        "single = the one target; fallback = the targets in their order until one answers; weighted = at random, in shares by weight; round-robin = in turn; least-latency = the faster of two, by the time to first byte; least-busy = the one with fewest calls; cost = the cheapest; rules = by what the call is; sticky = the same for the same sender or text; ab = the same for the same sender, in shares by weight.",
    },
    rules: {
      type: "array",
      minItems: 1,
      description: "For rules: the first that holds decides.",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["when", "use"],
        properties: {
          when: {
            ...NON_EMPTY,
            description:
              "A CEL expression over model, headers, key, tags, tokens, stream, endpoint, body, hour, minute and weekday.",
          },
          use: { ...USE, description: "The target for calls of which it is true: its index or its name." },
        },
      },
    },
    otherwise: { ...USE, description: "For rules: the target for calls that no rule takes." },
    by: {
      enum: ["key", "conversation", "prefix", "header"],
      description:
        "For sticky and ab, what stays with one target: the client's key, a conversation, a header's value or, for sticky, a prompt's beginning, which the provider may have cached.",
    },
    header: { ...HEADER_NAME, description: "With by: header, its name in lower case." },
    salt: { ...NON_EMPTY, description: "For ab: another text shuffles who gets which target." },
  },
};

export const TARGET_LIST: JsonSchema = {
  type: "array",
  minItems: 1,
  items: { $ref: "#/$defs/target" },
};

export const TARGET_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    provider: {
      ...NON_EMPTY,
      description: "One of the names under providers; absent = model is one of the names under models.",
    },
    model: {
      ...NON_EMPTY,
      description:
        "The model's name at that provider. Under a name with a *, * is the name that the client asked for.",
    },
    name: { ...LABEL, description: "A name for rules and reports." },
    weight: {
      type: "number",
      minimum: 0,
      maximum: 1_000_000,
      default: 1,
      description: "Its share of the calls beside the other targets' weights, for weighted, sticky and ab.",
    },
    concurrency: {
      ...CONCURRENCY,
      description: "How many calls this target gets at a time; absent = no limit.",
    },
    strategy: {
      $ref: "#/$defs/strategy",
      description:
        "In place of provider and model, how one of targets is chosen; as the model's own strategy.",
    },
    targets: { ...TARGET_LIST, description: "With strategy: targets like these, one inside the other." },
  },
};
