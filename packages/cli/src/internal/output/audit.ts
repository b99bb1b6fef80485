/** An audit in each of its forms. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Screen from "../terminal/screen.ts"
import { caveats } from "./caveats.ts"

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
