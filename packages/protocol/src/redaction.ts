/** Removes the key from untrusted texts. */

const escapeRegExp = (text: string): string => text.replace(/[/\\^$*+?.()|[\]{}-]/g, "\\$&")

/** Returns a pattern of the forms of a character: plain, escaped for a URL, and escaped for JSON. */
const formsOf = (character: string): string => {
  const hex = character.charCodeAt(0).toString(16).padStart(2, "0")
  const digits = [...hex].map((digit) => `[${digit}${digit.toUpperCase()}]`).join("")
  return `(?:%${digits}|\\\\u00${digits}|\\\\?${escapeRegExp(character)})`
}

/**
 * Makes a function that replaces the key in a text by `<redacted>`, whether it is plain, escaped for a URL, or escaped
 * for JSON. The key has to be visible ASCII.
 */
export const make = (key: string): ((text: string) => string) => {
  const pattern = new RegExp([...key].map(formsOf).join(""), "g")
  return (text) => (text.length < key.length ? text : text.replace(pattern, "<redacted>"))
}
