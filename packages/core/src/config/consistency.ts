import { isIPv4 } from "node:net";
import type { ProblemList } from "./problem.ts";
import { checkAddressAndCredentials } from "./provider-consistency.ts";
import { nearestName } from "./structure.ts";
import type { Config, ModelConfig, ProviderConfig } from "./types.ts";

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
export function checkConsistency(config: Config, problems: ProblemList): void {
  for (const [name, provider] of Object.entries(config.providers)) checkProvider(name, provider, problems);
  for (const [name, model] of Object.entries(config.models)) checkModel(name, model, { config, problems });
  checkAliases(config, problems);
  checkKeys(config, problems);
  checkAccess(config, problems);
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

type Context = { readonly config: Config; readonly problems: ProblemList };

function checkModel(name: string, model: ModelConfig, { config, problems }: Context): void {
  const at = ["models", name, "targets"];
  if (model.strategy.type === "single" && model.targets.length > 1) {
    problems.add(at, `the strategy "single" takes one target, and here are ${model.targets.length}`, {
      hint: "remove the others, or set strategy: { type: fallback }",
      atKey: true,
    });
  }
  for (const [index, target] of model.targets.entries()) {
    if (target.provider === undefined || Object.hasOwn(config.providers, target.provider)) continue;
    const segments = [...at, String(index), "provider"];
    const names = Object.keys(config.providers);
    problems.add(segments, `there is no provider ${problems.show(segments, target.provider)}`, {
      hint: nameHint(target.provider, names, "providers"),
    });
  }
}

function checkAliases({ aliases, models }: Config, problems: ProblemList): void {
  for (const [alias, model] of Object.entries(aliases)) {
    const segments = ["aliases", alias];
    if (Object.hasOwn(models, alias)) {
      problems.add(segments, "a model has the same name", { hint: "rename the alias", atKey: true });
    }
    if (Object.hasOwn(models, model)) continue;
    const isAlias = Object.hasOwn(aliases, model);
    problems.add(segments, `there is no model ${problems.show(segments, model)}`, {
      hint: isAlias
        ? "that is an alias; name the model itself"
        : nameHint(model, Object.keys(models), "models"),
    });
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
      if (known.includes(model)) continue;
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

function nameHint(name: string, known: readonly string[], where: string): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `known ${where}: ${known.join(", ")}` : `did you mean "${nearest}"?`;
}

/** Whether two addresses cannot both listen on one port. */
function overlaps(host: string, other: string): boolean {
  return host === other || [host, other].some((address) => address === "0.0.0.0" || address === "::");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
