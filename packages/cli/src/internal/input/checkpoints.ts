/** Ids of checkpoints from arguments, lines and documents. Nothing else is read from a file of `--from`. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { CheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type CommandError, type Failure, wrongUse } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { type Document, kindOf, readDocument } from "./document.ts"
import { decoded } from "./option.ts"

/** The checkpoints of a command, without duplicates, and other facts from their source. */
export interface Given {
  readonly checkpoints: ReadonlyArray<CheckpointId>
  readonly names?: Readonly<Record<string, string>> | undefined
  readonly owners?: Readonly<Record<string, ProjectId>> | undefined
}

/** The ids of a file. */
interface Part {
  readonly checkpoints: ReadonlyArray<CheckpointId>
  /** The warning that ids are missing, if the document is marked as incomplete. */
  readonly warning?: string | undefined
  /** True for jobs, which name only the last of their checkpoints. */
  readonly ofJobs?: boolean | undefined
}

const decodeId = decoded(CheckpointId)

/** Decodes ids, each with its place in the file. */
const ofIds = (
  ids: ReadonlyArray<readonly [id: string, place: string]>,
  file: string
): Either.Either<Part, CommandError> =>
  Either.all(
    ids.map(([id, place]) => Either.mapLeft(decodeId(id), (why) => wrongUse(`${printable(file)}, ${place}: ${why}`)))
  ).pipe(Either.map((checkpoints) => ({ checkpoints })))

const isItem = Schema.is(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
const isIds = Schema.is(Schema.Array(Schema.String))
const isPage = Schema.is(Schema.Struct({ has_more: Schema.Literal(true) }))

/** Fields of documents and of the API whose value is a checkpoint id. */
const ofCheckpoint = new Set(["checkpoint", "fine_tuned_model", "fine_tuned_model_checkpoint"])

/** Finds the ids in a JSON value: in the fields for them, and elsewhere those of models (`ft:…`) as an `id` or in a list. */
function* idsIn(value: unknown, field: string): Generator<string> {
  if (typeof value === "string") {
    if (ofCheckpoint.has(field) || (/^(id)?$/.test(field) && value.startsWith("ft:"))) yield value
  } else if (Array.isArray(value)) {
    for (const one of value) yield* idsIn(one, "")
  } else if (isItem(value)) {
    for (const [key, one] of Object.entries(value)) yield* idsIn(one, key)
  }
}

const parse = Schema.decodeUnknownEither(Schema.parseJson())

/** Reads one JSON text, or several, one a line. */
const jsonOf = (text: string): ReadonlyArray<unknown> | undefined => {
  const whole = parse(text)
  if (Either.isRight(whole)) return [whole.right]
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  return Option.getOrUndefined(Either.getRight(Either.all(lines.map((line) => parse(line)))))
}

const ofJson = (text: string, file: string): Either.Either<Part, CommandError> => {
  const values = jsonOf(text)
  if (values === undefined) {
    return Either.left(wrongUse(`${printable(file)} is not valid JSON: pass the complete text`))
  }
  const ids = values.flatMap((value) => (isIds(value) ? value : [...idsIn(value, "")]))
  if (ids.length === 0) {
    return Either.left(
      wrongUse(
        `${printable(file)} contains no fine-tuned model: pass a reply of GET /models or GET /fine_tuning/jobs, or a list of ids`
      )
    )
  }
  const numbered = ids.map((id, i) => [id, `entry ${i + 1}`] as const)
  return Either.map(ofIds(numbered, file), (part) => ({
    ...part,
    ofJobs: /"fine_tuned_model"\s*:\s*"/.test(text),
    // The last of several pages has the `has_more` that counts.
    warning: isPage(values.at(-1))
      ? `${printable(file)} is one page of several (has_more): checkpoints on other pages are missing`
      : undefined
  }))
}

const ofPolicy = (text: string, file: string) =>
  AccessPolicy.parse(text, { file }).pipe(
    Effect.flatMap(AccessPolicy.resolve),
    Effect.map((resolved): Part => ({ checkpoints: resolved.map(({ checkpoint }) => checkpoint) }))
  )

const ofLines = (text: string, file: string): Either.Either<Part, CommandError> => {
  const ids = text
    .split("\n")
    .map((line, i) => [line.replace(/(^|\s)#.*$/, "").trim(), `line ${i + 1}`] as const)
    .filter(([id]) => id !== "")
  const spaced = ids.find(([id]) => /\s/.test(id))
  if (spaced === undefined) return ofIds(ids, file)
  const [id, place] = spaced
  return Either.left(
    wrongUse(`${printable(file)}, ${place}: ${printable(JSON.stringify(id))} contains a space: write one id per line`)
  )
}

const ofText = ({ name, text: readCheckpoints }: Document): Effect.Effect<Part, Failure> => {
  const text = readCheckpoints.replace(/^\ufeff/, "")
  if (kindOf(text) === "policy") return ofPolicy(text, name)
  return /^\s*[[{]/.test(text) ? ofJson(text, name) : ofLines(text, name)
}

const none = wrongUse("no checkpoints: pass ids or --from <file> (- for standard input)")

/** Reads the checkpoints of the arguments, then of the files in their order. Fails if there is none. */
export const given = Effect.fnUntraced(function* (args: ReadonlyArray<CheckpointId>, files: ReadonlyArray<string>) {
  const parts = yield* Effect.forEach(files, (file) =>
    Effect.flatMap(
      readDocument("checkpoints", file, ["policy", "plan", "audit", "inventory", "diff", "journal"]),
      ofText
    )
  )
  for (const { warning } of parts) if (warning !== undefined) yield* Screen.warn(warning)
  if (parts.some(({ ofJobs }) => ofJobs === true)) {
    yield* Screen.warn(
      "jobs contain only their final model: to find their other checkpoints, use discover --project-keys <file>"
    )
  }
  const checkpoints = [...new Set([...args, ...parts.flatMap((part) => part.checkpoints)])]
  return checkpoints.length === 0 ? yield* none : { checkpoints }
})
