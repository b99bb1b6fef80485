/** Ids of checkpoints from arguments, lines and documents. Nothing else is read from a file of `--from`. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import type * as AccessReview from "@checkpoint-permissions/access/AccessReview"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { printable } from "@checkpoint-permissions/protocol/text"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { wrongUse } from "../command/failure.ts"
import * as Screen from "../terminal/screen.ts"
import { type Document, inDocument, kindOf, readDocument } from "./document.ts"
import { decoded } from "./option.ts"

const decodeId = decoded(CheckpointId)

const decodeIds = (ids: ReadonlyArray<readonly [id: string, place: string]>, file: string) =>
  Effect.forEach(ids, ([id, place]) =>
    Either.mapLeft(decodeId(id), (reason) => wrongUse(`${printable(file)}, ${place}: ${reason}`))
  )

const isRecord = Schema.is(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
const isPage = Schema.is(Schema.Struct({ has_more: Schema.Literal(true) }))

/** Fields of documents and of the API whose value is a checkpoint id. */
const checkpointFields = new Set(["checkpoint", "fine_tuned_model", "fine_tuned_model_checkpoint"])

/**
 * Finds the ids in a JSON value: in fields for them, in a list of texts, and models (`ft:…`) in `id` or in other lists.
 */
function* idsIn(value: unknown, field: string): Generator<string> {
  if (typeof value === "string") {
    if (checkpointFields.has(field) || (/^(id)?$/.test(field) && value.startsWith("ft:"))) yield value
  } else if (Array.isArray(value)) {
    for (const one of value) yield* idsIn(one, "")
  } else if (isRecord(value)) {
    for (const [key, one] of Object.entries(value)) yield* idsIn(one, key)
  }
}

const parse = Schema.decodeUnknownEither(Schema.parseJson())
const isIds = Schema.is(Schema.Array(Schema.String))

const parseAll = (text: string) =>
  Either.orElse(
    Either.map(parse(text), (value) => [value]),
    () => Either.all(text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [parse(line)])))
  )

interface Named {
  readonly checkpoint: CheckpointId
  readonly owner?: string | undefined
  readonly ownerSource?: AccessMatrix.OwnerSource | undefined
  /** The ends of access, in a policy. */
  readonly ends?: AccessReview.Review["ends"]
}

const readJson = Effect.fnUntraced(function* (text: string, file: string) {
  const name = printable(file)
  const values = yield* Either.mapLeft(parseAll(text), () =>
    wrongUse(`${name} is not valid JSON: pass the complete text`)
  )
  const ids = values.flatMap((value) => (isIds(value) ? value : [...idsIn(value, "")]))
  if (ids.length === 0) {
    return yield* wrongUse(
      `${name} contains no fine-tuned model: pass a reply of GET /models or GET /fine_tuning/jobs, or a list of ids`
    )
  }
  const checkpoints = yield* decodeIds(
    ids.map((id, i) => [id, `entry ${i + 1}`] as const),
    file
  )
  // the `has_more` of the last of several pages counts
  if (isPage(values.at(-1))) {
    yield* Screen.warn(`${name} is one page of several (has_more): checkpoints on other pages are missing`)
  }
  if (/"fine_tuned_model"\s*:\s*"/.test(text)) {
    yield* Screen.warn(
      "jobs contain only their final model: to find their other checkpoints, use discover --project-keys <file>"
    )
  }
  return checkpoints
})

const readLines = (text: string, file: string) => {
  const ids = text
    .split("\n")
    .map((line, i) => [line.replace(/(^|\s)#.*$/, "").trim(), `line ${i + 1}`] as const)
    .filter(([id]) => id !== "")
  const [id, place] = ids.find(([id]) => /\s/.test(id)) ?? []
  return id === undefined
    ? decodeIds(ids, file)
    : wrongUse(`${printable(file)}, ${place}: ${printable(JSON.stringify(id))} contains a space: write one id per line`)
}

const decodeInventory = Schema.decodeOption(
  Schema.parseJson(
    Schema.Struct({
      projects: Schema.optional(Schema.Struct({ list: Schema.Array(Schema.Struct({ id: Schema.String })) })),
      checkpoints: Schema.Array(
        Schema.Struct({
          checkpoint: CheckpointId,
          owner: Schema.NullOr(ProjectId),
          ownerSource: Schema.optional(Schema.NullOr(AccessMatrix.OwnerSource))
        })
      )
    })
  )
)

export interface Listed {
  readonly file: string
  readonly projects?: ReadonlyArray<string>
  readonly named: ReadonlyArray<Named>
  readonly policy?: AccessPolicy.AccessPolicy
  readonly source?: AccessPolicy.Source
}

const readListed = Effect.fnUntraced(function* ({ name: file, text: given }: Document) {
  const text = given.replace(/^\ufeff/, "")
  const kind = kindOf(text)
  if (kind === "audit") {
    const { rows } = yield* inDocument({ name: file })(AccessMatrix.fromJson(text))
    const projects = rows.flatMap(({ owner = [], permissions }) => [
      ...[owner].flat(),
      ...permissions.map(({ project_id }) => project_id)
    ])
    return { file, named: rows, projects }
  }
  if (kind === "policy") {
    const policy = yield* AccessPolicy.parse(text, { file })
    return { file, named: yield* AccessPolicy.resolve(policy), policy, source: { text, file } }
  }
  const ids = yield* /^\s*[[{]/.test(text) ? readJson(text, file) : readLines(text, file)
  const inventories = kind === "inventory" ? Option.toArray(decodeInventory(text)) : []
  const known = inventories.flatMap((one) => one.checkpoints)
  const owners = new Map(
    known.map(({ checkpoint, owner, ownerSource }) => [
      checkpoint,
      { owner: owner ?? undefined, ownerSource: ownerSource ?? undefined }
    ])
  )
  const projects = inventories.flatMap((one) => one.projects?.list ?? []).map(({ id }) => id)
  return { file, named: ids.map((checkpoint) => ({ checkpoint, ...owners.get(checkpoint) })), projects }
})

const decodeWhole = Schema.decodeEither(Schema.parseJson(Inventory.Inventory))

/** Reads a whole inventory from a file. */
export const readInventory = (path: string) =>
  Effect.flatMap(readDocument("inventory", path, ["inventory"]), ({ name, text }) =>
    Either.mapLeft(decodeWhole(text), () =>
      wrongUse(`${printable(name)} is not an inventory of this version: make it with discover --out`)
    )
  )

export const noCheckpoints = wrongUse("no checkpoints: pass ids or --from <file> (- for standard input)")

export const readFiles = (files: ReadonlyArray<string>) =>
  Effect.forEach(files, (file) =>
    Effect.flatMap(
      readDocument("checkpoints", file, ["policy", "plan", "audit", "inventory", "journal"]),
      (document): Effect.Effect<Listed, Effect.Effect.Error<ReturnType<typeof readListed>>, Screen.Screen> =>
        readListed(document)
    )
  )

export const checkpointsIn = (args: ReadonlyArray<CheckpointId>, named: ReadonlyArray<Named>) => {
  const checkpoints = [...new Set([...args, ...named.map(({ checkpoint }) => checkpoint)])]
  return checkpoints.length === 0 ? noCheckpoints : Effect.succeed(checkpoints)
}
