/** The end of the demo: a table of what was done, and what was got past. */

import { counted } from "@checkpoint-permissions/protocol/text"
import type { RecordedRequest } from "@checkpoint-permissions/testing/FakePermissions"
import type * as Duration from "effect/Duration"
import type { Style } from "../terminal/style.ts"
import * as Table from "../terminal/table.ts"
import { time } from "../terminal/time.ts"
import { type Part, parts } from "./scenario.ts"

/** What was done with one checkpoint. */
export interface Done {
  readonly granted: number
  readonly listed: number
  readonly pages: number
  readonly revoked: number
}

/** A failure that was got past by waiting. */
export interface Survived {
  readonly status: number | undefined
  readonly waited: Duration.Duration
}

const columns: ReadonlyArray<Table.Column> = [
  { title: "CHECKPOINT" },
  { title: "GRANTED", right: true },
  { title: "LISTED", right: true },
  { title: "PAGES", right: true },
  { title: "REVOKED", right: true },
  { title: "LEFT", right: true },
  { title: "REQUESTS", right: true }
]

const numbersOf = (part: Part, done: Done, requests: ReadonlyArray<RecordedRequest>): ReadonlyArray<number> => [
  done.granted,
  done.listed,
  done.pages,
  done.revoked,
  done.granted - done.revoked,
  requests.filter(({ checkpoint }) => checkpoint === part.checkpoint).length
]

export const table = (
  style: Style,
  done: ReadonlyMap<Part, Done>,
  requests: ReadonlyArray<RecordedRequest>
): string => {
  const nothing: Done = { granted: 0, listed: 0, pages: 0, revoked: 0 }
  const numbers = parts.map((part) => ({ part, row: numbersOf(part, done.get(part) ?? nothing, requests) }))
  const total = columns.slice(1).map((_, i) => numbers.reduce((sum, { row }) => sum + (row[i] ?? 0), 0))
  const layout = Table.make(columns)
  const rows = layout.rows([
    ...numbers.map(({ part, row }) => [part.checkpoint, ...row.map(String)]),
    ["all", ...total.map(String)]
  ])
  const lines = rows.trimEnd().split("\n")
  return [style.bold(layout.head().trimEnd()), ...lines.slice(0, -1), style.bold(lines.at(-1) ?? ""), ""].join("\n")
}

export const survivedLine = (survived: ReadonlyArray<Survived>): string =>
  `Got past ${counted(survived.length, "failure")}: ${survived
    .map(({ status, waited }) => `${status ?? "no reply"} after ${time(waited)}`)
    .join(", ")}.`
