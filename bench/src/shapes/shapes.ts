/** One way to start a gateway process: Node's flags and the environment. */
export interface Shape {
  name: string;
  /** With a semi-space among them, so that the command takes them as they are. */
  nodeFlags: readonly string[];
  env: Readonly<Record<string, string>>;
}

const TWO_ARENAS = { MALLOC_ARENA_MAX: "2" };

function semiSpace(megabytes: number, ...more: string[]): string[] {
  return [`--max-semi-space-size=${megabytes}`, ...more];
}

function mmapAbove(bytes: number): Record<string, string> {
  return {
    ...TWO_ARENAS,
    ...{ MALLOC_MMAP_THRESHOLD_: String(bytes), MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_MMAP_MAX_: "4096" },
  };
}

const GROWING = "--heap-growing-percent=20";

/** What is compared. `shipped` lets the command choose for itself; `node` is Node as it comes. */
export const SHAPES: readonly Shape[] = [
  { name: "shipped", nodeFlags: [], env: {} },
  { name: "node", nodeFlags: semiSpace(16), env: {} },
  { name: "semi-8", nodeFlags: semiSpace(8), env: TWO_ARENAS },
  { name: "semi-4", nodeFlags: semiSpace(4), env: TWO_ARENAS },
  { name: "semi-2", nodeFlags: semiSpace(2), env: TWO_ARENAS },
  { name: "semi-8-growing-20", nodeFlags: semiSpace(8, GROWING), env: TWO_ARENAS },
  { name: "semi-8-growing-50", nodeFlags: semiSpace(8, "--heap-growing-percent=50"), env: TWO_ARENAS },
  { name: "semi-4-growing-20", nodeFlags: semiSpace(4, GROWING), env: TWO_ARENAS },
  { name: "semi-2-growing-20", nodeFlags: semiSpace(2, GROWING), env: TWO_ARENAS },
  { name: "semi-8-one-arena", nodeFlags: semiSpace(8), env: { MALLOC_ARENA_MAX: "1" } },
  { name: "semi-8-trim", nodeFlags: semiSpace(8), env: { ...TWO_ARENAS, MALLOC_TRIM_THRESHOLD_: "131072" } },
  { name: "semi-8-mmap-16k", nodeFlags: semiSpace(8), env: mmapAbove(16_384) },
  { name: "semi-8-mmap-8k", nodeFlags: semiSpace(8), env: mmapAbove(8192) },
  { name: "semi-4-growing-20-mmap-8k", nodeFlags: semiSpace(4, GROWING), env: mmapAbove(8192) },
  { name: "semi-8-saver", nodeFlags: semiSpace(8, "--memory-saver-mode"), env: TWO_ARENAS },
  { name: "semi-8-size", nodeFlags: semiSpace(8, "--optimize-for-size"), env: TWO_ARENAS },
  { name: "semi-8-old-96", nodeFlags: semiSpace(8, "--max-old-space-size=96"), env: TWO_ARENAS },
  { name: "semi-8-one-gc-thread", nodeFlags: semiSpace(8, "--single-threaded-gc"), env: TWO_ARENAS },
];
