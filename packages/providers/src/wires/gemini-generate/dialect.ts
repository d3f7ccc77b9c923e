/** What differs between Google's two homes of this wire. */
export interface GeminiDialect {
  /**
   * Calls and their responses may have an id. Vertex's v1 API does not know the field and refuses the whole request:
   * `Unknown name "id" at 'contents[1].parts[0].function_call'` (vercel/ai issue 15664).
   */
  readonly callIds: boolean;
  /** Models of generation 2.5 take frequency and presence penalties: on Vertex, not on the Gemini API. */
  readonly penaltiesOn25: boolean;
}

export const GEMINI_API: GeminiDialect = { callIds: true, penaltiesOn25: false };
export const VERTEX: GeminiDialect = { callIds: false, penaltiesOn25: true };
