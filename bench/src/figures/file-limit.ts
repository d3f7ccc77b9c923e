/**
 * Raises the number of open files of a command for thousands of connections: to 65,536 where the user may, else to
 * what the system grants. The shell is replaced by the command, so its process id stays the one that was spawned.
 */
const RAISE = 'ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -H -n)"; exec "$0" "$@"';

export const SHELL = "sh";

/** The arguments of `sh` that run this command line with many open files. */
export function withManyFiles(commandLine: readonly string[]): string[] {
  return ["-c", RAISE, ...commandLine];
}
