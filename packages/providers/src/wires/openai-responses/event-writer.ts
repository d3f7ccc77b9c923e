/** Writes the events of one stream, each with its number, and gives what has gathered. */
export class EventWriter {
  #sequence = 0;
  #out = "";

  /** @param members - JSON text of the event's members behind its type and number, without braces */
  write(type: string, members: string): void {
    this.#out += `event: ${type}\ndata: {"type":"${type}","sequence_number":${this.#sequence++},${members}}\n\n`;
  }

  take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}
