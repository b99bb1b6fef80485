/** The steps of a plan file, and which of them nobody reviewed. */
import * as Effect from "effect/Effect"
import type { ParseError } from "effect/ParseResult"
import * as Schema from "effect/Schema"

const Plan = Schema.parseJson(
  Schema.Struct({
    format: Schema.Literal("checkpoint-permissions/plan"),
    apiUrl: Schema.String,
    organization: Schema.optional(Schema.String),
    checkpoints: Schema.Array(
      Schema.Struct({
        checkpoint: Schema.String,
        grants: Schema.Array(Schema.String),
        revokes: Schema.Array(
          Schema.Struct({ permission: Schema.Struct({ id: Schema.String, project_id: Schema.String }) })
        )
      })
    )
  })
)

/** What a plan does, and where. */
export interface Steps {
  /** The server and the organization that it is for. */
  readonly server: string
  /** A line for each step: the sign of a grant or a revoke, project, permission and checkpoint. */
  readonly steps: ReadonlyArray<string>
}

/** Reads the text of a plan file. */
export const stepsOf = (text: string): Effect.Effect<Steps, ParseError> =>
  Effect.map(Schema.decodeUnknown(Plan)(text), ({ apiUrl, checkpoints, organization = "" }) => ({
    server: `${apiUrl} ${organization}`,
    steps: checkpoints.flatMap(({ checkpoint, grants, revokes }) => [
      ...revokes.map(({ permission }) => `- ${permission.project_id}  ${permission.id}  ${checkpoint}`),
      ...grants.map((project) => `+ ${project}  ${checkpoint}`)
    ])
  }))

/** The steps of `now` that are not in the reviewed plan. All of them, if that was for another server. */
export const unreviewed = (now: Steps, reviewed: Steps): ReadonlyArray<string> => {
  const known = new Set(reviewed.server === now.server ? reviewed.steps : [])
  return now.steps.filter((step) => !known.has(step))
}
