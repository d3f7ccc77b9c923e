import type { JsonSchema } from "../../schema/json-schema.ts";

/** Kinds of values that several sections have. */

export const DURATION_MS: JsonSchema = { type: "integer", minimum: 1, maximum: 86_400_000 };

/** A part of the whole: 0 = none, 1 = all. */
export const SHARE: JsonSchema = { type: "number", minimum: 0, maximum: 1 };

export const COUNT: JsonSchema = { type: "integer", minimum: 1, maximum: 1_000_000 };

export const NON_EMPTY: JsonSchema = { type: "string", minLength: 1 };

/** Names that go into headers, logs and rules. */
export const LABEL: JsonSchema = {
  type: "string",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$",
  "x-expected": "letters, digits, dots, dashes, colons and underscores, beginning with a letter or digit",
};

export const HEADER_NAME: JsonSchema = {
  type: "string",
  pattern: "^[a-z0-9!#$%&'*+.^_`|~-]+$",
  "x-expected": "a header name in lower case",
};

/** A client key goes into an HTTP header, so it must be visible ASCII. */
export const CLIENT_KEY: JsonSchema = {
  type: "string",
  pattern: "^[!-~]{8,512}$",
  "x-expected": "8 to 512 visible ASCII characters without spaces",
  "x-secret": true,
};

export const CONCURRENCY: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["limit"],
  properties: {
    limit: { ...COUNT, description: "Calls at a time, in all gateway processes of the machine together." },
    queue: {
      type: "object",
      description: "Where further calls wait.",
      default: {},
      additionalProperties: false,
      properties: {
        max: {
          type: "integer",
          minimum: 0,
          maximum: 100_000,
          default: 100,
          description: "Calls that wait at a time; more are refused at once. 0 = none waits.",
        },
        deadlineMs: {
          ...DURATION_MS,
          default: 10_000,
          description: "How long a call waits before it is refused.",
        },
      },
    },
  },
};
