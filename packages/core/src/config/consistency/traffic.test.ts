import { keys, type ProblemCase, providers, rest, testProblems } from "../testing.ts";

const CASES: readonly ProblemCase[] = [
  {
    name: "a breaker at odds",
    text: providers("providers: { mock: { adapter: mock, breaker: { openMs: 5, maxOpenMs: 4 } } }"),
    problems: ["1:56 providers.mock.breaker.openMs: must not be larger than maxOpenMs, which is 4"],
  },
  {
    name: "a probe without an interval, elsewhere",
    text: providers("providers: { mock: { adapter: mock, probe: { path: health } } }"),
    problems: [
      '1:44 providers.mock.probe.intervalMs: the key "intervalMs" is missing (From one probe to the next.)',
      "1:52 providers.mock.probe.path: must be a path that begins with a slash",
    ],
  },
  {
    name: "faults with the options of others",
    text: rest(
      [
        "faults:",
        "  rules:",
        "  - { fault: status }",
        "  - { fault: latency, status: 500 }",
        "  - { fault: cut, latencyMs: 1 }",
        "  - { fault: error-in-200, afterEvents: 1, retryAfterMs: 5 }",
      ].join("\n"),
    ),
    problems: [
      '6:5 faults.rules[0].status: the fault "status" needs status',
      '7:5 faults.rules[1].latencyMs: the fault "latency" needs latencyMs',
      '7:23 faults.rules[1].status: the fault "latency" takes no status (remove it)',
      '8:19 faults.rules[2].latencyMs: the fault "cut" takes no latencyMs (remove it)',
      '9:28 faults.rules[3].afterEvents: the fault "error-in-200" takes no afterEvents (remove it)',
      '9:44 faults.rules[3].retryAfterMs: the fault "error-in-200" takes no retryAfterMs (remove it)',
    ],
  },
  {
    name: "faults at what is not there",
    text: rest("faults: { rules: [{ fault: cut, provider: mokc, model: mm }] }"),
    problems: [
      '4:43 faults.rules[0].provider: there is no provider "mokc" (did you mean "mock"?)',
      '4:56 faults.rules[0].model: there is no model "mm" (did you mean "m"?)',
    ],
  },
  {
    name: "an unknown fault",
    text: rest("faults: { rules: [{ fault: latancy }] }"),
    problems: [
      '4:28 faults.rules[0].fault: must be one of status, latency, stall, cut, malformed, error-in-200, not "latancy" (did you mean "latency"?)',
    ],
  },
  {
    name: "budgets beyond all",
    text: rest("routing: { retryBudget: { share: 2 }, hedgeBudget: { burst: -1 } }"),
    problems: [
      "4:34 routing.retryBudget.share: must be a number from 0 to 1",
      "4:61 routing.hedgeBudget.burst: must be a whole number from 0 to 1000000",
    ],
  },
  {
    name: "a shedding delay",
    text: rest("shedding: { eventLoopDelayMs: off }"),
    problems: ["4:31 shedding.eventLoopDelayMs: must be a whole number from 1 to 86400000 or null"],
  },
  {
    name: "prices",
    text: rest("prices: { gpt-4o: { inputUsdPerMillion: -1 } }"),
    problems: [
      '4:19 prices.gpt-4o.outputUsdPerMillion: the key "outputUsdPerMillion" is missing (A million output tokens.)',
      "4:41 prices.gpt-4o.inputUsdPerMillion: must be a number from 0 to 1000000",
    ],
  },
  {
    name: "a key's rights",
    text: keys(
      "keys: [{ name: a, key: sk-12345678, priority: urgent, overrides: [fallback], tags: ['a b'] }]",
    ),
    problems: [
      '3:47 keys[0].priority: must be one of high, normal, low, not "urgent"',
      '3:67 keys[0].overrides[0]: must be one of fallbacks, priority, faults, target, not "fallback" (did you mean "fallbacks"?)',
      "3:85 keys[0].tags[0]: must be letters, digits, dots, dashes, colons and underscores, beginning with a letter or digit",
    ],
  },
];

testProblems("traffic", CASES, { acceptNotBuilt: true });
