import { watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { LoadedConfig, Supervisor } from "../supervisor/supervisor.ts";

export interface ReloadSource {
  readonly supervisor: Supervisor;
  /** @throws ConfigRefused */
  read(): LoadedConfig;
}

/** Editors write a file in several steps; only the last one counts. */
const SETTLE_MS = 200;

/**
 * Reloads on SIGHUP and when the file changes. A config that is refused changes nothing and its problems go to standard
 * error. The folder is watched, not the file: editors and orchestrators replace files rather than write into them.
 */
export function reloadOnChange(file: string, { supervisor, read }: ReloadSource): void {
  let lastHash = read().hash;
  let settle: NodeJS.Timeout | null = null;

  const reload = async (): Promise<void> => {
    try {
      const next = read();
      if (next.hash === lastHash) return;
      await supervisor.reload(next);
      lastHash = next.hash;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      process.stderr.write(`the configuration stays as it was:\n${reason}\n`);
    }
  };

  process.on("SIGHUP", () => void reload());
  watch(dirname(file), { persistent: false }, (_event, name) => {
    if (name !== null && name !== basename(file)) return;
    if (settle !== null) clearTimeout(settle);
    settle = setTimeout(() => void reload(), SETTLE_MS);
    settle.unref();
  });
}
