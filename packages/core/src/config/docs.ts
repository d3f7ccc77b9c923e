import type { JsonSchema } from "../schema/json-schema.ts";
import { expectation, followReference } from "../schema/json-schema.ts";
import { CONFIG_SCHEMA } from "./schema.ts";

const HEAD = `# Configuration

One file, YAML or JSON. Any text value may hold \`\${VARIABLE}\` or \`\${VARIABLE:-default}\`, taken from the
environment when the file is read; \`$\${\` stands for \`\${\` itself. A value that is nothing but one reference may
also give a number or true/false where the key wants one. Unknown keys are refused. The schema for editors is
[config.schema.json](config.schema.json). This page is generated from that schema; a test keeps them equal.

"Not built yet" keys are known, but refused by this version: nothing you write is silently ignored.

| key | value | default | meaning |
|---|---|---|---|
`;

/** The text of docs/config.schema.json. */
export function configSchemaJson(): string {
  return `${JSON.stringify(CONFIG_SCHEMA, null, 2)}\n`;
}

/** The text of docs/config.md: one row per key. */
export function configMarkdown(): string {
  return HEAD + rows(CONFIG_SCHEMA, "", new Set()).join("");
}

/** @param told - references that have been followed: what refers to itself is told once */
function rows(schema: JsonSchema, path: string, told: Set<string>): string[] {
  const required = new Set(schema.required);
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const childPath = path === "" ? name : `${path}.${name}`;
    const known = followReference(child, CONFIG_SCHEMA);
    return [row(childPath, known, required.has(name)), ...rowsBelow(child, childPath, told)];
  });
  const entry = schema.additionalProperties;
  const entries = entry === undefined || entry === false ? [] : entryRows(entry, `${path}.<name>`, told);
  const items = schema.items === undefined ? [] : rowsBelow(schema.items, `${path}[]`, told);
  return [...named, ...entries, ...items];
}

function rowsBelow(schema: JsonSchema, path: string, told: Set<string>): string[] {
  if (schema["x-not-built"]) return [];
  if (schema.$ref === undefined) return rows(schema, path, told);
  if (told.has(schema.$ref)) return [];
  told.add(schema.$ref);
  return rows(followReference(schema, CONFIG_SCHEMA), path, told);
}

function entryRows(entry: JsonSchema, path: string, told: Set<string>): string[] {
  return entry.properties === undefined ? [row(path, entry, false)] : rows(entry, path, told);
}

function row(path: string, schema: JsonSchema, required: boolean): string {
  const cells = [`\`${path}\``, valueText(schema), defaultText(schema, required), meaningText(schema)];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}

function valueText(schema: JsonSchema): string {
  if (schema["x-not-built"]) return "";
  const unbuilt = new Set(schema["x-not-built-values"]);
  if (schema.enum !== undefined) return schema.enum.filter((value) => !unbuilt.has(value)).join(", ");
  return expectation(schema);
}

function defaultText(schema: JsonSchema, required: boolean): string {
  if (schema["x-not-built"]) return "";
  if (required) return "required";
  if (schema.default === undefined || schema.properties !== undefined) return "";
  return `\`${JSON.stringify(schema.default)}\``;
}

function meaningText(schema: JsonSchema): string {
  const unbuilt = schema["x-not-built-values"];
  const later = unbuilt === undefined ? "" : ` Not built yet: ${unbuilt.join(", ")}.`;
  const status = schema["x-not-built"] ? "Not built yet. " : "";
  return `${status}${schema.description ?? ""}${later}`;
}
