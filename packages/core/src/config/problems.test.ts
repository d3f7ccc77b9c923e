import assert from "node:assert/strict";
import { test } from "node:test";
import { keys, load, models, problemLines, providers, rest } from "./testing.ts";

type Case = { readonly name: string; readonly text: string; readonly problems: readonly string[] };

const TEXT_CASES: readonly Case[] = [
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
      '4:1 ["<<"]: unknown key (known keys: listen, admin, processes, workers, providers, models, aliases, auth, keys, limits, drainTimeoutMs, logs, prices, store, redis)',
    ],
  },
];

const STRUCTURE_CASES: readonly Case[] = [
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
      '1:31 providers.mock.adapter: must be one of openai, openai-compatible, mock, not "opnai" (did you mean "openai"?)',
    ],
  },
  {
    name: "an unknown adapter, near none",
    text: providers("providers: { mock: { adapter: zzz } }"),
    problems: ['1:31 providers.mock.adapter: must be one of openai, openai-compatible, mock, not "zzz"'],
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
      '2:11 models["a b"]: the name must be letters, digits and . _ : / @ + -, beginning with a letter or digit',
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

const NOT_BUILT_CASES: readonly Case[] = [
  {
    name: "prices, store and redis",
    text: rest("prices: { a: 1 }", "store: { url: 'sqlite:x' }", "redis: { url: redis://:secret@x }"),
    problems: [
      '4:1 prices: "prices" is not built yet in this version; remove it',
      '5:1 store: "store" is not built yet in this version; remove it',
      '6:1 redis: "redis" is not built yet in this version; remove it',
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
  {
    name: "a strategy",
    text: models(
      "models: { m: { strategy: { type: weighted }, targets: [{ provider: mock, model: x, weight: 1 }] } }",
    ),
    problems: [
      '2:34 models.m.strategy.type: "weighted" is not built yet in this version; use single or fallback',
      '2:84 models.m.targets[0].weight: "weight" is not built yet in this version; remove it',
    ],
  },
  {
    name: "an adapter and its keys",
    text: providers("providers: { mock: { adapter: bedrock, region: eu-west-1, secretAccessKey: secret } }"),
    problems: [
      '1:31 providers.mock.adapter: "bedrock" is not built yet in this version; use openai or openai-compatible or mock',
      '1:40 providers.mock.region: "region" is not built yet in this version; remove it',
      '1:59 providers.mock.secretAccessKey: "secretAccessKey" is not built yet in this version; remove it',
    ],
  },
];

const CONSISTENCY_CASES: readonly Case[] = [
  {
    name: "an unknown provider",
    text: models("models: { m: { targets: [{ provider: mokc, model: x }] } }"),
    problems: ['2:38 models.m.targets[0].provider: there is no provider "mokc" (did you mean "mock"?)'],
  },
  {
    name: "a provider named like a method",
    text: models("models: { m: { targets: [{ provider: constructor, model: x }] } }"),
    problems: [
      '2:38 models.m.targets[0].provider: there is no provider "constructor" (known providers: mock)',
    ],
  },
  {
    name: "single with two targets",
    text: models("models: { m: { targets: [{ provider: mock, model: x }, { provider: mock, model: y }] } }"),
    problems: [
      '2:16 models.m.targets: the strategy "single" takes one target, and here are 2 (remove the others, or set strategy: { type: fallback })',
    ],
  },
  {
    name: "openai-compatible without baseUrl",
    text: providers("providers: { mock: { adapter: openai-compatible } }"),
    problems: [
      "1:20 providers.mock.baseUrl: an openai-compatible provider needs a baseUrl (the root of its API, for example http://127.0.0.1:8000/v1)",
    ],
  },
  {
    name: "openai without a key",
    text: providers("providers: { mock: { adapter: openai } }"),
    problems: [
      "1:20 providers.mock.apiKey: the openai provider needs an apiKey (for example ${OPENAI_API_KEY})",
    ],
  },
  {
    name: "mock with a network",
    text: providers("providers: { mock: { adapter: mock, baseUrl: http://x, apiKey: k } }"),
    problems: [
      "1:37 providers.mock.baseUrl: the mock provider inside the gateway takes no baseUrl (remove it; a mock elsewhere is reached by the openai-compatible adapter)",
      "1:56 providers.mock.apiKey: the mock provider inside the gateway takes no apiKey (remove it; a mock elsewhere is reached by the openai-compatible adapter)",
    ],
  },
  {
    name: "HTTP/2 and a CA without TLS",
    text: providers(
      "providers: { mock: { adapter: openai-compatible, baseUrl: http://x, http2: true, caCertFile: a } }",
    ),
    problems: [
      "1:76 providers.mock.http2: HTTP/2 needs an https:// baseUrl (remove it, or use an https:// URL)",
      "1:94 providers.mock.caCertFile: has no use with an http:// baseUrl (remove it, or use an https:// URL)",
    ],
  },
  {
    name: "a baseUrl that is none",
    text: providers("providers: { mock: { adapter: openai-compatible, baseUrl: 'http://[x' } }"),
    problems: ["1:59 providers.mock.baseUrl: is not a valid URL"],
  },
  {
    name: "more warm than allowed connections",
    text: providers("providers: { mock: { adapter: mock, connections: 1, warmConnections: 2 } }"),
    problems: ["1:70 providers.mock.warmConnections: must not be larger than connections, which is 1"],
  },
  {
    name: "forwarding credentials",
    text: providers("providers: { mock: { adapter: mock, forwardHeaders: [x-id, authorization] } }"),
    problems: [
      "1:60 providers.mock.forwardHeaders[1]: the header authorization cannot be forwarded: it belongs to the connection or holds the client's credentials",
    ],
  },
  {
    name: "aliases",
    text: rest("aliases:", "  m: m", "  a: n", "  b: a"),
    problems: [
      "5:3 aliases.m: a model has the same name (rename the alias)",
      '6:6 aliases.a: there is no model "n" (known models: m)',
      '7:6 aliases.b: there is no model "a" (that is an alias; name the model itself)',
    ],
  },
  {
    name: "keys with one name, one key and an unknown model",
    text: keys("keys:\n- { name: a, key: sk-12345678 }\n- { name: a, key: sk-12345678, models: [m, mm] }"),
    problems: [
      "5:11 keys[1].name: keys[0] has the same name",
      "5:19 keys[1].key: keys[0] is the same key",
      '5:44 keys[1].models[1]: there is no model or alias "mm" (did you mean "m"?)',
    ],
  },
  {
    name: "no keys",
    text: keys("keys: []"),
    problems: [
      "3:7 keys: there is no key, so every request would be refused (add one under keys, or set auth: { mode: none } for a gateway on loopback)",
    ],
  },
  {
    name: "auth none for everybody",
    text: keys("auth: { mode: none }"),
    problems: [
      "3:15 auth.mode: without keys, anybody who reaches listen.host could spend your money (set listen.host to 127.0.0.1, use auth.mode keys, or set auth.force: true)",
    ],
  },
  {
    name: "an open admin port",
    text: rest("admin: { host: 0.0.0.0 }"),
    problems: [
      "4:16 admin.host: the admin port needs admin.key when other machines can reach it (set admin.key, or admin.host to 127.0.0.1)",
    ],
  },
  {
    name: "one port for two",
    text: rest("admin: { port: 8080 }"),
    problems: ["4:16 admin.port: the admin port is also the data port (choose another one)"],
  },
];

const REFERENCE_CASES: readonly Case[] = [
  {
    name: "a variable that is not set",
    text: keys("keys: [{ name: ci, key: ${CI_KEY} }]"),
    problems: [
      "3:25 keys[0].key: the environment variable CI_KEY is not set (set it, or give a default: ${CI_KEY:-…})",
    ],
  },
  {
    name: "two in one value",
    text: keys("keys: [{ name: '${A}-${B}', key: sk-12345678 }]"),
    problems: [
      "3:16 keys[0].name: the environment variable A is not set (set it, or give a default: ${A:-…})",
      "3:16 keys[0].name: the environment variable B is not set (set it, or give a default: ${B:-…})",
    ],
  },
  {
    name: "one where a number belongs",
    text: rest("listen: { port: ${PORT} }"),
    problems: [
      "4:17 listen.port: the environment variable PORT is not set (set it, or give a default: ${PORT:-…})",
    ],
  },
  {
    name: "malformed",
    text: rest("aliases: { a: '${1x}', b: '${open', c: '${A-b}' }"),
    problems: [
      "4:15 aliases.a: holds a reference that is not valid (write ${NAME} or ${NAME:-default}; $${ stands for ${ itself)",
      "4:27 aliases.b: holds a reference that is not valid (write ${NAME} or ${NAME:-default}; $${ stands for ${ itself)",
      "4:40 aliases.c: holds a reference that is not valid (write ${NAME} or ${NAME:-default}; $${ stands for ${ itself)",
    ],
  },
];

const GROUPS = {
  text: TEXT_CASES,
  structure: STRUCTURE_CASES,
  "not built": NOT_BUILT_CASES,
  consistency: CONSISTENCY_CASES,
  references: REFERENCE_CASES,
} as const;

for (const [group, cases] of Object.entries(GROUPS)) {
  for (const { name, text, problems } of cases) {
    test(`config problem, ${group}: ${name}`, () => {
      assert.deepEqual(
        problemLines(text),
        problems.map((problem) => `headrace.yaml:${problem}`),
      );
    });
  }
}

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
