/** Checkpoints from where people have them. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { CheckpointId, type ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Failure, type WrongUse, wrongUse } from "../failure.ts"
import * as Screen from "../terminal/screen.ts"
import { type Document, inDocument, kindOf, readDocument } from "./document.ts"
import { decoded } from "./option.ts"

/** Checkpoints, each once, and what else is known of them. */
export interface Given {
  readonly checkpoints: ReadonlyArray<CheckpointId>
  readonly names: Readonly<Record<string, string>>
  readonly owners: Readonly<Record<string, ProjectId>>
  /** What inventories among the files list. */
  readonly lists?: ReadonlyArray<ProjectList> | undefined
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

/** What an inventory knows: its checkpoints, the names of its projects, and owners. */
export const ofInventory = (inventory: Inventory.Inventory): Given => ({
  checkpoints: inventory.checkpoints.map(({ checkpoint }) => checkpoint),
  names: Inventory.namesOf(inventory),
  owners: ownersOf(inventory.checkpoints.map(({ checkpoint, owner }) => ({ checkpoint, owner: owner ?? undefined })))
})

/** An item of a list as `GET /models` and `GET /fine_tuning/jobs` answer it. */
const Item = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const isAnswer = Schema.is(Schema.Struct({ data: Schema.Array(Item), has_more: Schema.optional(Schema.Unknown) }))
const isItem = Schema.is(Item)
const isItems = Schema.is(Schema.Array(Item))
const isIds = Schema.is(Schema.Array(Schema.String))

const isFineTuned = (id: unknown): id is string => typeof id === "string" && id.startsWith("ft:")

/** The fine-tuned models of an item; base models and jobs without a model have none. */
const modelsOf = (item: typeof Item.Type): ReadonlyArray<string> =>
  [item["id"], item["fine_tuned_model"], item["fine_tuned_model_checkpoint"]].filter(isFineTuned)

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
  lists: parts.flatMap(({ lists = [] }) => lists),
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
  if (kind === "audit") {
    return Effect.map(inDocument(document)(AccessMatrix.fromJson(text)), (matrix) => ({
      checkpoints: matrix.rows.map((row) => row.checkpoint),
      names: matrix.names,
      owners: ownersOf(matrix.rows)
    }))
  }
  if (kind === "inventory") {
    return Effect.map(inDocument(document)(Inventory.fromJson(text)), (inventory) => ({
      ...ofInventory(inventory),
      lists: [listOfInventory(file, inventory)]
    }))
  }
  if (kind === "policy" && !isAnswer(first)) return ofPolicy(text, file)
  return Either.map(Either.all(values.map((value) => ofJson(value, file))), joined)
}

const none = wrongUse("no checkpoint is named: pass them as arguments, or --from <file> (- for standard input)")

export const documentsOf = (files: ReadonlyArray<string>) =>
  Effect.forEach(files, (file) => readDocument("checkpoints", file, ["policy", "audit", "inventory"]))

/** The checkpoints of the arguments, then of the documents in their order; `onFound` is told of each document. */
export const givenBy = Effect.fnUntraced(function* <E, R>(
  args: ReadonlyArray<CheckpointId>,
  documents: ReadonlyArray<Document>,
  onFound: (document: Document, checkpoints: number) => Effect.Effect<void, E, R>
) {
  const parts = yield* Effect.forEach(documents, (document) =>
    Effect.tap(ofText(document), ({ checkpoints }) => onFound(document, new Set(checkpoints).size))
  )
  for (const { warning } of parts) if (warning !== undefined) yield* Screen.complain(warning)
  const all = joined([{ checkpoints: args, names: {}, owners: {} }, ...parts])
  if (all.ofJobs === true) {
    yield* Screen.complain(
      "jobs name their final model only, not their other checkpoints: checkpoint-permissions discover --project-keys <file> --out inventory.json finds those too, and --from takes that file"
    )
  }
  return all.checkpoints.length === 0 ? yield* none : all
})

/** The same of files. */
export const given = (args: ReadonlyArray<CheckpointId>, files: ReadonlyArray<string>) =>
  Effect.flatMap(documentsOf(files), (documents) => givenBy(args, documents, () => Effect.void))

export interface ProjectList {
  readonly file: string
  readonly projects: ReadonlyArray<string>
  /** Whether those without access may be missing. */
  readonly isPartial?: boolean
}

export const listOfInventory = (file: string, { projects }: Inventory.Inventory): ProjectList => ({
  file,
  projects: projects.list.map(({ id }) => id)
})

/** The projects that an audit shows, asked about or has names of. */
export const listOfAudit = (file: string, audit: AccessMatrix.AccessMatrix): ProjectList => ({
  file,
  isPartial: true,
  projects: [
    ...AccessMatrix.projects(audit),
    ...Object.keys(audit.names),
    ...(audit.project === undefined ? [] : [audit.project])
  ]
})

/** Warns of a project that no list has: since they were saved there may be new ones. */
export const warnOfStranger = (project: Option.Option<string>, lists: ReadonlyArray<ProjectList>) =>
  Effect.gen(function* () {
    const files = lists.map(({ file }) => printable(file)).join(" or ")
    const which = lists.every(({ isPartial }) => isPartial) ? ", which knows only those with access or a name" : ""
    const known = lists.flatMap(({ projects }) => projects)
    const found = lists.length === 0 ? [] : Inventory.strangers(Option.toArray(project), known, files + which)
    yield* Effect.forEach(found, Screen.complain, { discard: true })
  })
