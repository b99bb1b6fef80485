import * as text from "@checkpoint-permissions/protocol/text"
import * as Inspectable from "effect/Inspectable"

/** Returns untrusted text on one line, of at most `max` UTF-16 code units. */
export const singleLine = (untrusted: string, max = 300): string => text.singleLine(untrusted, max)

/** Returns a value as text that is short enough for a one-line message. */
export const formatValue = (value: unknown, max = 80): string => {
  try {
    return singleLine(typeof value === "string" ? JSON.stringify(value) : Inspectable.toStringUnknown(value, 0), max)
  } catch {
    return typeof value
  }
}

export const organizationOf = ({ organization }: { readonly organization?: string | undefined }): string =>
  organization === undefined ? "no named organization" : `organization ${formatValue(organization)}`
