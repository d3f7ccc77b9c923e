/**
 * Settings of V8 and of the C library that only the start of a process can choose. docs/decisions/0006 has the
 * measurements behind them.
 */
const YOUNG_GENERATION_FLAG = "--max-semi-space-size";
const V8_FLAGS = [
  // Roomy enough that what a waiting call keeps is garbage before it is moved to the old generation.
  `${YOUNG_GENERATION_FLAG}=16`,
  // The old generation is collected when it has grown by half, and not when it is four times as large.
  "--heap-growing-percent=50",
];
const ENVIRONMENT = {
  MALLOC_ARENA_MAX: "2",
  // V8's compilers take memory in blocks of 8 to 32 KB. Mapped each for itself they go back to the system when they are
  // freed; in the C library's heap a few that are kept hold on to all of it. Requests take no blocks of that size.
  MALLOC_MMAP_THRESHOLD_: "8192",
  MALLOC_TRIM_THRESHOLD_: "131072",
  // The system has a limit of mappings, which V8 must find room in too.
  MALLOC_MMAP_MAX_: "4096",
};

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
