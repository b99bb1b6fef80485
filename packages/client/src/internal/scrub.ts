import * as Redacted from "effect/Redacted"
import { escape as escapeRegExp } from "effect/RegExp"

/**
 * The part of the base64 of any text that depends on the key alone, when the
 * key begins `offset` bytes into a group of three.
 */
const base64At = (key: string, offset: number): string => {
  const whole = btoa("\0".repeat(offset) + key).replace(/=+$/, "")
  const from = Math.ceil((offset * 4) / 3)
  const to = Math.floor(((offset + key.length) * 4) / 3)
  return whole.slice(from, to)
}

/** A character as it is, or escaped as in a URL (once or more often), JSON or HTML. */
const written = (character: string): string => {
  const code = character.charCodeAt(0)
  const hex = [...code.toString(16).padStart(2, "0")].map((digit) => `[${digit}${digit.toUpperCase()}]`).join("")
  const html = { "&": "|&amp;", "<": "|&lt;", ">": "|&gt;", '"': "|&quot;", "'": "|&apos;" }[character] ?? ""
  return `(?:\\\\*${escapeRegExp(character)}|%(?:25)*${hex}|\\\\+u00${hex}|&#0*${code};|&#[xX]0*${hex};${html})`
}

const forms = (key: string): ReadonlyArray<string> => {
  const base64 = [0, 1, 2].map((offset) => base64At(key, offset)).filter((form) => form.length >= 8)
  return [
    [...key].map(written).join(""),
    ...[...base64, ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))]
      .sort((a, b) => b.length - a.length)
      .map(escapeRegExp)
  ]
}

/** Replaces the key in a text that came from elsewhere, in every form it may have been given back in. */
export const make = (key: Redacted.Redacted): ((text: string) => string) => {
  const { length } = Redacted.value(key)
  let pattern: RegExp | undefined
  return (text) => {
    // no form is shorter than the key
    if (text.length < length) return text
    pattern ??= new RegExp(forms(Redacted.value(key)).join("|"), "g")
    return text.replace(pattern, "<redacted>")
  }
}
