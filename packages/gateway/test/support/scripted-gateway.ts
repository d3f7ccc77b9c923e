/** A started gateway in front of a provider whose answers the test writes by hand. */
import type { LogLine } from "./log-tail.ts";
import { KEY } from "./mock-gateway.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "./scripted-upstream.ts";
import { type StartedGateway, startGateway } from "./started-gateway.ts";

export interface ScriptedGatewayOptions {
  /** `timeouts` of the model, over generous ones. */
  readonly timeouts?: object;
  /** Further providers, and a model of the same name for each. */
  readonly providers?: Readonly<Record<string, object>>;
}

export interface ScriptedGateway {
  readonly upstream: ScriptedUpstream;
  readonly gateway: StartedGateway;
  /** The access log's line of one request. */
  logOf(requestId: string): Promise<LogLine>;
  close(): Promise<void>;
}

/** Its models are `chat`, and one for each further provider. Nothing is ever tried twice. */
export async function startScriptedGateway(options: ScriptedGatewayOptions = {}): Promise<ScriptedGateway> {
  const upstream = await startScriptedUpstream();
  const gateway = await startGateway({ config: configFor(upstream.url, options) });
  return {
    upstream,
    gateway,
    logOf: (requestId) =>
      gateway.waitForLog((line) => line.msg === "request" && line.requestId === requestId),
    async close() {
      await gateway.stop();
      await upstream.close();
    },
  };
}

function configFor(baseUrl: string, { timeouts, providers = {} }: ScriptedGatewayOptions): object {
  const all = { chat: {}, ...providers };
  const names = Object.keys(all);
  const allTimeouts = {
    connectMs: 5_000,
    firstByteMs: 10_000,
    plainFirstByteMs: 10_000,
    idleMs: 10_000,
    ...timeouts,
  };
  const model = (provider: string): object => ({
    targets: [{ provider, model: "chat" }],
    retry: { attempts: 1 },
    timeouts: allTimeouts,
  });
  return {
    listen: { host: "127.0.0.1" },
    providers: Object.fromEntries(
      Object.entries(all).map(([name, more]) => [name, { adapter: "openai-compatible", baseUrl, ...more }]),
    ),
    models: Object.fromEntries(names.map((name) => [name, model(name)])),
    keys: [{ name: "client", key: KEY }],
  };
}
