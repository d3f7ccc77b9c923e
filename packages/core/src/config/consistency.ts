import { isIPv4 } from "node:net";
import { checkFaults } from "./consistency/faults.ts";
import { checkModels } from "./consistency/models.ts";
import { checkAddressAndCredentials } from "./consistency/provider-address.ts";
import { checkModelName, type RoutingScope } from "./consistency/scope.ts";
import { nameHint } from "./nearest-name.ts";
import type { ProblemList } from "./problem.ts";
import type { Config, ProviderConfig } from "./types.ts";
import { isWildcard, matchesWildcard } from "./wildcard.ts";

/** Client headers that a provider must never get: the gateway's own credentials and what frames a message. */
const NEVER_FORWARDED: ReadonlySet<string> = new Set([
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "cookie",
  "host",
  "connection",
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
  "accept-encoding",
  "expect",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
]);

/** Reports what fits the schema and still cannot work: names that point nowhere, options at odds. */
export function checkConsistency(scope: RoutingScope): void {
  const { config, problems } = scope;
  for (const [name, provider] of Object.entries(config.providers)) checkProvider(name, provider, problems);
  checkModels(scope);
  checkAliases(scope);
  checkKeys(config, problems);
  checkAccess(config, problems);
  checkFaults(scope);
}

function checkProvider(name: string, provider: ProviderConfig, problems: ProblemList): void {
  const at = ["providers", name];
  const { adapter, baseUrl } = provider;
  checkAddressAndCredentials(at, provider, problems);
  if (adapter === "mock") checkMock(at, provider, problems);
  if (baseUrl !== undefined && !URL.canParse(baseUrl)) problems.add([...at, "baseUrl"], "is not a valid URL");
  if (baseUrl?.startsWith("http://")) {
    const hint = "remove it, or use an https:// URL";
    if (provider.http2) problems.add([...at, "http2"], "HTTP/2 needs an https:// baseUrl", { hint });
    if (provider.caCertFile !== undefined) {
      problems.add([...at, "caCertFile"], "has no use with an http:// baseUrl", { hint });
    }
  }
  if (provider.warmConnections > provider.connections) {
    const message = `must not be larger than connections, which is ${provider.connections}`;
    problems.add([...at, "warmConnections"], message);
  }
  if (provider.breaker.openMs > provider.breaker.maxOpenMs) {
    const message = `must not be larger than maxOpenMs, which is ${provider.breaker.maxOpenMs}`;
    problems.add([...at, "breaker", "openMs"], message);
  }
  for (const [index, header] of provider.forwardHeaders.entries()) {
    if (!NEVER_FORWARDED.has(header)) continue;
    const message = `the header ${header} cannot be forwarded: it belongs to the connection or holds the client's credentials`;
    problems.add([...at, "forwardHeaders", String(index)], message);
  }
}

/** The mock lives inside the gateway: there is no network to configure. */
function checkMock(at: readonly string[], provider: ProviderConfig, problems: ProblemList): void {
  for (const name of ["apiKey", "baseUrl", "caCertFile"] as const) {
    if (provider[name] === undefined) continue;
    const hint = "remove it; a mock elsewhere is reached by the openai-compatible adapter";
    problems.add([...at, name], `the mock provider inside the gateway takes no ${name}`, {
      hint,
      atKey: true,
    });
  }
}

function checkAliases(scope: RoutingScope): void {
  const { config, problems } = scope;
  for (const [alias, model] of Object.entries(config.aliases)) {
    const at = ["aliases", alias];
    if (Object.hasOwn(config.models, alias)) {
      problems.add(at, "a model has the same name", { hint: "rename the alias", atKey: true });
    }
    if (isWildcard(alias)) {
      problems.add(at, "an alias is one name, without a *", {
        hint: "names under models may have one",
        atKey: true,
      });
    }
    checkModelName({ at, model }, scope);
  }
}

function checkKeys({ keys, models, aliases }: Config, problems: ProblemList): void {
  const firstByName = new Map<string, number>();
  const firstByKey = new Map<string, number>();
  const known = [...Object.keys(models), ...Object.keys(aliases)];
  for (const [index, key] of keys.entries()) {
    const at = ["keys", String(index)];
    const sameName = firstByName.get(key.name);
    if (sameName !== undefined) problems.add([...at, "name"], `keys[${sameName}] has the same name`);
    else firstByName.set(key.name, index);
    const sameKey = firstByKey.get(key.key);
    if (sameKey !== undefined) problems.add([...at, "key"], `keys[${sameKey}] is the same key`);
    else firstByKey.set(key.key, index);
    for (const [position, model] of (key.models ?? []).entries()) {
      if (known.some((name) => matchesWildcard(name, model))) continue;
      const segments = [...at, "models", String(position)];
      problems.add(segments, `there is no model or alias ${problems.show(segments, model)}`, {
        hint: nameHint(model, known, "models and aliases"),
      });
    }
  }
}

function checkAccess({ auth, keys, listen, admin }: Config, problems: ProblemList): void {
  if (auth.mode === "keys" && keys.length === 0) {
    problems.add(["keys"], "there is no key, so every request would be refused", {
      hint: "add one under keys, or set auth: { mode: none } for a gateway on loopback",
    });
  }
  if (auth.mode === "none" && !auth.force && !isLoopback(listen.host)) {
    problems.add(["auth", "mode"], "without keys, anybody who reaches listen.host could spend your money", {
      hint: "set listen.host to 127.0.0.1, use auth.mode keys, or set auth.force: true",
    });
  }
  if (admin.key === undefined && !isLoopback(admin.host)) {
    problems.add(["admin", "host"], "the admin port needs admin.key when other machines can reach it", {
      hint: "set admin.key, or admin.host to 127.0.0.1",
    });
  }
  if (listen.port !== 0 && listen.port === admin.port && overlaps(listen.host, admin.host)) {
    problems.add(["admin", "port"], "the admin port is also the data port", { hint: "choose another one" });
  }
}

/** Whether two addresses cannot both listen on one port. */
function overlaps(host: string, other: string): boolean {
  return host === other || [host, other].some((address) => address === "0.0.0.0" || address === "::");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
