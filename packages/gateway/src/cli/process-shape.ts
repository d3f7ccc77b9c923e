/**
 * Settings of V8 and of the C library that only the start of a process can choose. docs/decisions/0006 has the
 * measurements behind them.
 */
const YOUNG_GENERATION_FLAG = "--max-semi-space-size";
const V8_FLAGS = [`${YOUNG_GENERATION_FLAG}=8`];
const ENVIRONMENT = { MALLOC_ARENA_MAX: "2" };

/**
 * Replaces this process by itself with the settings, keeping its id, unless somebody chose their own or the platform
 * cannot. It costs the start of Node, about 40 ms, and children inherit the settings.
 */
export function shapeProcess(): void {
  const chosen = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((flag) =>
    flag.includes(YOUNG_GENERATION_FLAG),
  );
  // A parent's channel would not survive: `--watch` and test runners talk to the process that they started.
  if (chosen || process.send !== undefined || process.execve === undefined) return;
  const argv = [process.execPath, ...V8_FLAGS, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(process.execPath, argv, { ...ENVIRONMENT, ...process.env });
}
