import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { messageOf } from "../observability/message-of.ts";
import type { LoadedConfig, Supervisor } from "../supervisor/supervisor.ts";

export interface ReloadSource {
  readonly supervisor: Supervisor;
  /** Of the config that runs. */
  readonly hash: string;
  /** @throws ConfigRefused */
  read(): LoadedConfig;
}

/** Editors write a file in several steps; only the last one counts. */
const SETTLE_MS = 200;
/** Kubernetes puts a mounted file behind links whose names begin so, and changes the links alone. */
const MOUNT_LINK_PREFIX = "..";

/**
 * Reloads on SIGHUP and when the file changes. A config that is refused changes nothing and its problems go to standard
 * error. SIGHUP reloads a config that reads the same too: a file that it names may be another one by now.
 */
export function reloadOnChange(file: string, source: ReloadSource): void {
  let runningHash = source.hash;
  let settle: NodeJS.Timeout | null = null;
  let last: Promise<void> = Promise.resolve();

  const reload = async (evenIfSame: boolean): Promise<void> => {
    try {
      const next = source.read();
      if (next.hash === runningHash && !evenIfSame) return;
      await source.supervisor.reload(next);
      runningHash = next.hash;
    } catch (error) {
      complain(`the configuration stays as it was:\n${messageOf(error)}`);
    }
  };
  /** One after the other: each must see what the one before it has made of things. */
  const queueReload = (evenIfSame: boolean): void => {
    last = last.then(() => reload(evenIfSame));
  };

  process.on("SIGHUP", () => queueReload(true));
  watchFolder(file, () => {
    if (settle !== null) clearTimeout(settle);
    settle = setTimeout(queueReload, SETTLE_MS, false);
    settle.unref();
  });
}

/** The folder is watched, not the file: editors and orchestrators replace files rather than write into them. */
function watchFolder(file: string, onChange: () => void): void {
  const giveUp = (error: unknown): void =>
    complain(`changes of ${file} will not be noticed (${messageOf(error)}); send SIGHUP after a change.`);
  let watcher: FSWatcher;
  try {
    watcher = watch(dirname(file), { persistent: false });
  } catch (error) {
    giveUp(error);
    return;
  }
  watcher.on("error", giveUp);
  watcher.on("change", (_event, changed) => {
    const name = String(changed);
    if (name === basename(file) || name.startsWith(MOUNT_LINK_PREFIX)) onChange();
  });
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
