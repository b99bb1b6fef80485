/** Checkpoints from where people have them. */
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import { CheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Failure, type WrongUse, wrongUse } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { type Document, kindOf, readDocument } from "./document.ts"
import { decoded } from "./option.ts"

/** Checkpoints, each once, and what else is known of them. */
export interface Given {
  readonly checkpoints: ReadonlyArray<CheckpointId>
  readonly names: Readonly<Record<string, string>>
  readonly owners: Readonly<Record<string, ProjectId>>
}

interface Part extends Given {
  /** What it leaves out, if it says so itself. */
  readonly warning?: string | undefined
  /** Whether it is of jobs, which name the last of their checkpoints only. */
  readonly ofJobs?: boolean | undefined
}

const decodeId = decoded(CheckpointId)

/** Of ids alone, each with its place in the file. */
const ofIds = (ids: ReadonlyArray<readonly [id: string, place: string]>, file: string): Either.Either<Part, WrongUse> =>
  Either.all(
    ids.map(([id, place]) => Either.mapLeft(decodeId(id), (why) => wrongUse(`${printable(file)}, ${place}: ${why}`)))
  ).pipe(Either.map((checkpoints) => ({ checkpoints, names: {}, owners: {} })))

const numbered = (noun: string, ids: ReadonlyArray<string>) => ids.map((id, i) => [id, `${noun} ${i + 1}`] as const)

const ownersOf = (
  rows: ReadonlyArray<{ readonly checkpoint: CheckpointId; readonly owner?: ProjectId | undefined }>
): Given["owners"] =>
  Object.fromEntries(rows.flatMap(({ checkpoint, owner }) => (owner === undefined ? [] : [[checkpoint, owner]])))

/** An item of a list as `GET /models` and `GET /fine_tuning/jobs` answer it. */
const Item = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const isAnswer = Schema.is(Schema.Struct({ data: Schema.Array(Item), has_more: Schema.optional(Schema.Unknown) }))
/** A document of this program: an audit, an inventory. */
const isOurs = Schema.is(
  Schema.Struct({
    format: Schema.String.pipe(Schema.startsWith("checkpoint-permissions/")),
    rows: Schema.optional(Schema.Array(Item)),
    checkpoints: Schema.optional(Schema.Array(Item))
  })
)
const isItem = Schema.is(Item)
const isItems = Schema.is(Schema.Array(Item))
const isIds = Schema.is(Schema.Array(Schema.String))

const isFineTuned = (id: unknown): id is string => typeof id === "string" && id.startsWith("ft:")

/** Returns the fine-tuned models of an item, or the checkpoint of an item of this program. */
const modelsOf = (item: typeof Item.Type): ReadonlyArray<string> => [
  ...[item["id"], item["fine_tuned_model"], item["fine_tuned_model_checkpoint"]].filter(isFineTuned),
  ...(typeof item["checkpoint"] === "string" ? [item["checkpoint"]] : [])
]

const parse = Schema.decodeUnknownEither(Schema.parseJson())

/** One JSON text, or several, one a line. */
const jsonOf = (text: string): ReadonlyArray<unknown> | undefined => {
  const whole = parse(text)
  if (Either.isRight(whole)) return [whole.right]
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  return Option.getOrUndefined(Either.getRight(Either.all(lines.map((line) => parse(line)))))
}

/** All of a list or nothing: of one that holds anything else a part would be left out in silence. */
const itemsOf = (value: unknown): ReadonlyArray<typeof Item.Type> => {
  if (isAnswer(value)) return value.data
  if (isOurs(value)) return value.rows ?? value.checkpoints ?? []
  if (isItems(value)) return value
  return isItem(value) ? [value] : []
}

const ofJson = (value: unknown, file: string): Either.Either<Part, WrongUse> => {
  if (isIds(value)) {
    return ofIds(numbered("entry", value), file)
  }
  const items = itemsOf(value)
  const models = items.flatMap(modelsOf)
  if (models.length === 0) {
    return Either.left(
      wrongUse(
        `${printable(file)} names no fine-tuned model: give what GET /models or GET /fine_tuning/jobs answered, or a list of ids`
      )
    )
  }
  return Either.map(ofIds(numbered("model", models), file), (part) => ({
    ...part,
    ofJobs: items.some((item) => isFineTuned(item["fine_tuned_model"])),
    warning:
      isAnswer(value) && value.has_more === true
        ? `${printable(file)} is one page of several (has_more): what the others name is left out`
        : undefined
  }))
}

const ofPolicy = Effect.fnUntraced(function* (text: string, file: string) {
  const policy = yield* AccessPolicy.parse(text, { file })
  const resolved = yield* AccessPolicy.resolve(policy)
  return {
    checkpoints: resolved.map(({ checkpoint }) => checkpoint),
    names: policy.names ?? {},
    owners: ownersOf(resolved)
  }
})

const ofLines = (text: string, file: string): Either.Either<Part, WrongUse> => {
  const ids = text
    .split("\n")
    .map((line, i) => [line.replace(/(^|\s)#.*$/, "").trim(), `line ${i + 1}`] as const)
    .filter(([id]) => id !== "")
  const spaced = ids.find(([id]) => /\s/.test(id))
  if (spaced === undefined) return ofIds(ids, file)
  const [id, place] = spaced
  return Either.left(
    wrongUse(`${printable(file)}, ${place}: ${printable(JSON.stringify(id))} holds a space: give one id a line`)
  )
}

/** The parts as one. */
const joined = (parts: ReadonlyArray<Part>): Part => ({
  checkpoints: [...new Set(parts.flatMap(({ checkpoints }) => checkpoints))],
  names: Object.fromEntries(parts.flatMap(({ names }) => Object.entries(names))),
  owners: Object.fromEntries(parts.flatMap(({ owners }) => Object.entries(owners))),
  // Of several pages the last says whether there are more.
  warning: parts.at(-1)?.warning,
  ofJobs: parts.some(({ ofJobs }) => ofJobs === true)
})

const ofText = (document: Document): Effect.Effect<Part, Failure> => {
  const { name: file, text: given } = document
  const text = given.replace(/^\ufeff/, "")
  const kind = kindOf(text)
  if (!/^\s*[[{]/.test(text)) return kind === "policy" ? ofPolicy(text, file) : ofLines(text, file)
  const values = jsonOf(text)
  if (values === undefined) {
    return wrongUse(`${printable(file)} starts like JSON, but is not valid JSON: give the whole text`)
  }
  const [first] = values
  if (kind === "policy" && !isAnswer(first)) return ofPolicy(text, file)
  return Either.map(Either.all(values.map((value) => ofJson(value, file))), joined)
}

const none = wrongUse("no checkpoint is named: pass them as arguments, or --from <file> (- for standard input)")

/** Reads the checkpoints of the arguments, then of the files in their order. Fails if there is none. */
export const given = Effect.fnUntraced(function* (args: ReadonlyArray<CheckpointId>, files: ReadonlyArray<string>) {
  const parts = yield* Effect.forEach(files, (file) =>
    Effect.flatMap(readDocument("checkpoints", file, ["policy", "audit", "inventory"]), ofText)
  )
  for (const { warning } of parts) if (warning !== undefined) yield* Screen.complain(warning)
  const all = joined([{ checkpoints: args, names: {}, owners: {} }, ...parts])
  if (all.ofJobs === true) {
    yield* Screen.complain(
      "jobs name their final model only, not their other checkpoints: checkpoint-permissions discover --project-keys <file> finds those too"
    )
  }
  return all.checkpoints.length === 0 ? yield* none : all
})
