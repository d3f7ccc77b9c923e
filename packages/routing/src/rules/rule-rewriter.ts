import type { ASTNode } from "@marcbachmann/cel-js";
import { LinearPattern } from "./linear-pattern.ts";
import { RuleFault } from "./rule-fault.ts";

/** Functions of the rewritten rule, which stand for what would cost without bound or read more than was kept. */
export const REWRITTEN = {
  header: "headerOf",
  steps: "withinSteps",
  matches: "matchesPattern",
  split: "splitText",
} as const;

/** A rule that has been looked through, written anew so that what it costs is bounded. */
export interface RewrittenRule {
  readonly text: string;
  /** In lower case. */
  readonly headers: ReadonlySet<string>;
  readonly readsBody: boolean;
  /** By their source. */
  readonly patterns: ReadonlyMap<string, LinearPattern>;
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  "has",
  "size",
  "int",
  "uint",
  "double",
  "string",
  "bool",
  "dyn",
  "type",
]);
const METHODS: ReadonlySet<string> = new Set([
  "size",
  "startsWith",
  "endsWith",
  "contains",
  "lowerAscii",
  "upperAscii",
  "trim",
  "indexOf",
  "lastIndexOf",
  "substring",
]);
/** Each binds a variable, its first argument, in the others. */
const MACROS: ReadonlySet<string> = new Set(["exists", "all", "exists_one", "map", "filter"]);

const KNOWN_METHODS = [...METHODS, ...MACROS, "matches", "split"].join(", ");
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

/** What may be read where the walk is. */
interface Scope {
  /** The variable of the innermost macro; null outside of all. */
  readonly variable: string | null;
  /** Those of the macros around it. */
  readonly outer: readonly string[];
}

type Pair = readonly [ASTNode, ASTNode];

const OUTSIDE: Scope = { variable: null, outer: [] };

/**
 * Looks through a rule that CEL has parsed and found sound, and writes it anew.
 *
 * A list is gone through once: what stands in a macro reads neither the body nor the variables of macros around it, so
 * that the cost of a rule grows with the body and never with its square.
 *
 * @param facts - names of variables
 * @throws RuleFault
 */
export function rewriteRule(ast: ASTNode, facts: readonly string[]): RewrittenRule {
  return new Rewriter(ast.input, facts).rewrite(ast);
}

class Rewriter {
  readonly #input: string;
  readonly #facts: readonly string[];
  readonly #headers = new Set<string>();
  readonly #patterns = new Map<string, LinearPattern>();
  #readsBody = false;

  constructor(input: string, facts: readonly string[]) {
    this.#input = input;
    this.#facts = facts;
  }

  rewrite(ast: ASTNode): RewrittenRule {
    const text = this.#print(ast, OUTSIDE);
    return { text, headers: this.#headers, readsBody: this.#readsBody, patterns: this.#patterns };
  }

  #fault(node: ASTNode, words: string): RuleFault {
    return new RuleFault(this.#input, node.start, words);
  }

  #print(node: ASTNode, scope: Scope): string {
    switch (node.op) {
      case "value":
        return this.#input.slice(node.start, node.end);
      case "id":
        return this.#variable(node, node.args, scope);
      case ".":
        return this.#header(node, scope) ?? `${this.#print(node.args[0], scope)}.${node.args[1]}`;
      case "[]":
        return this.#header(node, scope) ?? this.#index(node.args, scope);
      case "call":
        return this.#call(node, node.args, scope);
      case "rcall":
        return this.#method(node, node.args, scope);
      case "list":
        return `[${this.#printAll(node.args, scope)}]`;
      case "map":
        return `{${node.args.map((entry) => this.#entry(entry, scope)).join(", ")}}`;
      case "?:":
        return this.#choice(node.args, scope);
      case "!_":
        return `(!${this.#print(node.args, scope)})`;
      case "-_":
        return `(-${this.#print(node.args, scope)})`;
      case ".?":
      case "[?]":
        throw this.#fault(node, "optional members are not taken; use has()");
      case "in":
        return this.#headerIsThere(node.args, scope) ?? this.#binary(node.op, node.args, scope);
      default:
        return this.#binary(node.op, node.args, scope);
    }
  }

  #printAll(nodes: readonly ASTNode[], scope: Scope): string {
    return nodes.map((node) => this.#print(node, scope)).join(", ");
  }

  #index([from, index]: Pair, scope: Scope): string {
    return `${this.#print(from, scope)}[${this.#print(index, scope)}]`;
  }

  #entry([key, value]: Pair, scope: Scope): string {
    return `${this.#print(key, scope)}: ${this.#print(value, scope)}`;
  }

  #choice([condition, then, otherwise]: [ASTNode, ASTNode, ASTNode], scope: Scope): string {
    const printed = [condition, then, otherwise].map((part) => this.#print(part, scope));
    return `(${printed[0]} ? ${printed[1]} : ${printed[2]})`;
  }

  #binary(operator: string, [left, right]: Pair, scope: Scope): string {
    return `(${this.#print(left, scope)} ${operator} ${this.#print(right, scope)})`;
  }

  #variable(node: ASTNode, name: string, { variable, outer }: Scope): string {
    if (name === variable) return name;
    if (outer.includes(name)) {
      throw this.#fault(node, `"${name}" is not to be had in a macro inside of the one that it belongs to`);
    }
    if (name === "headers") throw this.#fault(node, 'headers are read by name, as in headers["x-team"]');
    if (name !== "body") return name;
    if (variable !== null) {
      throw this.#fault(node, "body is not to be had in a macro; compare with it outside, or use in");
    }
    this.#readsBody = true;
    return name;
  }

  /** `headers.name` and `headers["name"]`; null for anything else. */
  #header(node: ASTNode, scope: Scope): string | null {
    if (node.op !== "." && node.op !== "[]") return null;
    const [from, member] = node.args;
    if (!isHeaders(from, scope)) return null;
    const name = typeof member === "string" ? member : textOf(member);
    return name === null ? null : this.#headerCall(node, name);
  }

  #headerIsThere([left, right]: Pair, scope: Scope): string | null {
    if (!isHeaders(right, scope)) return null;
    const name = textOf(left);
    return name === null ? null : `(${this.#headerCall(left, name)} != "")`;
  }

  #headerCall(node: ASTNode, written: string): string {
    const name = written.toLowerCase();
    if (!HEADER_NAME.test(name)) throw this.#fault(node, "no header has such a name");
    this.#headers.add(name);
    return `${REWRITTEN.header}(${JSON.stringify(name)})`;
  }

  #call(node: ASTNode, [name, args]: [string, readonly ASTNode[]], scope: Scope): string {
    if (!FUNCTIONS.has(name)) throw this.#fault(node, `the function ${name}() is not taken`);
    const [first] = args;
    if (name === "has" && first !== undefined) {
      const header = this.#header(first, scope);
      if (header !== null) return `(${header} != "")`;
    }
    return `${name}(${this.#printAll(args, scope)})`;
  }

  #method(node: ASTNode, [name, from, args]: [string, ASTNode, readonly ASTNode[]], scope: Scope): string {
    if (MACROS.has(name)) return this.#macro(name, [from, ...args], scope);
    const printed = this.#print(from, scope);
    if (name === "matches") return this.#match(node, printed, args[0]);
    if (name === "split" && args.length === 1) {
      return `${REWRITTEN.split}(${printed}, ${this.#printAll(args, scope)})`;
    }
    if (!METHODS.has(name)) throw this.#fault(node, `${name}() is not taken; there are ${KNOWN_METHODS}`);
    return `${printed}.${name}(${this.#printAll(args, scope)})`;
  }

  #match(node: ASTNode, text: string, pattern: ASTNode | undefined): string {
    const source = pattern === undefined ? null : textOf(pattern);
    if (pattern === undefined || source === null) {
      throw this.#fault(pattern ?? node, "matches() takes a pattern written in quotes");
    }
    if (!this.#patterns.has(source)) this.#patterns.set(source, this.#compile(pattern, source));
    return `${REWRITTEN.matches}(${text}, ${this.#input.slice(pattern.start, pattern.end)})`;
  }

  #compile(node: ASTNode, source: string): LinearPattern {
    try {
      return new LinearPattern(source);
    } catch (error) {
      throw this.#fault(node, error instanceof Error ? error.message : "is no pattern");
    }
  }

  #macro(name: string, [from, ...args]: readonly ASTNode[], scope: Scope): string {
    const [variable, ...inside] = args;
    if (from === undefined || variable?.op !== "id") throw new Error(`${name}() has no variable`);
    if (this.#facts.includes(variable.args)) {
      throw this.#fault(variable, `"${variable.args}" stands for something of the call; take another name`);
    }
    const outer = scope.variable === null ? scope.outer : [...scope.outer, scope.variable];
    const printed = this.#printAll(inside, { variable: variable.args, outer });
    const list = `${REWRITTEN.steps}(${this.#print(from, scope)})`;
    return `${list}.${name}(${variable.args}, ${printed})`;
  }
}

function isHeaders(node: ASTNode, { variable }: Scope): boolean {
  return node.op === "id" && node.args === "headers" && variable !== "headers";
}

/** The text of a literal; null for anything else. */
function textOf(node: ASTNode): string | null {
  return node.op === "value" && typeof node.args === "string" ? node.args : null;
}
