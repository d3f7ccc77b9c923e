/** Header names (lower case) and values in turn, the flat form that undici takes without copying. */
export type FlatHeaders = readonly string[];
