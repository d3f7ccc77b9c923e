import { rmSync } from "node:fs";

/** What has to be undone if this process is ended in the middle: servers in groups of their own, work folders. */
const pending = new Set<() => void>();
let installed = false;

/** Exit code of a process ended by a signal, as shells give it. */
const SIGNAL_EXIT_CODES: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

function runPending(): void {
  for (const undo of pending) undo();
  pending.clear();
}

function install(): void {
  installed = true;
  process.once("exit", runPending);
  for (const [signal, code] of Object.entries(SIGNAL_EXIT_CODES))
    process.once(signal, () => process.exit(code));
}

/**
 * Runs `undo` when this process exits, by itself, by an error or by a signal; it must be synchronous. The function
 * given back says that it is no longer needed.
 */
export function onAbruptExit(undo: () => void): () => void {
  if (!installed) install();
  pending.add(undo);
  return () => pending.delete(undo);
}

/** Removes a folder now, or when this process exits before it was asked to. */
export function removableFolder(path: string): () => void {
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  const forget = onAbruptExit(remove);
  return () => {
    forget();
    remove();
  };
}
