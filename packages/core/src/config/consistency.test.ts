import { keys, models, type ProblemCase, providers, rest, testProblems } from "./testing.ts";

const CONSISTENCY_CASES: readonly ProblemCase[] = [
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
      "1:20 providers.mock.baseUrl: a provider of the adapter openai-compatible needs a baseUrl (the root of its API, for example http://127.0.0.1:8000/v1)",
    ],
  },
  {
    name: "openai without a key",
    text: providers("providers: { mock: { adapter: openai } }"),
    problems: [
      "1:20 providers.mock.apiKey: a provider of the adapter openai needs an apiKey (for example ${OPENAI_API_KEY})",
    ],
  },
  {
    name: "a key twice",
    text: providers("providers: { mock: { adapter: openai, apiKey: a, apiKeys: [{ key: b }] } }"),
    problems: ["1:50 providers.mock.apiKeys: stands beside apiKey (keep one of the two)"],
  },
  {
    name: "settings and credentials of another adapter",
    text: providers("providers: { mock: { adapter: openai, apiKey: a, region: b, clientSecret: c } }"),
    problems: [
      "1:50 providers.mock.region: the adapter openai takes no region (remove it)",
      "1:61 providers.mock.clientSecret: the adapter openai takes no clientSecret (remove it)",
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

const REFERENCE_CASES: readonly ProblemCase[] = [
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

testProblems("consistency", CONSISTENCY_CASES);
testProblems("references", REFERENCE_CASES);
