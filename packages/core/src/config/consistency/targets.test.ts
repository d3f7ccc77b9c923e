import { models, type ProblemCase, testProblems } from "../testing.ts";

const CASES: readonly ProblemCase[] = [
  {
    name: "nothing",
    text: models("models: { m: { targets: [{}] } }"),
    problems: ["2:26 models.m.targets[0]: a target needs a provider and a model (known providers: mock)"],
  },
  {
    name: "a provider without a model",
    text: models("models: { m: { targets: [{ provider: mock }] } }"),
    problems: [
      '2:26 models.m.targets[0].model: the key "model" is missing (The model\'s name at that provider.)',
    ],
  },
  {
    name: "a model that is none of this file",
    text: models(
      "models: { m: { targets: [{ model: n }] }, other: { targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:35 models.m.targets[0].model: without a provider this is another model of this file, and there is no model "n" (known models: m, other)',
    ],
  },
  {
    name: "a model with a near name",
    text: models(
      "models: { m: { targets: [{ model: othr }] }, other: { targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:35 models.m.targets[0].model: without a provider this is another model of this file, and there is no model "othr" (did you mean "other"?)',
    ],
  },
  {
    name: "a model named like a method",
    text: models("models: { m: { targets: [{ model: constructor }] } }"),
    problems: [
      '2:35 models.m.targets[0].model: without a provider this is another model of this file, and there is no model "constructor" (known models: m)',
    ],
  },
  {
    name: "a model and a concurrency",
    text: models(
      "models: { m: { targets: [{ model: n, concurrency: { limit: 1 } }] }, n: { targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      "2:38 models.m.targets[0].concurrency: belongs to the targets of that model (write it there, or as concurrency of the model)",
    ],
  },
  {
    name: "a group without a strategy",
    text: models("models: { m: { targets: [{ targets: [{ provider: mock, model: x }] }] } }"),
    problems: [
      "2:26 models.m.targets[0].strategy: targets need a strategy (for example strategy: { type: weighted })",
    ],
  },
  {
    name: "a group without targets",
    text: models("models: { m: { targets: [{ strategy: { type: fallback } }] } }"),
    problems: ["2:26 models.m.targets[0].targets: a strategy needs targets to choose among"],
  },
  {
    name: "a group with a provider, a model and a concurrency",
    text: models(
      "models: { m: { targets: [{ provider: mock, model: x, concurrency: { limit: 1 }, strategy: { type: single }, targets: [{ provider: mock, model: x }] }] } }",
    ),
    problems: [
      "2:28 models.m.targets[0].provider: a target with targets of its own takes no provider (give it to one of them)",
      "2:44 models.m.targets[0].model: a target with targets of its own takes no model (give it to one of them)",
      "2:54 models.m.targets[0].concurrency: a target with targets of its own takes no concurrency (give it to one of them)",
    ],
  },
  {
    name: "faults inside of groups",
    text: models(
      [
        "models:",
        "  m:",
        "    strategy: { type: fallback }",
        "    targets:",
        "      - strategy: { type: weighted, salt: a }",
        "        targets: [{ provider: mokc, model: x, weight: 0 }, { strategy: { type: single }, targets: [{ model: mm, weight: 0 }, { provider: mock, model: x, name: b, weight: 0 }], weight: 0 }]",
      ].join("\n"),
    ),
    problems: [
      '6:37 models.m.targets[0].strategy.salt: the strategy "weighted" takes no salt (remove it)',
      "7:9 models.m.targets[0].targets: all targets have the weight 0, so none could be chosen (give at least one of them more)",
      '7:31 models.m.targets[0].targets[0].provider: there is no provider "mokc" (did you mean "mock"?)',
      '7:90 models.m.targets[0].targets[1].targets: the strategy "single" takes one target, and here are 2 (remove the others, or set strategy: { type: fallback })',
      "7:90 models.m.targets[0].targets[1].targets: all targets have the weight 0, so none could be chosen (give at least one of them more)",
      '7:109 models.m.targets[0].targets[1].targets[0].model: without a provider this is another model of this file, and there is no model "mm" (did you mean "m"?)',
    ],
  },
  {
    name: "structure inside of groups",
    text: models(
      "models: { m: { targets: [{ strategy: { type: singel }, targets: [{ provdier: mock, model: x }, { provider: 1, model: x }] }] } }",
    ),
    problems: [
      '2:46 models.m.targets[0].strategy.type: must be one of single, fallback, weighted, round-robin, least-latency, least-busy, cost, rules, sticky, ab, not "singel" (did you mean "single"?)',
      '2:68 models.m.targets[0].targets[0].provdier: unknown key (did you mean "provider"?)',
      "2:108 models.m.targets[0].targets[1].provider: must be a non-empty string (put it in quotes)",
    ],
  },
  {
    name: "* for one name",
    text: models("models: { m: { targets: [{ provider: mock, model: '*' }] } }"),
    problems: [
      "2:51 models.m.targets[0].model: * is the name that was asked for, and here that is always the same (write the model's name at the provider)",
    ],
  },
  {
    name: "an empty group",
    text: models("models: { m: { targets: [{ strategy: { type: single }, targets: [] }] } }"),
    problems: ["2:65 models.m.targets[0].targets: must be a non-empty array"],
  },
];

testProblems("targets", CASES, { acceptNotBuilt: true });
