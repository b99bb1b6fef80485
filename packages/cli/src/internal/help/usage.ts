/** What is wrong with a command line, in one line. */

import { oneLine } from "@checkpoint-permissions/access/TerminalText"
import * as HelpDoc from "@effect/cli/HelpDoc"
import type * as ValidationError from "@effect/cli/ValidationError"
import { withoutColors } from "../terminal/text.ts"

const plainer = (message: string): string => {
  const [, extra] = /^Received unknown argument: '(.*)'$/.exec(message) ?? []
  const [, missing] = /^Expected to find option: '(--\S+)'$/.exec(message) ?? []
  return missing !== undefined
    ? `missing option ${missing}`
    : extra === undefined
      ? message.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase()).replace(/\.$/, "")
      : `${JSON.stringify(extra.replace(/sk-.*/, "sk-…"))} is an argument too many`
}

/** The parser's finding, in plainer words. */
export const finding = (error: ValidationError.ValidationError): string =>
  plainer(oneLine(withoutColors(HelpDoc.toAnsiText(error.error))))
