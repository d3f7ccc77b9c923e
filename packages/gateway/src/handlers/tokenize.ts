import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { CpuPool } from "@headrace/workers/pool";
import type { Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import { authenticate } from "../pipeline/admit.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { answerError } from "./answer-error.ts";

export interface TokenizeDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly pool: CpuPool;
  readonly maxJsonDepth: number;
  readonly onBug: (error: unknown, requestId: string) => void;
}

const JSON_LINES = "\r\ncontent-type: application/json";

/**
 * `POST /tokenize`, in vLLM's shape. Counting is always a worker's job: the tokenizer's tables would cost this thread
 * 80 MB, and its work would hold up streams.
 */
export function tokenizeHandler(deps: TokenizeDeps): Handler {
  return function handleTokenize(exchange) {
    try {
      authenticate(exchange, deps.currentSnapshot());
      exchange.attach(new TokenizeCall(exchange, deps));
      exchange.readBody();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      answerError(exchange, error, "");
    }
  };
}

class TokenizeCall implements ExchangeOwner {
  readonly #exchange: Exchange;
  readonly #deps: TokenizeDeps;
  readonly #abort = new AbortController();

  constructor(exchange: Exchange, deps: TokenizeDeps) {
    this.#exchange = exchange;
    this.#deps = deps;
  }

  onBody(body: Buffer): void {
    this.#deps.pool
      .run("tokenize", { body, maxDepth: this.#deps.maxJsonDepth }, { signal: this.#abort.signal })
      .then((answer) => this.#exchange.respond(200, JSON_LINES, answer.body))
      .catch((error: unknown) => this.#fail(error));
  }

  onBodyRefused(error: GatewayError): void {
    answerError(this.#exchange, error, "");
  }

  onClosed(): void {
    this.#abort.abort();
  }

  onDrained(): void {}

  #fail(error: unknown): void {
    if (error instanceof GatewayError) {
      answerError(this.#exchange, error, "");
      return;
    }
    answerError(this.#exchange, new GatewayError("internal_error", { cause: error }), "");
    this.#deps.onBug(error, this.#exchange.requestId);
  }
}
