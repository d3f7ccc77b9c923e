/** Routes that cannot be meant, as `headrace check` refuses them: each with its line, so that it never comes to a call. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { runCommand } from "./support/run-command.ts";

const PROVIDERS = `listen: { host: 127.0.0.1 }
auth: { mode: none }
providers: { a: { adapter: mock }, b: { adapter: mock } }
`;

interface Refused {
  readonly what: string;
  /** What follows the providers: the first line is the file's fourth. */
  readonly text: string;
  /** Line, path and words of each problem. */
  readonly problems: readonly string[];
}

const REFUSED: readonly Refused[] = [
  {
    what: "targets that go round in a circle",
    text: `models:
  one: { targets: [{ model: two }] }
  two:
    strategy: { type: fallback }
    targets:
      - { provider: a, model: x }
      - { model: one }
`,
    problems: [
      "10:18 models.two.targets[1].model: the models go round in a circle: one -> two -> one (give one of them a target that has a provider)",
    ],
  },
  {
    what: "targets and fallbacks that are not there",
    text: `models:
  chat:
    strategy: { type: weighted }
    targets:
      - { provider: c, model: x }
      - { model: chatt }
    fallbacks: { other: [none] }
`,
    problems: [
      '8:21 models.chat.targets[0].provider: there is no provider "c" (known providers: a, b)',
      '9:18 models.chat.targets[1].model: without a provider this is another model of this file, and there is no model "chatt" (did you mean "chat"?)',
      '10:26 models.chat.fallbacks.other[0]: there is no model "none" (known models: chat)',
    ],
  },
  {
    what: "weights that are all zero",
    text: `models:
  chat:
    strategy: { type: weighted }
    targets:
      - { provider: a, model: x, weight: 0 }
      - { provider: b, model: x, weight: 0 }
`,
    problems: [
      "7:5 models.chat.targets: all targets have the weight 0, so none could be chosen (give at least one of them more)",
    ],
  },
  {
    what: "rules that can never be told",
    text: `models:
  chat:
    strategy:
      type: rules
      rules:
        - { when: 'model ==', use: 0 }
        - { when: 'modell == "x"', use: 0 }
        - { when: 'tokens + 1', use: 0 }
        - { when: 'tokens > "many"', use: 0 }
        - { when: 'headers == {}', use: 0 }
        - { when: 'stream', use: third }
        - { when: 'stream', use: 2 }
      otherwise: 0
    targets:
      - { provider: a, model: x }
      - { provider: b, model: x, name: second }
`,
    problems: [
      "9:19 models.chat.strategy.rules[0].when: is not a rule that can be read: 1:9: the rule ends where something must follow",
      "10:19 models.chat.strategy.rules[1].when: is not a rule that can be read: 1:1: Unknown variable: modell",
      "11:19 models.chat.strategy.rules[2].when: is not a rule that can be read: 1:1: gives int, not true or false",
      "12:19 models.chat.strategy.rules[3].when: is not a rule that can be read: 1:1: no such overload: int > string",
      '13:19 models.chat.strategy.rules[4].when: is not a rule that can be read: 1:1: headers are read by name, as in headers["x-team"]',
      '14:34 models.chat.strategy.rules[5].use: there is no target named "third" (known names of targets: second)',
      "15:34 models.chat.strategy.rules[6].use: there is no target 2 (they are 0 to 1)",
    ],
  },
  {
    what: "strategies without what they need, or with what they do not take",
    text: `models:
  ruled: { strategy: { type: rules }, targets: [{ provider: a, model: x }] }
  stuck: { strategy: { type: sticky, by: header }, targets: [{ provider: a, model: x }] }
  split: { strategy: { type: ab, by: prefix }, targets: [{ provider: a, model: x }] }
  plain: { strategy: { type: cost, salt: x }, targets: [{ provider: a, model: x }] }
  many: { targets: [{ provider: a, model: x }, { provider: b, model: x }] }
  alone: { targets: [{ provider: a, model: x }], hedge: {} }
`,
    problems: [
      '5:22 models.ruled.strategy.rules: the strategy "rules" needs rules (a list such as [{ when: "tokens > 8000", use: 0 }])',
      '5:22 models.ruled.strategy.otherwise: the strategy "rules" needs otherwise (the index or name of the target for calls that no rule takes)',
      "6:22 models.stuck.strategy.header: by: header needs the header's name (header: x-session-id)",
      '7:38 models.split.strategy.by: the strategy "ab" takes key, conversation or header, not "prefix"',
      '8:36 models.plain.strategy.salt: the strategy "cost" takes no salt (remove it)',
      '9:11 models.many.targets: the strategy "single" takes one target, and here are 2 (remove the others, or set strategy: { type: fallback })',
      "10:50 models.alone.hedge: needs a second target to ask, and here is one",
    ],
  },
  {
    what: "a model without a target",
    text: "models: { bare: { strategy: { type: fallback }, targets: [] } }\n",
    problems: ["4:58 models.bare.targets: must be a non-empty array"],
  },
];

suite("headrace check refuses", { timeout: 60_000 }, () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "headrace-refused-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const { what, text, problems } of REFUSED) {
    test(what, async () => {
      const file = join(folder, "headrace.yaml");
      await writeFile(file, PROVIDERS + text);
      const { code, stdout, stderr } = await runCommand("check", "--config", file);
      assert.deepEqual([code, stdout], [1, ""]);
      const told = stderr.trimEnd().split("\n");
      assert.deepEqual(
        told.map((line) => line.replace(`${file}:`, "")),
        problems,
      );
    });
  }
});
