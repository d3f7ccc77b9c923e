import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { CpuPool } from "@headrace/workers/pool";
import type { Exchange, ExchangeOwner, Handler } from "../http/exchange.ts";
import { admitModel, authenticate, refuseEncodedBody } from "../pipeline/admit.ts";
import type { KeyIdentity } from "../snapshot/keyring.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { LocalCall } from "./local-call.ts";

export interface TokenizeDeps {
  readonly currentSnapshot: () => Snapshot;
  readonly pool: CpuPool;
  readonly maxJsonDepth: number;
  readonly onBug: (error: unknown, requestId: string) => void;
}

/**
 * `POST /tokenize`, in vLLM's shape. Counting is always a worker's job: the tokenizer's tables would cost this thread
 * 80 MB, and its work would hold up streams.
 */
export function tokenizeHandler(deps: TokenizeDeps): Handler {
  return function handleTokenize(exchange) {
    const snapshot = deps.currentSnapshot();
    const call = new LocalCall(exchange, snapshot.localRecorders.tokenize);
    try {
      const identity = authenticate(exchange, snapshot);
      call.keyName = identity.name;
      refuseEncodedBody(exchange);
      exchange.attach(new TokenizeCall(exchange, call, { ...deps, snapshot, identity }));
      exchange.readBody();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      call.refuse(error);
    }
  };
}

/** A call's dependencies, and what it found out about itself before its body came. */
interface TokenizeScope extends TokenizeDeps {
  readonly snapshot: Snapshot;
  readonly identity: KeyIdentity;
}

class TokenizeCall implements ExchangeOwner {
  readonly #exchange: Exchange;
  readonly #call: LocalCall;
  readonly #scope: TokenizeScope;
  readonly #abort = new AbortController();

  constructor(exchange: Exchange, call: LocalCall, scope: TokenizeScope) {
    this.#exchange = exchange;
    this.#call = call;
    this.#scope = scope;
  }

  onBody(body: Buffer): void {
    this.#call.requestBytes = body.length;
    const { pool, maxJsonDepth, snapshot, identity } = this.#scope;
    const input = { body, maxDepth: maxJsonDepth, providerModels: snapshot.providerModels };
    pool
      .run("tokenize", input, { signal: this.#abort.signal })
      .then((answer) => {
        // Only now, because it takes reading the body to know the model.
        admitModel(snapshot, identity, answer.model);
        this.#call.answer(answer.body);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  onBodyRefused(error: GatewayError): void {
    this.#call.refuse(error);
  }

  onSent(): void {
    this.#call.onSent();
  }

  onClosed(): void {
    this.#call.onClosed();
    this.#abort.abort();
  }

  onDrained(): void {}

  onBroken(): void {
    this.#abort.abort();
  }

  #fail(error: unknown): void {
    if (error instanceof GatewayError) {
      this.#call.refuse(error);
      return;
    }
    this.#call.refuse(new GatewayError("internal_error", { cause: error }));
    this.#scope.onBug(error, this.#exchange.requestId);
  }
}
