import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConfigResult, type LoadOptions, loadConfig } from "./load.ts";
import { formatConfigProblem } from "./problem.ts";
import type { Environment } from "./references.ts";

/** A whole and valid configuration, one part to a line, for tests to vary. */
const BASE_LINES = {
  providers: "providers: { mock: { adapter: mock } }",
  models: "models: { m: { targets: [{ provider: mock, model: x }] } }",
  keys: "keys: [{ name: ci, key: sk-12345678 }]",
} as const;

/** The base with some lines replaced and others added; the order is providers, models, keys, the rest. */
export function configText(changes: Readonly<Record<string, string>> = {}): string {
  return `${Object.values({ ...BASE_LINES, ...changes }).join("\n")}\n`;
}

type TestOptions = Partial<Pick<LoadOptions, "checkRule" | "acceptNotBuilt">>;

export function load(text: string, env: Environment = {}, options: TestOptions = {}): ConfigResult {
  return loadConfig(text, { file: "headrace.yaml", env, ...options });
}

/** The problems as a user would read them. */
export function problemLines(text: string, env: Environment = {}, options: TestOptions = {}): string[] {
  const result = load(text, env, options);
  return result.ok ? [] : result.problems.map(formatConfigProblem);
}

/** One line of the base replaced: providers is line 1, models 2, keys 3, the rest from 4. */
export const providers = (line: string): string => configText({ providers: line });
export const models = (line: string): string => configText({ models: line });
export const keys = (line: string): string => configText({ keys: line });
export const rest = (...lines: string[]): string => configText({ rest: lines.join("\n") });

export type ProblemCase = {
  readonly name: string;
  readonly text: string;
  /** As a user reads them, without the file's name. */
  readonly problems: readonly string[];
};

/** One test a case: the exact words, places and order. */
export function testProblems(group: string, cases: readonly ProblemCase[], options: TestOptions = {}): void {
  for (const { name, text, problems } of cases) {
    test(`config problem, ${group}: ${name}`, () => {
      const expected = problems.map((problem) => `headrace.yaml:${problem}`);
      assert.deepEqual(problemLines(text, {}, options), expected);
    });
  }
}
