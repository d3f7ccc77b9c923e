import { createRequire } from "node:module";
import type { Pool as UndiciPool } from "undici";

/**
 * undici's pool by itself. Its main module also loads fetch, WebSocket and caches, 8 MB in every process that no request
 * here needs.
 */
export const Pool: typeof UndiciPool = createRequire(import.meta.url)("undici/lib/dispatcher/pool.js");
