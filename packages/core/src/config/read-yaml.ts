import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import { type JsonSchema, type Segments, schemaAt } from "../schema/json-schema.ts";
import { ProblemList } from "./problem.ts";
import { type Environment, hideReferences, resolveReferences, revealReferences } from "./references.ts";
import { YAML_MESSAGES } from "./yaml-messages.ts";

export type ReadOptions = {
  /** Name for messages; nothing is opened. */
  readonly file: string;
  readonly env: Environment;
  /** Says where a resolved reference may become a number or a boolean. */
  readonly schema: JsonSchema;
};

export type YamlReading = {
  /** Plain data, references resolved; undefined when the text is no YAML. */
  readonly value: unknown;
  readonly problems: ProblemList;
};

const MAX_TEXT_LENGTH = 1_048_576;
/** Aliases can make a small file mean a huge value ("billion laughs"); no real configuration comes near. */
const MAX_VALUES = 100_000;
const MAX_DEPTH = 64;

/** Reads YAML or JSON (a subset of YAML) and remembers where every value stood. */
export function readYaml(text: string, options: ReadOptions): YamlReading {
  const lines = new LineCounter();
  const problems = new ProblemList(options.file, lines);
  if (text.length > MAX_TEXT_LENGTH) {
    problems.addAtOffset(0, "the file is larger than 1 MiB");
    return { value: undefined, problems };
  }
  const document = parseDocument(hideReferences(text), {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    // Compares each key with each other; the reader below finds duplicates in linear time, with a better message.
    uniqueKeys: false,
  });
  // Faults after the first are mostly its echoes.
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    problems.addAtOffset(fault.pos[0], YAML_MESSAGES[fault.code]);
    return { value: undefined, problems };
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    problems.addAtOffset(0, "the file is empty", { hint: "it needs at least providers and models" });
    return { value: undefined, problems };
  }
  return { value: new ValueReader(problems, options).read(document.contents, []), problems };
}

class ValueReader {
  readonly #problems: ProblemList;
  readonly #options: ReadOptions;
  readonly #anchors = new Map<string, Node>();
  #valuesLeft = MAX_VALUES;

  constructor(problems: ProblemList, options: ReadOptions) {
    this.#problems = problems;
    this.#options = options;
  }

  read(node: Node | null, segments: Segments): unknown {
    if (isAlias(node)) return this.#readAlias(node.source, segments, offsetOf(node));
    if (node === null || !this.#admit(node, segments)) return null;
    if (isMap<Node, Node | null>(node)) {
      this.#rememberAnchor(node.anchor, node);
      return this.#readMap(node.items, segments);
    }
    if (isSeq<Node>(node)) {
      this.#rememberAnchor(node.anchor, node);
      return node.items.map((item, index) => this.#readChild(item, [...segments, String(index)]));
    }
    if (!isScalar(node)) return null;
    this.#rememberAnchor(node.anchor, node);
    return typeof node.value === "string" ? this.#readText(node.value, segments) : node.value;
  }

  #rememberAnchor(name: string | undefined, node: Node): void {
    if (name !== undefined) this.#anchors.set(name, node);
  }

  #readChild(node: Node | null, segments: Segments): unknown {
    const offset = offsetOf(node);
    this.#problems.setPlace(segments, { keyOffset: offset, valueOffset: offset });
    return this.read(node, segments);
  }

  /** Refuses what is too deep or too much, once. */
  #admit(node: Node, segments: Segments): boolean {
    if (this.#valuesLeft <= 0) return false;
    this.#valuesLeft--;
    if (segments.length <= MAX_DEPTH && this.#valuesLeft > 0) return true;
    this.#valuesLeft = 0;
    const message =
      segments.length > MAX_DEPTH ? "the file is nested too deeply" : "aliases make this file too large";
    this.#problems.addAtOffset(offsetOf(node), message);
    return false;
  }

  #readAlias(name: string, segments: Segments, offset: number): unknown {
    const anchored = this.#anchors.get(name);
    if (anchored !== undefined) return this.read(anchored, segments);
    this.#problems.add(segments, `there is no anchor &${name} before this alias`);
    this.#problems.setPlace(segments, { keyOffset: offset, valueOffset: offset });
    this.#problems.markUnresolved(segments);
    return null;
  }

  #readMap(pairs: readonly Pair<Node, Node | null>[], parent: Segments): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? revealReferences(String(key.value)) : "";
      const segments = [...parent, name];
      const keyOffset = offsetOf(key);
      if (Object.hasOwn(object, name)) {
        this.#problems.addAtOffset(keyOffset, "the key is there twice", {
          segments,
          hint: "keep one of them",
        });
        continue;
      }
      // As a member it would set the prototype instead.
      if (name === "__proto__") {
        this.#problems.addAtOffset(keyOffset, "the name is not allowed", { segments });
        continue;
      }
      this.#problems.setPlace(segments, {
        keyOffset,
        valueOffset: value === null ? keyOffset : offsetOf(value),
      });
      object[name] = this.read(value, segments);
    }
    return object;
  }

  #readText(hidden: string, segments: Segments): unknown {
    const source = revealReferences(hidden);
    const { text, hasReference, isOneReference, missing, isMalformed } = resolveReferences(
      source,
      this.#options.env,
    );
    if (!hasReference) return text;
    this.#problems.setReferenceText(segments, source);
    for (const name of missing) {
      const hint = `set it, or give a default: \${${name}:-…}`;
      this.#problems.add(segments, `the environment variable ${name} is not set`, { hint });
    }
    if (isMalformed) {
      const hint = "write ${NAME} or ${NAME:-default}; $${ stands for ${ itself";
      this.#problems.add(segments, "holds a reference that is not valid", { hint });
    }
    if (isMalformed || missing.length > 0) this.#problems.markUnresolved(segments);
    return isOneReference && !this.#wantsText(segments) ? scalarFromText(text) : text;
  }

  #wantsText(segments: Segments): boolean {
    const schema = schemaAt(this.#options.schema, segments);
    return schema === undefined || schema.type === "string";
  }
}

/** A variable holds text only; where the schema wants something else, read it as YAML would. */
function scalarFromText(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
