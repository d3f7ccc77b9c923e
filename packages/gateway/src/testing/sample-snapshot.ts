import { AccessLog } from "../observability/access-log.ts";
import { compileSnapshot } from "../snapshot/compile.ts";
import { detachedContext } from "../snapshot/detached-context.ts";
import type { Snapshot, Target } from "../snapshot/snapshot.ts";
import { configOf } from "./compiled.ts";

const LINE_BYTES = 64 * 1024;
const KEPT_CALLS = 1_000;

export const SAMPLE_KEY = "hr-bench-0123456789abcdef0123456789abcdef";

/** Turns each line into bytes, as an output does, and keeps the last one. */
export class LastLine {
  readonly #buffer = Buffer.alloc(LINE_BYTES);
  #bytes = 0;

  get text(): string {
    return this.#buffer.toString("utf8", 0, this.#bytes);
  }

  write(line: string): void {
    this.#bytes = this.#buffer.write(line);
  }
}

/** A gateway as it is usually set up: keys, an access log, prices, the latest calls kept. */
export interface SampleSnapshot {
  readonly snapshot: Snapshot;
  readonly lines: LastLine;
  targetOf(model: string): Target;
}

export function openSampleSnapshot(): SampleSnapshot {
  const lines = new LastLine();
  const config = configOf({
    auth: { mode: "keys" },
    keys: [
      { name: "app", key: SAMPLE_KEY },
      ...Array.from({ length: 50 }, (_, index) => ({
        name: `other-${index}`,
        key: `hr-other-${index}-0123456789`,
      })),
    ],
    providers: {
      openai: { adapter: "openai", apiKey: "sk-0123456789abcdef" },
      anthropic: { adapter: "anthropic", apiKey: "sk-ant-0123456789abcdef" },
    },
    models: {
      "gpt-4o": { targets: [{ provider: "openai", model: "gpt-4o-2024-08-06" }] },
      claude: { targets: [{ provider: "anthropic", model: "claude-sonnet-4-5" }] },
    },
  });
  const context = detachedContext({ access: new AccessLog(lines), keptCalls: KEPT_CALLS });
  const snapshot = compileSnapshot(config, context);
  return {
    snapshot,
    lines,
    targetOf: (model) => {
      const found = snapshot.models.get(model);
      if (found === undefined) throw new Error(`the sample has no model ${model}`);
      return found.targets[0];
    },
  };
}
