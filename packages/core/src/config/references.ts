/** The environment, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A text value after its references were looked up. */
export type ResolvedText = {
  readonly text: string;
  /** The value holds at least one reference or escape. */
  readonly hasReference: boolean;
  /** The value is nothing but one reference, so it may stand for a number or a boolean. */
  readonly isOneReference: boolean;
  /** Variables that are not set and have no default. */
  readonly missing: readonly string[];
  /** A reference is none, for example `${1}` or one without its brace. Not quoted: some write the secret itself there. */
  readonly isMalformed: boolean;
};

/**
 * Characters of a reference that mean something in YAML, and the Unicode noncharacters that stand for them
 * while the YAML parser looks at the text: so `{ key: ${KEY:-a,b} }` is what it seems to be. One for one,
 * so that every offset stays.
 */
const STAND_INS: ReadonlyMap<string, string> = new Map(
  [..."{}[],#:"].map((character, index) => [character, String.fromCharCode(0xfdd0 + index)]),
);
const ORIGINALS: ReadonlyMap<string, string> = new Map([...STAND_INS].map(([from, to]) => [to, from]));

const REFERENCE = /\$\$\{|\$\{[^}]*\}?/g;
const REFERENCE_BODY = /^([A-Za-z_]\w*)(?::-([\s\S]*))?$/;

/** Hides the references of a whole file from the YAML parser. None spans a quote: that would be two values. */
export function hideReferences(text: string): string {
  return text.replaceAll(/\$\{[^}\n'"]*\}/g, (reference) => translate(reference, STAND_INS));
}

/** Brings hidden references back in one value or key. */
export function revealReferences(text: string): string {
  return /[\uFDD0-\uFDD6]/.test(text) ? translate(text, ORIGINALS) : text;
}

function translate(text: string, table: ReadonlyMap<string, string>): string {
  return [...text].map((character) => table.get(character) ?? character).join("");
}

/** Resolves `${NAME}`, `${NAME:-default}` (used when NAME is unset or empty) and the escape `$${`. */
export function resolveReferences(source: string, env: Environment): ResolvedText {
  const missing: string[] = [];
  let isMalformed = false;
  const text = source.replaceAll(REFERENCE, (reference) => {
    if (reference === "$${") return "${";
    const body = reference.endsWith("}") ? REFERENCE_BODY.exec(reference.slice(2, -1)) : null;
    const name = body?.[1];
    if (name === undefined) {
      isMalformed = true;
      return "";
    }
    const value = env[name];
    const fallback = body?.[2];
    if (fallback !== undefined) return value === undefined || value === "" ? fallback : value;
    if (value === undefined) missing.push(name);
    return value ?? "";
  });
  return {
    text,
    hasReference: source.includes("${"),
    isOneReference: /^\$\{[^}]*\}$/.test(source),
    missing,
    isMalformed,
  };
}
