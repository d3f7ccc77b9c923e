import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { MockUpstream } from "../../peers/mock.ts";
import type { Bed } from "../bed.ts";
import { promptMock } from "../bed.ts";
import { MODEL, type StartedGateway, startGateway } from "../gateway.ts";

/** So long may a target be silent, in all that is measured here. */
export const FIRST_BYTE_MS = 1000;

/** A gateway whose model has three targets: two at the bed's mock, which is well, and one at a mock of its own. */
export interface RoutedBed {
  gateway: StartedGateway;
  /** Of the third target. */
  third: MockUpstream;
}

export interface RoutedOptions {
  /** Of the mocks, until they are told otherwise. */
  latencyMs: number;
  /** Over the model. */
  model?: object;
  /** Further models, over the same targets. */
  models?: Readonly<Record<string, object>>;
  /** Over the whole config. */
  config?: object;
}

const TIMEOUTS = { firstByteMs: FIRST_BYTE_MS, plainFirstByteMs: FIRST_BYTE_MS };

export async function withRoutedBed<T>(
  bed: Bed,
  { latencyMs, model = {}, models = {}, config = {} }: RoutedOptions,
  use: (routed: RoutedBed) => Promise<T>,
): Promise<T> {
  const { gatewayProgram: program, mock, workDir, pinning, options } = bed;
  const behaviour = { ...promptMock(options.plan.cpu.chunks), latencyMs };
  const third = await MockUpstream.create(mkdtempSync(join(workDir, "third-")), pinning.mock);
  let gateway: StartedGateway | undefined;
  try {
    await mock.behave(behaviour);
    await third.behave(behaviour);
    const provider = (port: number): object => ({
      adapter: "openai-compatible",
      baseUrl: `http://127.0.0.1:${port}/v1`,
      apiKey: "mock-key",
    });
    const targets = ["one", "two", "three"].map((name) => ({ provider: name, model: MODEL }));
    const base = { strategy: { type: "round-robin" }, targets, timeouts: TIMEOUTS };
    const more = Object.entries(models).map(([name, over]) => [name, { ...base, ...over }] as const);
    const routes = {
      providers: { one: provider(mock.port), two: provider(mock.port), three: provider(third.port) },
      models: { [MODEL]: { ...base, ...model }, ...Object.fromEntries(more) },
      ...config,
    };
    gateway = await startGateway({ program, mockPort: mock.port, workDir, cpus: pinning.gateway, routes });
    return await use({ gateway, third });
  } finally {
    await gateway?.stop();
    await third.stop();
    await mock.stop();
    await mock.behave(promptMock(options.plan.cpu.chunks));
  }
}
