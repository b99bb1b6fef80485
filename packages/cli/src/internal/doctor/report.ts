/** The report of `doctor`: a row for each assumption about the server. */

import { pluralize } from "@checkpoint-permissions/protocol/text"
import * as Schema from "effect/Schema"
import type { Style } from "../terminal/style.ts"

/**
 * `handled`: the server differs, and this tool handles it. `matters`: the server differs, and listings or writes may be
 * wrong. `not-observed`: the replies did not show it. `not-asked`: no request was sent, or the server limited it.
 */
export const Verdict = Schema.Literal("ok", "handled", "matters", "not-observed", "not-asked")
export type Verdict = typeof Verdict.Type

export const Row = Schema.Struct({
  /** A stable name, such as `page-cursor`. */
  check: Schema.String,
  assumption: Schema.String,
  verdict: Verdict,
  /** The observation, or the reason why there is none. Ids, names and addresses only if an option requests them. */
  detail: Schema.String
})
export interface Row extends Schema.Schema.Type<typeof Row> {}

export const Report = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/doctor"),
  version: Schema.Literal(1),
  createdAt: Schema.DateTimeUtc,
  /** Requests that were sent. */
  requests: Schema.Int,
  exitCode: Schema.Literal(0, 1, 3, 4),
  rows: Schema.Array(Row)
})
export interface Report extends Schema.Schema.Type<typeof Report> {}

export const toJson = (report: Report): string => `${JSON.stringify(Schema.encodeSync(Report)(report), undefined, 2)}\n`

const labels: Readonly<Record<Verdict, string>> = {
  ok: "ok",
  handled: "differs (handled)",
  matters: "differs (do not apply; please report)",
  "not-observed": "not observed",
  "not-asked": "not asked"
}

/** Returns the report as text: each row on one line, and its detail below where it is not `ok`. */
export const toText = ({ requests, rows }: Report, parity: string, { bold }: Style): string => {
  const shown = rows.map(({ assumption, detail, verdict }) => {
    const mark = verdict === "ok" ? labels[verdict] : bold(labels[verdict])
    return `${mark}: ${assumption}${detail === "" ? "" : `\n    ${detail}`}`
  })
  return [
    ...shown,
    "",
    `${pluralize(requests, "request")} sent, all of them reads. Whether this key can write was not tested.`,
    "To record this server for the emulator (reads only):",
    `  ${parity}`,
    ""
  ].join("\n")
}
