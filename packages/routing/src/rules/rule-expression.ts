import {
  TypeError as CelTypeError,
  Environment,
  EvaluationError,
  ParseError,
  type ParseResult,
} from "@marcbachmann/cel-js";
import type { CallFacts, RouteNeeds } from "../route.ts";
import { RuleFault, UndecidedRule } from "./rule-fault.ts";
import { REWRITTEN, type RewrittenRule, rewriteRule } from "./rule-rewriter.ts";

/** A rule's condition, ready to be asked. */
export interface RuleExpression {
  /**
   * Whether it holds for a call. What a rule reads of the body is gone through once.
   *
   * @throws UndecidedRule when that cannot be told, as with a member of the body that is not there or not of the kind
   *   that is needed, or with more to look at than is allowed
   */
  evaluate(facts: CallFacts): boolean;
  /** Which headers it reads, and whether the body. */
  readonly needs: RouteNeeds;
}

const MAX_CHARS = 4_096;
/** Items that the macros of a rule may look at together, in one call. */
const MAX_STEPS = 10_000;
/** Of a text that is split. */
const MAX_SPLIT_CHARS = 65_536;
const LIMITS = {
  maxAstNodes: 500,
  maxDepth: 32,
  maxListElements: 200,
  maxMapEntries: 50,
  maxCallArguments: 8,
};
/** Rewriting adds a call per macro and puts everything in brackets. */
const REWRITTEN_LIMITS = { ...LIMITS, maxAstNodes: 2_000, maxDepth: 128 };

const FACTS = {
  model: "string",
  headers: "map<string, string>",
  key: "string",
  tags: "list<string>",
  tokens: "int",
  stream: "bool",
  endpoint: "string",
  body: "dyn",
  hour: "int",
  minute: "int",
  weekday: "int",
} as const;
const FACT_NAMES: readonly string[] = Object.keys(FACTS);

const WRITTEN = environment(LIMITS);
const EVALUATED = environment(REWRITTEN_LIMITS);

/**
 * Reads a rule's condition: CEL over `model`, `headers`, `key`, `tags`, `tokens`, `stream`, `endpoint`, `body`, and `hour`,
 * `minute` and `weekday` (0 = Sunday) in UTC. A header that is not there reads as "". Numbers of the body are doubles.
 *
 * @throws RuleFault with place and words, when it is none, or could not be evaluated within bounds
 */
export function parseRule(text: string): RuleExpression {
  if (text.length > MAX_CHARS) throw new RuleFault(text, 0, `has more than ${MAX_CHARS} characters`);
  const rewritten = rewriteRule(checked(WRITTEN, text).ast, FACT_NAMES);
  return new Expression(rewritten);
}

function environment(limits: Partial<typeof LIMITS>): Environment {
  const created = new Environment({ limits, homogeneousAggregateLiterals: false });
  for (const [name, type] of Object.entries(FACTS)) created.registerVariable(name, type);
  return created;
}

/** Parsed, of known variables and functions only, and giving true or false as far as its types tell. */
function checked(environment: Environment, text: string): ParseResult {
  try {
    const parsed = environment.parse(text);
    const { valid, type, error } = parsed.check();
    if (!valid && error !== undefined) throw error;
    if (type === "bool" || type === "dyn") return parsed;
    throw new RuleFault(text, 0, `gives ${type ?? "nothing"}, not true or false`);
  } catch (error) {
    if (error instanceof RuleFault) throw error;
    if (!(error instanceof ParseError || error instanceof CelTypeError)) throw error;
    throw new RuleFault(text, error.range?.start ?? 0, wordsOf(error.summary));
  }
}

/** What most rules go wrong by is said in words that are no parser's. */
function wordsOf(summary: string): string {
  return summary === "Unexpected token: EOF" ? "the rule ends where something must follow" : summary;
}

/** Marks what is not read while nothing is evaluated. */
const NO_CALL = "there is no call to look at";

class Expression implements RuleExpression {
  readonly needs: RouteNeeds;
  readonly #facts = new FactsReader();
  readonly #evaluate: ParseResult;
  #stepsLeft = 0;

  constructor({ text, headers, readsBody, patterns }: RewrittenRule) {
    this.needs = { headers: [...headers].toSorted(), body: readsBody };
    const bounded = EVALUATED.clone()
      .registerFunction(
        `${REWRITTEN.header}(string): string`,
        (name: string) => this.#facts.call.header(name),
        SYNC,
      )
      .registerFunction(`${REWRITTEN.steps}(dyn): dyn`, (items: unknown) => this.#withinSteps(items), SYNC)
      .registerFunction(
        `${REWRITTEN.matches}(string, string): bool`,
        (read: string, source: string) => patterns.get(source)?.test(read) ?? false,
        SYNC,
      )
      .registerFunction(`${REWRITTEN.split}(string, string): list<string>`, splitText, SYNC);
    this.#evaluate = checked(bounded, text);
  }

  evaluate(facts: CallFacts): boolean {
    const { stackTraceLimit } = Error;
    this.#stepsLeft = MAX_STEPS;
    this.#facts.facts = facts;
    try {
      // A body without what a rule asks for is common, and a stack is most of what its error costs.
      Error.stackTraceLimit = 0;
      const result: unknown = this.#evaluate(this.#facts);
      if (typeof result === "boolean") return result;
      throw new UndecidedRule("gives neither true nor false");
    } catch (error) {
      throw undecided(error);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      this.#facts.facts = null;
    }
  }

  #withinSteps(items: unknown): unknown {
    this.#stepsLeft -= lengthOf(items);
    if (this.#stepsLeft >= 0) return items;
    this.#stepsLeft = 0;
    throw new UndecidedRule(`there are more than ${MAX_STEPS} items to look at`);
  }
}

/** The library's own words may quote the call. */
function undecided(error: unknown): UndecidedRule {
  if (error instanceof UndecidedRule) return error;
  const code = error instanceof EvaluationError ? error.code : "it could not be evaluated";
  return new UndecidedRule(code.replaceAll("_", " "));
}

const SYNC = { async: false };

function lengthOf(items: unknown): number {
  if (Array.isArray(items)) return items.length;
  let members = 0;
  if (typeof items === "object" && items !== null) for (const _name in items) members += 1;
  return members;
}

function splitText(text: string, separator: string): string[] {
  if (text.length <= MAX_SPLIT_CHARS) return text.split(separator);
  throw new UndecidedRule(`split() takes no more than ${MAX_SPLIT_CHARS} characters`);
}

/** A call's facts under the names and in the types of CEL, each read only where the rule asks for it. */
class FactsReader {
  facts: CallFacts | null = null;

  get call(): CallFacts {
    if (this.facts === null) throw new Error(NO_CALL);
    return this.facts;
  }

  get model(): string {
    return this.call.model;
  }

  get key(): string {
    return this.call.keyName;
  }

  get tags(): readonly string[] {
    return this.call.tags;
  }

  get tokens(): bigint {
    return BigInt(Math.trunc(this.call.inputTokens));
  }

  get stream(): boolean {
    return this.call.stream;
  }

  get endpoint(): string {
    return this.call.endpoint;
  }

  get body(): unknown {
    return this.call.body;
  }

  get hour(): bigint {
    return BigInt(Math.floor(this.call.wallMs / HOUR_MS) % 24);
  }

  get minute(): bigint {
    return BigInt(Math.floor(this.call.wallMs / MINUTE_MS) % 60);
  }

  /** The first of January 1970 was a Thursday. */
  get weekday(): bigint {
    return BigInt((Math.floor(this.call.wallMs / DAY_MS) + 4) % 7);
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
