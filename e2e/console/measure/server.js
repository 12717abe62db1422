// What the server is told so that it lets in what is measured.

const NAMES = ["ANALYSIS", "DEALS", "LEARNING", "SESSIONS", "VOICE"];
const RATES = ["MESSAGES", "BROADCASTS", "EDITS"];

/** The limits of one connection and of one room are far below such rates, so they are off. */
export const UNLIMITED = Object.fromEntries(
  NAMES.flatMap((name) => RATES.map((what) => [`QUINTET_LIMITS__${name}__${what}_PER_MINUTE`, "0"])),
);
