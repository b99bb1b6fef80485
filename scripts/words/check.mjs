/**
 * A guard for the language of code: sources, tests, scripts, configuration and the site. It refuses comments that begin
 * with a noun clause ("What …"), vague subjects ("nobody waits"), and identifiers that were replaced.
 */

/** Files that list refused words, so they contain them. */
export const lists = ["docs/test/links.test.ts", "scripts/words/check.mjs", "scripts/test/words.test.ts"]

/** The endings of the names of checked files. */
export const endings = /\.(ts|mjs|cjs|vue|jsonc|ya?ml)$|^\.ci\/run$/

// cspell:ignore manieth
const clause = "(What|Who|Whose|Why|That|Those|Such)\\b"
const patterns = [
  {
    refused: new RegExp(`/\\*\\*[\\s*]*${clause}`, "g"),
    problem: (/** @type {string} */ word) =>
      `a doc comment begins with ${word}: begin with a verb for a function, with a noun for anything else`
  },
  {
    refused: new RegExp(`(?<!(?://|#)[^\\n]*\\n[ \\t]*)(?<=^|\\n[ \\t]*)(?://|#) ${clause}`, "g"),
    problem: (/** @type {string} */ word) => `a comment begins with ${word}: begin with a noun or a verb`
  },
  {
    refused: /\b(Nobody|nobody|Somebody|somebody|Whoever|whoever|manieth|only who|is told)\b(?= [a-z]|[.,])/g,
    problem: (/** @type {string} */ word) => `"${word}": name the role, such as caller, process, server or user`
  }
]

/**
 * Returns a problem for each refused comment, phrase and identifier of a file.
 * @param {string} text
 * @param {ReadonlySet<string>} retired
 * @returns {ReadonlyArray<{ readonly line: number, readonly problem: string }>}
 */
export const problemsOf = (text, retired) => {
  const lineAt = (/** @type {number} */ index) => text.slice(0, index).split("\n").length
  return [
    ...patterns.flatMap(({ problem, refused }) =>
      Array.from(text.matchAll(refused), ({ 0: found, 1: word = "", index }) => ({
        line: lineAt(index + found.length),
        problem: problem(word)
      }))
    ),
    ...Array.from(text.matchAll(/[A-Za-z_$][\w$]*/g))
      .filter(([name]) => retired.has(name))
      .map(({ 0: name, index }) => ({
        line: lineAt(index),
        problem: `${name} has another name now: see CONTRIBUTING.md`
      }))
  ]
}
