import type { ResponseFormat } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import { defined } from "../../json/read.ts";
import type { OpenAiChatDialect } from "./dialect.ts";

interface EncodedFormat {
  readonly format: JsonObject | null;
  /** What the model has to be told in words, because the format cannot say it; "" for nothing. */
  readonly instruction: string;
}

const JSON_OBJECT: JsonObject = { type: "json_object" };

export function encodeFormat(wanted: ResponseFormat | undefined, dialect: OpenAiChatDialect): EncodedFormat {
  if (wanted === undefined || wanted.type === "text") return { format: null, instruction: "" };
  if (wanted.type !== "json-schema")
    return dialect.formats === "schema"
      ? { format: schemaFormat("answer", { schema: { type: "object" } }), instruction: "" }
      : { format: JSON_OBJECT, instruction: "" };
  const { name, description, schema, strict } = wanted;
  if (dialect.formats === "object")
    return {
      format: JSON_OBJECT,
      // It is what these models are asked for by their vendors' own examples.
      instruction: `Answer with a JSON object that matches this JSON Schema:\n${JSON.stringify(schema)}`,
    };
  return { format: schemaFormat(name, defined({ description, schema, strict })), instruction: "" };
}

/** OpenAI API reference, `response_format.json_schema.name`. */
const MAX_NAME_CHARS = 64;

function schemaFormat(name: string, definition: JsonObject): JsonObject {
  const allowed = name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, MAX_NAME_CHARS);
  return { type: "json_schema", json_schema: { name: allowed === "" ? "answer" : allowed, ...definition } };
}
