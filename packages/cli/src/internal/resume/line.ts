/** The lines of a file of rows, each of which says by itself of what it is. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import { printable, visibleJson } from "@checkpoint-permissions/access/TerminalText"
import { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type WrongUse, wrongUse } from "../failure.ts"
import { complaint } from "../input/option.ts"

/** What was asked of whom. */
export interface Question {
  readonly apiUrl: string
  readonly organization?: string | undefined
  /** The one project that was asked about: of others nothing is known. */
  readonly project?: ProjectId | undefined
}

export const Line = Schema.Struct({
  format: Schema.Literal("checkpoint-permissions/row"),
  version: Schema.Literal(1),
  apiUrl: Schema.String,
  organization: Schema.optionalWith(Schema.String, { exact: true }),
  project: Schema.optionalWith(ProjectId, { exact: true }),
  row: AccessMatrix.Row
}).annotations({ identifier: "SavedRow", parseOptions: { onExcessProperty: "error" } })
export interface Line extends Schema.Schema.Type<typeof Line> {}

const encode = Schema.encodeSync(Schema.parseJson(Line))
const decode = Schema.decodeUnknownEither(Schema.parseJson(Line))

/** How each of them begins. */
const start = '{"format":"checkpoint-permissions/row",'

export const toLine = ({ apiUrl, organization, project }: Question, row: AccessMatrix.Row): string => {
  const line: Line = {
    format: "checkpoint-permissions/row",
    version: 1,
    apiUrl,
    ...(organization === undefined ? {} : { organization }),
    ...(project === undefined ? {} : { project }),
    row
  }
  return `${visibleJson(encode(line))}\n`
}

/** The whole lines of a file. What a killed process or a full disk left of the last one is no line. */
export const wholeLines = (bytes: Uint8Array): Uint8Array => {
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
  const rest = new TextDecoder().decode(bytes.subarray(whole.length))
  return start.startsWith(rest) || rest.startsWith(start) ? whole : bytes
}

const named = ({ apiUrl, organization, project }: Question): string =>
  [
    printable(apiUrl),
    organization === undefined ? "no named organization" : `organization ${printable(organization)}`,
    project === undefined ? "all projects" : `project ${printable(project)} alone`
  ].join(", ")

const isSame = (one: Question, other: Question): boolean =>
  one.apiUrl === other.apiUrl && one.organization === other.organization && one.project === other.project

/** The last row of each checkpoint. Refuses the first line that is none of this question. */
export const rowsOf = (
  file: string,
  text: string,
  asked: Question
): Either.Either<ReadonlyMap<string, AccessMatrix.Row>, WrongUse> =>
  Either.gen(function* () {
    const rows = new Map<string, AccessMatrix.Row>()
    for (const [index, one] of text.split("\n").entries()) {
      if (one.trim() === "") continue
      const line = yield* Either.mapLeft(decode(one), (error) =>
        wrongUse(
          `${file}, line ${index + 1} is no row (${printable(complaint(error))}): take it out, or pass another file`
        )
      )
      if (!isSame(line, asked)) {
        const message = `${file}, line ${index + 1} is of ${named(line)}, and this run is of ${named(asked)}: pass another file`
        return yield* Either.left(wrongUse(message))
      }
      rows.set(line.row.checkpoint, line.row)
    }
    return rows
  })

/** When a row was begun to be read: what happened later may be missing. */
export const since = ({ readAt, readFrom }: AccessMatrix.Row): DateTime.Utc => readFrom ?? readAt

/** Whether it says enough, and is young enough. How old a row of the future is nobody knows: a clock was set back. */
export const isUsable = (row: AccessMatrix.Row, now: DateTime.Utc, maxAge: Duration.Duration): boolean =>
  row.complete &&
  DateTime.lessThanOrEqualTo(since(row), now) &&
  Duration.lessThan(DateTime.distanceDuration(since(row), now), maxAge)
