/**
 * The largest numbers of lines. `npm run figures:lines` counts them. Only a decision in `docs/decisions` raises one: a
 * feature names what it replaces. Lower a budget that has become too wide.
 */
export const budgets = {
  /** Code in `src` of the published packages and of the action. */
  sources: 27_336,
  /** Code of the tests of all packages, with the contract. */
  tests: 36_029,
  /** All lines of guides. */
  guides: 4_747,
  /** Lines of the longest source file, comments included. */
  longestFile: 350
}
