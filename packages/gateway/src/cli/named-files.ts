import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "@headrace/core/config/types";
import { messageOf } from "../observability/message-of.ts";

/**
 * What is wrong with the files that a config names, one sentence each. The libraries that use them would fail without
 * saying which file, or only once a client connects.
 */
export function namedFileProblems({ listen, providers }: Config): string[] {
  const problems: string[] = [];
  /** What the file has, or null when that could not be read and a problem more is known. */
  const read = <T>(setting: string, path: string, kind: PemKind<T>): T | null => {
    try {
      return kind.parse(readFileSync(path));
    } catch (error) {
      problems.push(`${setting} names ${path}, which ${whyNot(error, kind.what)}`);
      return null;
    }
  };
  for (const [name, { caCertFile }] of Object.entries(providers)) {
    if (caCertFile !== undefined) read(`providers.${name}.caCertFile`, caCertFile, CERTIFICATE);
  }
  if (listen.tls !== undefined) {
    const cert = read("listen.tls.cert", listen.tls.cert, CERTIFICATE);
    const key = read("listen.tls.key", listen.tls.key, PRIVATE_KEY);
    if (cert !== null && key !== null && !cert.checkPrivateKey(key)) {
      problems.push(`listen.tls.key names ${listen.tls.key}, which is not the key of ${listen.tls.cert}`);
    }
  }
  return problems;
}

interface PemKind<T> {
  readonly what: string;
  /** @throws Error when the bytes are something else */
  parse(bytes: Buffer): T;
}

const CERTIFICATE: PemKind<X509Certificate> = {
  what: "certificate in PEM form",
  parse: (bytes) => new X509Certificate(bytes),
};

const PRIVATE_KEY: PemKind<KeyObject> = {
  what: "private key in PEM form without a passphrase",
  parse: (bytes) => createPrivateKey(bytes),
};

function whyNot(error: unknown, what: string): string {
  const isSystemError = error instanceof Error && "errno" in error && "code" in error;
  return isSystemError ? `cannot be read (${String(error.code)})` : `holds no ${what} (${messageOf(error)})`;
}
