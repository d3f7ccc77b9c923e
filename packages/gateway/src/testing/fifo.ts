import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** A real pipe, which nobody reads until it is asked for; the pipes of child processes are sockets in Node. */
export class Fifo {
  readonly #directory: string = mkdtempSync(join(tmpdir(), "headrace-fifo-"));
  readonly #path: string = join(this.#directory, "fifo");
  readonly #readFd: number;
  readonly #writeFds: number[] = [];

  constructor() {
    execFileSync("mkfifo", [this.#path]);
    this.#readFd = openSync(this.#path, O_RDONLY | O_NONBLOCK);
  }

  /** A descriptor to write to, that does not block. */
  openWriter(): number {
    const fd = openSync(this.#path, O_WRONLY | O_NONBLOCK);
    this.#writeFds.push(fd);
    return fd;
  }

  /** Reads, from now on, what was written and will be, until it ends on a text. */
  async readUntil(ending: string): Promise<string> {
    const socket = new Socket({ fd: this.#readFd, readable: true, writable: false });
    socket.setEncoding("utf8");
    const pieces: string[] = [];
    let last = "";
    for await (const piece of socket) {
      pieces.push(String(piece));
      last = (last + String(piece)).slice(-ending.length);
      if (last === ending) break;
    }
    return pieces.join("");
  }

  closeWriters(): void {
    for (const fd of this.#writeFds.splice(0)) closeSync(fd);
  }

  remove(): void {
    this.closeWriters();
    rmSync(this.#directory, { recursive: true });
  }
}
