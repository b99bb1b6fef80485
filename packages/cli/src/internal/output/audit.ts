/** An audit in each of its forms. */

import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { fakeUrl } from "../server/server.ts"
import * as Screen from "../terminal/screen.ts"

export const formats = ["table", "list", "csv", "csv-list", "json", "html"] as const
export type Format = (typeof formats)[number]

/** Notes have no place in rows of CSV: they go to standard error. */
export const rendered = Effect.fnUntraced(function* (
  matrix: AccessMatrix.AccessMatrix,
  format: Format,
  title: Option.Option<string>
) {
  const screen = yield* Screen.Screen
  const notes = caveats(matrix)
  switch (format) {
    case "table":
    case "list": {
      const table = AccessMatrix.toTable(matrix, { ...screen.table, ...(format === "list" ? { form: format } : {}) })
      return table + notes.map((line) => `${line}\n`).join("")
    }
    case "csv":
    case "csv-list":
      yield* Effect.forEach(notes, screen.complain)
      return AccessMatrix.toCsv(matrix, { form: format === "csv" ? "table" : "list" })
    case "json":
      return AccessMatrix.toJson(matrix)
    case "html":
      return yield* AccessMatrix.toHtml(matrix, {
        title: [Option.getOrElse(title, () => "Who can use what"), ...notes].join(" – ")
      })
  }
})

/** What no listing shows, said where one shows nothing. */
export const ownersDo = "a project that owns the model has access without one"

export const caveats = ({ apiUrl }: { readonly apiUrl: string }): ReadonlyArray<string> =>
  apiUrl === fakeUrl ? ["Made with --fake: no real server was asked."] : []

/** What a policy that is made from what a server has cannot hold. */
export const withoutEnds = "Each access is for good here: a server does not know until when it was meant (until)."
