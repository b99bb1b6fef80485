import * as text from "@checkpoint-permissions/protocol/text"
import * as Inspectable from "effect/Inspectable"

/** Returns untrusted text on one line, of at most `max` UTF-16 code units. */
export const oneLine = (untrusted: string, max = 300): string => text.singleLine(untrusted, max)

/** Returns a value as text that is short enough for a one-line message. */
export const shown = (value: unknown, max = 80): string => {
  try {
    return oneLine(typeof value === "string" ? JSON.stringify(value) : Inspectable.toStringUnknown(value, 0), max)
  } catch {
    return typeof value
  }
}

export const organizationOf = ({ organization }: { readonly organization?: string | undefined }): string =>
  organization === undefined ? "no named organization" : `organization ${shown(organization)}`
