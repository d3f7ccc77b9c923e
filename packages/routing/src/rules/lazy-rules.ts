import { createRequire } from "node:module";
import { extname } from "node:path";
import type { RuleExpression } from "./rule-expression.ts";
import { RuleFault } from "./rule-fault.ts";

type RuleLibrary = typeof import("./rule-expression.ts");

let loaded: RuleLibrary | undefined;

/** Loaded with the first rule: CEL and RE2 take a megabyte and a half, and most configurations have no rules. */
function library(): RuleLibrary {
  loaded ??= createRequire(import.meta.url)(`./rule-expression${extname(import.meta.url)}`) as RuleLibrary;
  return loaded;
}

/** @throws RuleFault as in rule-expression.ts */
export function parseRule(text: string): RuleExpression {
  return library().parseRule(text);
}

/**
 * What is wrong with a rule's condition, with its place in it, or null: for the check of a configuration. The words may quote
 * the rule.
 */
export function ruleFault(text: string): string | null {
  try {
    parseRule(text);
    return null;
  } catch (error) {
    if (error instanceof RuleFault) return error.message;
    throw error;
  }
}
