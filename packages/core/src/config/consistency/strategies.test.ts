import assert from "node:assert/strict";
import { test } from "node:test";
import { models, type ProblemCase, problemLines, testProblems } from "../testing.ts";
import type { CheckRule } from "./scope.ts";

const CASES: readonly ProblemCase[] = [
  {
    name: "rules without otherwise",
    text: models(
      "models: { m: { strategy: { type: rules, rules: [{ when: 'true', use: 0 }] }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:26 models.m.strategy.otherwise: the strategy "rules" needs otherwise (the index or name of the target for calls that no rule takes)',
    ],
  },
  {
    name: "rules without rules",
    text: models(
      "models: { m: { strategy: { type: rules, otherwise: 0 }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:26 models.m.strategy.rules: the strategy "rules" needs rules (a list such as [{ when: "tokens > 8000", use: 0 }])',
    ],
  },
  {
    name: "rules that name targets that are not there",
    text: models(
      [
        "models:",
        "  m:",
        "    strategy: { type: rules, rules: [{ when: 'true', use: bigg }, { when: 'true', use: 2 }], otherwise: constructor }",
        "    targets: [{ provider: mock, model: x, name: big }, { provider: mock, model: y }]",
      ].join("\n"),
    ),
    problems: [
      '4:59 models.m.strategy.rules[0].use: there is no target named "bigg" (did you mean "big"?)',
      "4:88 models.m.strategy.rules[1].use: there is no target 2 (they are 0 to 1)",
      '4:105 models.m.strategy.otherwise: there is no target named "constructor" (known names of targets: big)',
    ],
  },
  {
    name: "rules over one target without a name",
    text: models(
      "models: { m: { strategy: { type: rules, rules: [{ when: 'true', use: big }], otherwise: 1 }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:70 models.m.strategy.rules[0].use: there is no target named "big" (none of these targets has a name)',
      "2:89 models.m.strategy.otherwise: there is no target 1 (the only one is 0)",
    ],
  },
  {
    name: "sticky and ab by nothing",
    text: models(
      [
        "models:",
        "  m: { strategy: { type: sticky }, targets: [{ provider: mock, model: x }] }",
        "  n: { strategy: { type: ab }, targets: [{ provider: mock, model: x }] }",
      ].join("\n"),
    ),
    problems: [
      '3:18 models.m.strategy.by: the strategy "sticky" needs by (what stays with one target: key, conversation or header)',
      '4:18 models.n.strategy.by: the strategy "ab" needs by (what stays with one target: key, conversation or header)',
    ],
  },
  {
    name: "sticky and ab by a header without its name",
    text: models(
      [
        "models:",
        "  m: { strategy: { type: sticky, by: header }, targets: [{ provider: mock, model: x }] }",
        "  n: { strategy: { type: ab, by: header }, targets: [{ provider: mock, model: x }] }",
      ].join("\n"),
    ),
    problems: [
      "3:18 models.m.strategy.header: by: header needs the header's name (header: x-session-id)",
      "4:18 models.n.strategy.header: by: header needs the header's name (header: x-session-id)",
    ],
  },
  {
    name: "a header for something else",
    text: models(
      "models: { m: { strategy: { type: sticky, by: key, header: x-id }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: ["2:51 models.m.strategy.header: has no use with by: key (remove it, or set by: header)"],
  },
  {
    name: "ab by prefix",
    text: models(
      "models: { m: { strategy: { type: ab, by: prefix }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:42 models.m.strategy.by: the strategy "ab" takes key, conversation or header, not "prefix"',
    ],
  },
  {
    name: "options of other strategies",
    text: models(
      "models: { m: { strategy: { type: weighted, by: key, header: x-id, salt: a, otherwise: 0 }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:44 models.m.strategy.by: the strategy "weighted" takes no by (remove it)',
      '2:53 models.m.strategy.header: the strategy "weighted" takes no header (remove it)',
      '2:67 models.m.strategy.salt: the strategy "weighted" takes no salt (remove it)',
      '2:76 models.m.strategy.otherwise: the strategy "weighted" takes no otherwise (remove it)',
    ],
  },
  {
    name: "a salt for sticky",
    text: models(
      "models: { m: { strategy: { type: sticky, by: key, salt: a }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: ['2:51 models.m.strategy.salt: the strategy "sticky" takes no salt (remove it)'],
  },
  {
    name: "one name for two targets",
    text: models(
      "models: { m: { strategy: { type: weighted }, targets: [{ provider: mock, model: x, name: a }, { provider: mock, model: y, name: a }] } }",
    ),
    problems: ["2:129 models.m.targets[1].name: targets[0] has the same name"],
  },
  {
    name: "weights that are all zero",
    text: models(
      "models: { m: { strategy: { type: weighted }, targets: [{ provider: mock, model: x, weight: 0 }, { provider: mock, model: y, weight: 0 }] } }",
    ),
    problems: [
      "2:46 models.m.targets: all targets have the weight 0, so none could be chosen (give at least one of them more)",
    ],
  },
  {
    name: "the only target without weight",
    text: models("models: { m: { targets: [{ provider: mock, model: x, weight: 0 }] } }"),
    problems: [
      "2:16 models.m.targets: the only target has the weight 0, so none could be chosen (give at least one of them more)",
    ],
  },
  {
    name: "a negative weight",
    text: models("models: { m: { targets: [{ provider: mock, model: x, weight: -1 }] } }"),
    problems: ["2:62 models.m.targets[0].weight: must be a number from 0 to 1000000"],
  },
  {
    name: "a header in upper case",
    text: models(
      "models: { m: { strategy: { type: sticky, by: header, header: X-Id }, targets: [{ provider: mock, model: x }] } }",
    ),
    problems: ["2:62 models.m.strategy.header: must be a header name in lower case"],
  },
];

testProblems("strategies", CASES, { acceptNotBuilt: true });

const RULES = models(
  "models: { m: { strategy: { type: rules, rules: [{ when: 'tokens >', use: 0 }], otherwise: 0 }, targets: [{ provider: mock, model: x }] } }",
);
const checkRule: CheckRule = (expression) =>
  expression.endsWith(">") ? `1:${expression.length + 1}: an operand is missing after ${expression}` : null;

test("config problem, strategies: a rule that cannot be read, in the words of who reads it", () => {
  const options = { acceptNotBuilt: true, checkRule };
  assert.deepEqual(problemLines(RULES, {}, options), [
    "headrace.yaml:2:57 models.m.strategy.rules[0].when: is not a rule that can be read: 1:9: an operand is missing after tokens >",
  ]);
  assert.deepEqual(problemLines(RULES.replace("tokens >", "tokens > 5"), {}, options), []);
  assert.deepEqual(problemLines(RULES, {}, { acceptNotBuilt: true }), []);
});

test("config problem, strategies: what is wrong with a rule from the environment is not quoted", () => {
  const text = RULES.replace("tokens >", "${RULE}");
  assert.deepEqual(problemLines(text, { RULE: "sk-secret >" }, { acceptNotBuilt: true, checkRule }), [
    "headrace.yaml:2:57 models.m.strategy.rules[0].when: is not a rule that can be read",
  ]);
});
