import type { JsonSchema } from "../../schema/json-schema.ts";
import { CLIENT_KEY, CONCURRENCY, LABEL, NON_EMPTY } from "./parts.ts";

export const KEYS_SCHEMA: JsonSchema = {
  type: "array",
  description: "Keys that clients may use.",
  default: [],
  items: {
    type: "object",
    additionalProperties: false,
    required: ["name", "key"],
    properties: {
      name: { ...NON_EMPTY, description: "Name in logs and metrics." },
      key: { ...CLIENT_KEY, description: "The key itself." },
      models: {
        type: "array",
        minItems: 1,
        items: NON_EMPTY,
        description: "Models or aliases that the key may use; absent = all.",
      },
      priority: {
        enum: ["high", "normal", "low"],
        default: "normal",
        description: "Which of the calls that wait comes first, and which is refused last.",
      },
      concurrency: {
        ...CONCURRENCY,
        description: "How many calls the key may have at a time; absent = no limit.",
      },
      overrides: {
        type: "array",
        default: [],
        items: { enum: ["fallbacks", "priority", "faults", "target"] },
        description:
          "What the key's calls may decide for themselves: their fallbacks, their priority, faults made on purpose, their target.",
      },
      tags: {
        type: "array",
        default: [],
        items: LABEL,
        description: "Words that rules can ask for.",
      },
      limits: { description: "Requests and tokens a minute (rpm, tpm)." },
      budget: { description: "Money per period (usd, per)." },
    },
  },
};
