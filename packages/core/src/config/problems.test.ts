import assert from "node:assert/strict";
import { test } from "node:test";
import { ADAPTERS } from "../generated/adapters.ts";
import { keys, load, models, type ProblemCase, providers, rest, testProblems } from "./testing.ts";

const ADAPTER_IDS = ADAPTERS.map(({ id }) => id).join(", ");

const TEXT_CASES: readonly ProblemCase[] = [
  { name: "empty", text: "", problems: ["1:1: the file is empty (it needs at least providers and models)"] },
  {
    name: "only a comment",
    text: "# nothing\n",
    problems: ["1:1: the file is empty (it needs at least providers and models)"],
  },
  { name: "a list", text: "- a\n", problems: ["1:1: must be an object"] },
  { name: "a text", text: "hello", problems: ["1:1: must be an object"] },
  {
    name: "a duplicate key",
    text: rest("processes: 1", "processes: 2"),
    problems: ["5:1 processes: the key is there twice (keep one of them)"],
  },
  {
    name: "a duplicate key inside JSON",
    text: '{"listen": {"port": 1, "port": 2}}',
    problems: [
      '1:1 providers: the key "providers" is missing (Model providers, each under a name of your choice.)',
      '1:1 models: the key "models" is missing (Models, each under the name that clients ask for.)',
      "1:24 listen.port: the key is there twice (keep one of them)",
    ],
  },
  {
    name: "a tab as indentation",
    text: rest("listen:", "\tport: 1"),
    problems: ["5:1: a tab is used as indentation; YAML wants spaces"],
  },
  {
    name: "an open bracket",
    text: rest("listen: { port: 1", "processes: 1"),
    problems: ["5:1: the indentation is wrong, or a bracket is not closed"],
  },
  {
    name: "two colons on a line",
    text: rest("processes: a: b"),
    problems: ["4:12: there is more than one `key:` on a line; put a text that has a colon in quotes"],
  },
  { name: "a tag", text: rest("processes: !env X"), problems: ["4:12: tags (!name) are not supported"] },
  {
    name: "two documents",
    text: rest("---", "processes: 1"),
    problems: ["4:1: there is a second document after a line of ---; the file must hold one"],
  },
  {
    name: "an alias without an anchor",
    text: rest("processes: *p"),
    problems: ["4:12 processes: there is no anchor &p before this alias"],
  },
  { name: "a key that is a list", text: rest("? [a]", ": b"), problems: ["4:3: a key must be a plain text"] },
  {
    name: "__proto__",
    text: rest("__proto__: { listen: 1 }"),
    problems: ["4:1 __proto__: the name is not allowed"],
  },
  {
    name: "merge keys",
    text: rest("<<: { processes: 1 }"),
    problems: [
      '4:1 ["<<"]: unknown key (known keys: listen, admin, processes, workers, providers, models, aliases, auth, keys, limits, discovery, responses, drainTimeoutMs, logs, routing, shedding, faults, prices, store, redis)',
    ],
  },
];

const STRUCTURE_CASES: readonly ProblemCase[] = [
  {
    name: "unknown key, near one",
    text: rest("procesess: 2"),
    problems: ['4:1 procesess: unknown key (did you mean "processes"?)'],
  },
  {
    name: "unknown key, near none",
    text: rest("logs: { colour: true }"),
    problems: ["4:9 logs.colour: unknown key (known keys: level, access)"],
  },
  {
    name: "unknown key that explains a missing one",
    text: models("models: { m: { targets: [{ provdier: mock, model: x }] } }"),
    problems: ['2:28 models.m.targets[0].provdier: unknown key (did you mean "provider"?)'],
  },
  {
    name: "snake case",
    text: providers("providers: { p: { adapter: openai-compatible, base_url: http://x/v1 } }"),
    problems: ['1:47 providers.p.base_url: unknown key (did you mean "baseUrl"?)'],
  },
  {
    name: "missing keys",
    text: "processes: 1\n",
    problems: [
      '1:1 providers: the key "providers" is missing (Model providers, each under a name of your choice.)',
      '1:1 models: the key "models" is missing (Models, each under the name that clients ask for.)',
    ],
  },
  {
    name: "missing in a list",
    text: keys("keys: [{ name: a }]"),
    problems: ['3:8 keys[0].key: the key "key" is missing (The key itself.)'],
  },
  {
    name: "an empty value",
    text: rest("listen:"),
    problems: ["4:8 listen: must be an object (give it a value or remove the key)"],
  },
  {
    name: "a wrong type",
    text: rest("listen: { port: '8080', host: 5 }"),
    problems: [
      "4:17 listen.port: must be a whole number from 0 to 65535",
      "4:31 listen.host: must be a non-empty string (put it in quotes)",
    ],
  },
  {
    name: "a number out of range",
    text: rest("listen: { port: 70000 }", "processes: 0"),
    problems: [
      "4:17 listen.port: must be a whole number from 0 to 65535",
      '5:12 processes: must be "auto" or a whole number from 1 to 256',
    ],
  },
  {
    name: "a fraction",
    text: rest("drainTimeoutMs: 1.5"),
    problems: ["4:17 drainTimeoutMs: must be a whole number from 1 to 86400000"],
  },
  {
    name: "a wrong choice",
    text: rest("logs: { level: inof }"),
    problems: [
      '4:16 logs.level: must be one of trace, debug, info, warn, error, fatal, silent, not "inof" (did you mean "info"?)',
    ],
  },
  {
    name: "an unknown adapter, near one",
    text: providers("providers: { mock: { adapter: opnai } }"),
    problems: [
      `1:31 providers.mock.adapter: must be one of ${ADAPTER_IDS}, not "opnai" (did you mean "openai"?)`,
    ],
  },
  {
    name: "an unknown adapter, near none",
    text: providers("providers: { mock: { adapter: zzz } }"),
    problems: [`1:31 providers.mock.adapter: must be one of ${ADAPTER_IDS}, not "zzz"`],
  },
  {
    name: "no providers",
    text: providers("providers: {}"),
    problems: ["1:12 providers: must be an object with at least one entry"],
  },
  {
    name: "no targets",
    text: models("models: { m: { targets: [] } }"),
    problems: ["2:25 models.m.targets: must be a non-empty array"],
  },
  {
    name: "a bad provider name",
    text: providers("providers: { 'a b': { adapter: mock }, mock: { adapter: mock } }"),
    problems: [
      '1:14 providers["a b"]: the name must be letters, digits, dots, dashes and underscores, beginning with a letter or digit',
    ],
  },
  {
    name: "a bad model name",
    text: models("models: { 'a b': { targets: [{ provider: mock, model: x }] } }"),
    problems: [
      '2:11 models["a b"]: the name must be letters, digits and . _ : / @ + -, beginning with a letter or digit; one * may stand for any text',
    ],
  },
  {
    name: "a slash at the end of baseUrl",
    text: providers("providers: { p: { adapter: openai-compatible, baseUrl: http://x/v1/ } }"),
    problems: [
      "1:56 providers.p.baseUrl: must be an http:// or https:// URL without a slash at its end, without credentials, query or fragment",
    ],
  },
  {
    name: "an upper-case header",
    text: providers("providers: { mock: { adapter: mock, forwardHeaders: [X-Id] } }"),
    problems: ["1:54 providers.mock.forwardHeaders[0]: must be a header name in lower case"],
  },
  {
    name: "a name with dots in the path",
    text: models("models: { gpt-4.1: { targets: [{ provider: 1, model: x }] } }"),
    problems: ['2:44 models["gpt-4.1"].targets[0].provider: must be a non-empty string (put it in quotes)'],
  },
  {
    name: "a short key",
    text: keys("keys: [{ name: a, key: secret }]"),
    problems: ["3:24 keys[0].key: must be 8 to 512 visible ASCII characters without spaces"],
  },
];

const NOT_BUILT_CASES: readonly ProblemCase[] = [
  {
    name: "store and redis",
    text: rest("store: { url: 'sqlite:x' }", "redis: { url: redis://:secret@x }"),
    problems: [
      '4:1 store: "store" is not built yet in this version; remove it',
      '5:1 redis: "redis" is not built yet in this version; remove it',
    ],
  },
  {
    name: "limits and budgets of keys",
    text: keys("keys: [{ name: a, key: sk-12345678, limits: { rpm: 1 }, budget: { usd: 1 } }]"),
    problems: [
      '3:37 keys[0].limits: "limits" is not built yet in this version; remove it',
      '3:57 keys[0].budget: "budget" is not built yet in this version; remove it',
    ],
  },
];

testProblems("text", TEXT_CASES);
testProblems("structure", STRUCTURE_CASES);
testProblems("not built", NOT_BUILT_CASES);

test("config problem: has its parts as fields too", () => {
  const result = load(rest("procesess: 2"));
  assert.deepEqual(result, {
    ok: false,
    problems: [
      {
        file: "headrace.yaml",
        line: 4,
        column: 1,
        path: "procesess",
        message: "unknown key",
        hint: 'did you mean "processes"?',
      },
    ],
  });
});
