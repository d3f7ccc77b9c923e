import { configMarkdown, configSchemaJson } from "../config/docs.ts";
import { errorsMarkdown } from "../errors/docs.ts";
import { configValidatorSource, requestValidatorsSource } from "./compile-validators.ts";

/** Every committed file that is made from tables and schemas: its path in the repository and its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ["docs/errors.md", errorsMarkdown()],
    ["docs/config.md", configMarkdown()],
    ["docs/config.schema.json", configSchemaJson()],
    ["packages/core/src/generated/config-validator.ts", configValidatorSource()],
    ["packages/core/src/generated/request-validators.ts", requestValidatorsSource()],
  ]);
}
