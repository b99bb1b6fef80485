import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import { escape as escapeRegExp } from "effect/RegExp"

/**
 * The part of the base64 of any text that depends on the key alone, when the
 * key begins `offset` bytes into a group of three.
 */
const base64At = (key: string, offset: number): string => {
  const whole = Encoding.encodeBase64("\0".repeat(offset) + key).replace(/=+$/, "")
  const from = Math.ceil((offset * 4) / 3)
  const to = Math.floor(((offset + key.length) * 4) / 3)
  return whole.slice(from, to)
}

const forms = (key: string): ReadonlyArray<string> => {
  const base64 = [0, 1, 2].map((offset) => base64At(key, offset)).filter((form) => form.length >= 8)
  return [
    key,
    encodeURIComponent(key),
    JSON.stringify(key).slice(1, -1),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))
  ]
}

/** Replaces the key in a text that came from elsewhere, in every form it may have been given back in. */
export const make = (key: Redacted.Redacted): ((text: string) => string) => {
  const pattern = new RegExp(
    [...new Set(forms(Redacted.value(key)))]
      .sort((a, b) => b.length - a.length)
      .map(escapeRegExp)
      .join("|"),
    "g"
  )
  return (text) => text.replace(pattern, "<redacted>")
}
