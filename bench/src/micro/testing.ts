import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const AUTHOR = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];

/** A folder of its own, with a git repository in it once something is committed. */
export class ScratchRepo {
  readonly root: string = realpathSync(mkdtempSync(join(tmpdir(), "headrace-scratch-")));

  /** @param path - below the root */
  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  git(...args: string[]): string {
    return execFileSync("git", [...AUTHOR, ...args], { cwd: this.root, encoding: "utf8" }).trim();
  }

  /** All that was written, as a commit; its name. */
  commit(): string {
    if (!existsSync(join(this.root, ".git"))) this.git("init", "--quiet", "--initial-branch=main");
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message=test");
    return this.git("rev-parse", "HEAD");
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The text of a file of benches with one that does this; it is right when the result is the number given. */
export function benchText(name: string, body: string, expected = 1): string {
  return `export const benches = [{
  name: ${JSON.stringify(name)}, parts: 1,
  prepare: async () => {
    const run = () => { ${body} };
    return {
      run,
      verify: async () => { if (run() !== ${expected}) throw new Error("it gave something else"); },
      close: async () => {},
    };
  },
}];
`;
}
