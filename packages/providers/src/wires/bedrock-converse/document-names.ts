/** Bedrock API reference, "DocumentBlock", `name`: at most 200 characters; this leaves room for a number. */
const MAX_NAME_CHARS = 190;
const REFUSED = /[^a-zA-Z0-9\s()[\]-]+/g;
const UNNAMED = "document";

/**
 * Names for the documents of one request. Bedrock takes letters, digits, single spaces, hyphens, parentheses and square
 * brackets, and refuses two documents of one name in a conversation. The same conversation gets the same names, so that
 * the prompt cache still knows it.
 */
export class DocumentNames {
  readonly #taken = new Set<string>();

  next(fileName: string | undefined): string {
    const name = clean(fileName ?? "");
    let unique = name;
    for (let number = 2; this.#taken.has(unique.toLowerCase()); number++) unique = `${name}-${number}`;
    this.#taken.add(unique.toLowerCase());
    return unique;
  }
}

function clean(fileName: string): string {
  const name = fileName.replace(/\.[a-zA-Z0-9]{1,8}$/, "").replace(REFUSED, " ");
  return name.replace(/\s+/g, " ").trim().slice(0, MAX_NAME_CHARS).trim() || UNNAMED;
}
