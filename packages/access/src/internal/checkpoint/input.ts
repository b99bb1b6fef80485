import { CheckpointId, ProjectId } from "@checkpoint-permissions/core/Identifiers"
import { InvalidInput, type Operation } from "@checkpoint-permissions/core/PermissionsError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const reasonOf = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "refused"

const isCheckpoint = Schema.validateEither(CheckpointId)
const isProject = Schema.validateEither(ProjectId)

/** Checks what a grant or a revoke was given, before a request exists: each project once, in the order given. */
export const checked = (
  operation: Operation,
  checkpoint: CheckpointId,
  projects: ReadonlyArray<ProjectId>
): Effect.Effect<ReadonlyArray<ProjectId>, InvalidInput> => {
  const refuse = (field: string, reason: string) => Effect.fail(new InvalidInput({ operation, field, reason }))
  const badCheckpoint = Either.flip(isCheckpoint(checkpoint))
  if (Either.isRight(badCheckpoint)) return refuse("checkpoint", reasonOf(badCheckpoint.right))
  if (projects.length === 0) return refuse("projects", "the list of projects is empty: pass at least one project id")
  for (const [index, project] of projects.entries()) {
    const bad = Either.flip(isProject(project))
    if (Either.isRight(bad)) return refuse(`projects[${index}]`, reasonOf(bad.right))
  }
  return Effect.succeed([...new Set(projects)])
}
