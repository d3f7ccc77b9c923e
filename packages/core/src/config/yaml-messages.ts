import type { ErrorCode } from "yaml";

/**
 * What a YAML fault means for the person who wrote it. The parser's own texts are not used: some quote the
 * file, and that may be a secret.
 */
export const YAML_MESSAGES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias (*name) cannot have a tag or an anchor of its own",
  BAD_ALIAS: "an alias (*name) needs the name of an anchor (&name) before it",
  BAD_COLLECTION_TYPE: "a tag does not fit the value behind it",
  BAD_DIRECTIVE: "a line that begins with % is not a valid YAML directive",
  BAD_DQ_ESCAPE:
    "a backslash in a double-quoted text is not a valid escape; use single quotes for a literal backslash",
  BAD_INDENT: "the indentation is wrong, or a bracket is not closed",
  BAD_PROP_ORDER: "a tag or an anchor stands in the wrong place",
  BAD_SCALAR_START: "a text cannot begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "there is more than one `key:` on a line; put a text that has a colon in quotes",
  BLOCK_IN_FLOW: "an indented block cannot stand inside { } or [ ]",
  DUPLICATE_KEY: "the key is there twice",
  IMPOSSIBLE: "the text is not valid YAML here",
  KEY_OVER_1024_CHARS: "a key is longer than 1024 characters; a colon may be missing its space",
  MISSING_CHAR: "a closing quote, bracket, comma or colon is missing",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line; a colon may be missing",
  MULTIPLE_ANCHORS: "a value has more than one anchor",
  MULTIPLE_DOCS: "there is a second document after a line of ---; the file must hold one",
  MULTIPLE_TAGS: "a value has more than one tag",
  NON_STRING_KEY: "a key must be a plain text",
  RESOURCE_EXHAUSTION: "the file is nested too deeply",
  TAB_AS_INDENT: "a tab is used as indentation; YAML wants spaces",
  TAG_RESOLVE_FAILED: "tags (!name) are not supported",
  UNEXPECTED_TOKEN: "the text is not valid YAML here; a quote, bracket or comma may be missing or too many",
};
