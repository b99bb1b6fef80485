/**
 * A guard for the language of `src`. It refuses doc comments that begin with a noun clause ("What …"), and identifiers
 * that were replaced by the field's own terms.
 */

/** The packages that are checked. */
export const packages = [
  "access",
  "action",
  "bench",
  "cli",
  "client",
  "contract",
  "core",
  "effect4",
  "fake",
  "page",
  "protocol",
  "testing"
]

const nounClause = /\/\*\*[\s*]*(What|Who|Whose|Why|That|Those|Such)\b/g

/**
 * Returns a problem for each refused comment and identifier of a source file.
 * @param {string} text
 * @param {ReadonlySet<string>} retired
 * @returns {ReadonlyArray<{ readonly line: number, readonly problem: string }>}
 */
export const problemsOf = (text, retired) => {
  const lineAt = (/** @type {number} */ index) => text.slice(0, index).split("\n").length
  return [
    ...Array.from(text.matchAll(nounClause), ({ 0: found, 1: word, index }) => ({
      line: lineAt(index + found.length),
      problem: `a doc comment begins with ${word}: begin with a verb for a function, with a noun for anything else`
    })),
    ...Array.from(text.matchAll(/[A-Za-z_$][\w$]*/g))
      .filter(([name]) => retired.has(name))
      .map(({ 0: name, index }) => ({
        line: lineAt(index),
        problem: `${name} has another name now: see CONTRIBUTING.md`
      }))
  ]
}
