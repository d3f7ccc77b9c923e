import { createRequire } from "node:module";
import { extname } from "node:path";
import type { RuleExpression } from "./rule-expression.ts";

type RuleLibrary = typeof import("./rule-expression.ts");

let loaded: RuleLibrary | undefined;

/** Loaded with the first rule: CEL and RE2 take a megabyte and a half, and most configurations have no rules. */
function library(): RuleLibrary {
  loaded ??= createRequire(import.meta.url)(`./rule-expression${extname(import.meta.url)}`) as RuleLibrary;
  return loaded;
}

/** As in rule-expression.ts. */
export function parseRule(text: string): RuleExpression {
  return library().parseRule(text);
}

/** As in rule-expression.ts. */
export function ruleFault(text: string): string | null {
  return library().ruleFault(text);
}
