import { models, type ProblemCase, testProblems } from "../testing.ts";

const CASES: readonly ProblemCase[] = [
  {
    name: "a model that is its own target",
    text: models("models: { m: { targets: [{ model: m }] } }"),
    problems: [
      "2:35 models.m.targets[0].model: the models go round in a circle: m -> m (give one of them a target that has a provider)",
    ],
  },
  {
    name: "a circle of three",
    text: models(
      [
        "models:",
        "  a: { targets: [{ model: b }] }",
        "  b: { strategy: { type: fallback }, targets: [{ provider: mock, model: x }, { strategy: { type: single }, targets: [{ model: c }] }] }",
        "  c: { targets: [{ model: a }] }",
        "  m: { targets: [{ model: a }] }",
      ].join("\n"),
    ),
    problems: [
      "5:27 models.c.targets[0].model: the models go round in a circle: a -> b -> c -> a (give one of them a target that has a provider)",
    ],
  },
  {
    name: "two circles through one model",
    text: models(
      [
        "models:",
        "  m: { strategy: { type: fallback }, targets: [{ model: a }, { model: b }] }",
        "  a: { targets: [{ model: m }] }",
        "  b: { targets: [{ model: m }] }",
      ].join("\n"),
    ),
    problems: [
      "4:27 models.a.targets[0].model: the models go round in a circle: m -> a -> m (give one of them a target that has a provider)",
      "5:27 models.b.targets[0].model: the models go round in a circle: m -> b -> m (give one of them a target that has a provider)",
    ],
  },
  {
    name: "fallbacks that are not there, itself, or twice",
    text: models(
      [
        "models: { m: { targets: [{ provider: mock, model: x }], fallbacks: { contextWindow: [mm, m], contentPolicy: [n, n], other: [fast] } }, n: { targets: [{ provider: mock, model: x }] } }",
        "aliases: { fast: m }",
      ].join("\n"),
    ),
    problems: [
      '2:86 models.m.fallbacks.contextWindow[0]: there is no model "mm" (did you mean "m"?)',
      "2:90 models.m.fallbacks.contextWindow[1]: a model cannot be its own fallback (remove it)",
      "2:113 models.m.fallbacks.contentPolicy[1]: contentPolicy[0] is the same (remove it)",
      '2:125 models.m.fallbacks.other[0]: there is no model "fast" (that is an alias; name the model itself)',
    ],
  },
  {
    name: "a hedge with one target",
    text: models(
      "models: { m: { targets: [{ model: n }], hedge: {} }, n: { targets: [{ provider: mock, model: x }] } }",
    ),
    problems: ["2:41 models.m.hedge: needs a second target to ask, and here is one"],
  },
  {
    name: "a hedge after nonsense",
    text: models("models: { m: { targets: [{ provider: mock, model: x }], hedge: { afterMs: p99 } } }"),
    problems: ['2:75 models.m.hedge.afterMs: must be "p95" or a whole number from 1 to 86400000'],
  },
  {
    name: "a shadow at an unknown provider",
    text: models(
      "models: { m: { targets: [{ provider: mock, model: x }], shadow: { target: { provider: mokc, model: y } } } }",
    ),
    problems: ['2:87 models.m.shadow.target.provider: there is no provider "mokc" (did you mean "mock"?)'],
  },
  {
    name: "retries at odds",
    text: models(
      "models: { m: { targets: [{ provider: mock, model: x }], retry: { attempts: 5, maxTries: 4, statuses: [429], backoffMs: { first: 2000 }, byStatus: { 503: {}, 429: { attempts: 9 } } } } }",
    ),
    problems: [
      "2:76 models.m.retry.attempts: is more than maxTries, which is 4 (raise maxTries)",
      "2:129 models.m.retry.backoffMs.first: is more than backoffMs.max, which is 1000",
      "2:149 models.m.retry.byStatus[503]: after 503 there is no other try, as it is not one of retry.statuses (add it there)",
      "2:175 models.m.retry.byStatus[429].attempts: is more than maxTries, which is 4 (raise maxTries)",
    ],
  },
  {
    name: "a rule for a status that is none",
    text: models(
      "models: { m: { targets: [{ provider: mock, model: x }], retry: { byStatus: { 200: {} } } } }",
    ),
    problems: ["2:78 models.m.retry.byStatus[200]: the name must be a status from 400 to 599"],
  },
  {
    name: "a concurrency without a limit",
    text: models(
      "models: { m: { targets: [{ provider: mock, model: x }], concurrency: { queue: { max: -1 } } } }",
    ),
    problems: [
      '2:70 models.m.concurrency.limit: the key "limit" is missing (Calls at a time, in all gateway processes of the machine together.)',
      "2:86 models.m.concurrency.queue.max: must be a whole number from 0 to 100000",
    ],
  },
  {
    name: "a stall without a rate",
    text: models("models: { m: { targets: [{ provider: mock, model: x }], stall: {} } }"),
    problems: [
      '2:64 models.m.stall.minTokensPerSecond: the key "minTokensPerSecond" is missing (The lowest rate that is none, by an estimate.)',
    ],
  },
  {
    name: "shares beyond all",
    text: models(
      "models: { m: { targets: [{ provider: mock, model: x }], outliers: { maxEjectedShare: 1.5 }, hedge: { share: -0.1 } } }",
    ),
    problems: [
      "2:86 models.m.outliers.maxEjectedShare: must be a number from 0 to 1",
      "2:109 models.m.hedge.share: must be a number from 0 to 1",
    ],
  },
  {
    name: "two stars in a name",
    text: models(
      "models: { m: { targets: [{ provider: mock, model: x }] }, 'a*b*': { targets: [{ provider: mock, model: x }] } }",
    ),
    problems: [
      '2:59 models["a*b*"]: the name must be letters, digits and . _ : / @ + -, beginning with a letter or digit; one * may stand for any text',
    ],
  },
  {
    name: "one name that means many",
    text: models(
      [
        "models: { m: { strategy: { type: fallback }, targets: [{ provider: mock, model: x }, { model: 'gpt-*' }], fallbacks: { other: ['gpt-*'] } }, 'gpt-*': { targets: [{ provider: mock, model: '*' }] } }",
        "aliases: { fast: 'gpt-*', 'a*': m, b: gpt-4o }",
      ].join("\n"),
    ),
    problems: [
      '2:95 models.m.targets[1].model: the name "gpt-*" stands for many models (only a model whose own name has a * can pass on the name that the client asked for)',
      '2:128 models.m.fallbacks.other[0]: the name "gpt-*" stands for many models (only a model whose own name has a * can pass on the name that the client asked for)',
      '3:18 aliases.fast: the name "gpt-*" stands for many models (only a model whose own name has a * can pass on the name that the client asked for)',
      '3:27 aliases["a*"]: an alias is one name, without a * (names under models may have one)',
      '3:39 aliases.b: there is no model "gpt-4o" (did you mean "gpt-*"?)',
    ],
  },
];

testProblems("models", CASES, { acceptNotBuilt: true });
