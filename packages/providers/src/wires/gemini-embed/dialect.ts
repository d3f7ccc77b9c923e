/** The two forms in which Google's platforms take texts. */
export type GeminiEmbedDialect =
  /** `:batchEmbedContents` of the Gemini API. */
  | "gemini-api"
  /**
   * `:predict` of Vertex AI. One of its models, gemini-embedding-001, takes no more than one text in a request (Google
   * Cloud, "Get text embeddings"), and says so itself.
   */
  | "vertex";
