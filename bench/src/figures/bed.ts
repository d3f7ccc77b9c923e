import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LoadGenerator, startGenerator } from "../load/generator.ts";
import { createTool } from "../load/tools/create.ts";
import { detectPinning, type Pinning, pinSelf } from "../measure/pinning.ts";
import { type FoundPeer, findPeer } from "../peers/find.ts";
import { type MockBehaviour, MockUpstream } from "../peers/mock.ts";
import { loadPeer } from "../peers/record.ts";
import type { FigureOptions } from "./options.ts";

/** What every part of the measurement stands on. */
export interface Bed {
  options: FigureOptions;
  mock: MockUpstream;
  generator: LoadGenerator;
  /** For the CPU figures: the generator or an installed tool. */
  tool: LoadGenerator;
  pinning: Pinning;
  gatewayProgram: FoundPeer;
  workDir: string;
  log(line: string): void;
}

/** Answers without delay, and writes each event of a stream as fast as the socket takes it. */
export function promptMock(chunks: number): MockBehaviour {
  return { latencyMs: 0, chunks, eventsPerSecond: 0 };
}

/** Starts mock and generator, hands them to `use` and stops them whatever became of it. */
export async function withBed<T>(
  { workDirPrefix = "headrace-figures-", ...options }: FigureOptions & { workDirPrefix?: string },
  log: (line: string) => void,
  use: (bed: Bed) => Promise<T>,
): Promise<T> {
  const search = findPeer(loadPeer("headrace"));
  if ("missing" in search) throw new Error(`the gateway is ${search.missing}`);
  const detected = detectPinning();
  const pinning: Pinning =
    options.gatewayCpus === undefined
      ? detected
      : {
          ...detected,
          gateway: options.gatewayCpus,
          description: `${detected.description}; the gateway on ${options.gatewayCpus} by --gateway-cpus`,
        };
  pinSelf(pinning.generator);
  const workDir = mkdtempSync(join(tmpdir(), workDirPrefix));
  const mock = await MockUpstream.create(workDir, pinning.mock);
  const generator = await startGenerator(pinning.generator);
  try {
    await mock.behave(promptMock(options.plan.cpu.chunks));
    const tool = createTool(options.tool, { embedded: generator, cpus: pinning.generator, workDir });
    return await use({
      options,
      mock,
      generator,
      tool,
      pinning,
      gatewayProgram: search.found,
      workDir,
      log,
    });
  } finally {
    await mock.stop();
    await generator.close();
    rmSync(workDir, { recursive: true, force: true });
  }
}
