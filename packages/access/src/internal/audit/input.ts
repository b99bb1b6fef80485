import type { Service } from "@checkpoint-permissions/client/CheckpointPermissions"
import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInput } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { reasonOf } from "../json.ts"
import { shown } from "../text.ts"
import type { Row } from "./matrix.ts"
import type { AuditOptions } from "./options.ts"

const refused = (field: string, reason: string) => new InvalidInput({ operation: "list", field, reason })

const valid = <A, I>(schema: Schema.Schema<A, I>) => {
  const validate = Schema.validateEither(schema)
  return (field: string, id: A): Either.Either<A, InvalidInput> =>
    Either.mapLeft(validate(id), (error) => refused(field, reasonOf(error)))
}

const checkpointAt = valid(CheckpointId)
const projectAt = valid(ProjectId)

const what = (server: Service["server"]): string =>
  `${shown(server.apiUrl, 200)} and ${server.organization === undefined ? "no named organization" : `organization ${shown(server.organization)}`}`

/** Checks what an audit was given, before a request exists: each checkpoint once, in the order given. */
export const checked = Effect.fnUntraced(function* (
  service: Service,
  checkpoints: ReadonlyArray<CheckpointId>,
  options: AuditOptions
) {
  const concurrency = options.concurrency ?? 8
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    return yield* refused("concurrency", `${shown(concurrency)}: pass a positive whole number, such as 8`)
  }
  for (const [index, checkpoint] of checkpoints.entries()) yield* checkpointAt(`checkpoints[${index}]`, checkpoint)
  for (const [index, project] of (options.projects ?? []).entries()) yield* projectAt(`projects[${index}]`, project)
  for (const [checkpoint, owner] of Object.entries(options.owners ?? {})) {
    yield* projectAt(`owners[${shown(checkpoint)}]`, owner)
  }
  if (options.project !== undefined) yield* projectAt("project", options.project)
  const { previous } = options
  if (
    previous !== undefined &&
    (previous.apiUrl !== service.server.apiUrl || previous.organization !== service.server.organization)
  ) {
    const before = what({ apiUrl: previous.apiUrl, organization: previous.organization })
    return yield* refused("previous", `it is of ${before}, not of ${what(service.server)}: begin again without it`)
  }
  return { concurrency, wanted: [...new Set(checkpoints)] }
})

/**
 * The rows of an earlier audit that answer this one's question, or a part of
 * it. Whoever knows all projects of a checkpoint knows each of them, but not the
 * other way round.
 */
export const earlierRows = ({ previous, project }: AuditOptions): ReadonlyMap<CheckpointId, Row> => {
  if (previous === undefined || (previous.project !== undefined && previous.project !== project)) return new Map()
  return new Map(
    previous.rows.map((row) => {
      if (project === undefined || previous.project === project) return [row.checkpoint, row]
      const permissions = row.permissions.filter(({ project_id }) => project_id === project)
      return [row.checkpoint, { ...row, permissions }]
    })
  )
}
