/**
 * What a person is told when a fresh machine cannot get going: one sentence, what is wrong and what to do.
 * Nothing here may carry the address of a package registry: it can be private, and it can hold a token.
 */

/** A failure that is told as its one sentence, without a stack. */
export class BootstrapFailure extends Error {
  name = "BootstrapFailure";
}

const CAUSES = [
  {
    pattern:
      /\b(E404|ETARGET|ERR_PNPM_FETCH_404|ERR_PNPM_NO_MATCHING_VERSION|404 Not Found|Not Found - 404)\b/,
    sentence: "the package registry does not offer a version that this checkout pins",
  },
  {
    pattern: /\b(E401|E403|ENEEDAUTH|ERR_PNPM_FETCH_40[13]|401 Unauthorized|403 Forbidden)\b/,
    sentence: "the package registry refuses access: check npm's login or token",
  },
  {
    pattern: /\b(ENOSPC|No space left on device)\b/i,
    sentence: "the disk is full",
  },
  {
    pattern: /\b(EACCES|EPERM|EROFS|permission denied|read-only file system)\b/i,
    sentence: "a folder may not be written to: check the owner of this checkout and of npm's cache",
  },
  {
    pattern: /ERR_PNPM_OUTDATED_LOCKFILE/,
    sentence:
      "pnpm-lock.yaml does not match the package.json files: run `pnpm install` and commit the lockfile",
  },
  {
    pattern: /ERR_PNPM_IGNORED_BUILDS|Ignored build scripts/,
    sentence:
      "a new dependency wants to run code at install time: judge it, and name it under allowBuilds in pnpm-workspace.yaml",
  },
  {
    pattern: /integrity|EINTEGRITY|checksum|ERR_PNPM_TARBALL_INTEGRITY/i,
    sentence: "a downloaded package is not the one that pnpm-lock.yaml pins",
  },
  {
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|CERT_|SELF_SIGNED|network|connection (refused|reset|closed)|timed? ?out|error sending request|dns error|failed to lookup/i,
    sentence: "no package registry can be reached: check the network, the proxy and npm's `registry` setting",
  },
];

/**
 * Puts the output of a failed package manager into one sentence.
 *
 * @param {string} what what was being done, e.g. "installing the packages"
 * @param {string} output what npm or pnpm printed
 * @param {string} logFile where the whole output was kept, relative to the checkout
 * @returns {BootstrapFailure}
 */
export function installFailure(what, output, logFile) {
  const cause = CAUSES.find(({ pattern }) => pattern.test(output));
  const reason = cause?.sentence ?? "the package manager reported an error";
  return new BootstrapFailure(`${what} failed because ${reason} (details in ${logFile})`);
}
