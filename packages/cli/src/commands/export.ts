/**
 * `checkpoint-permissions export`: the present state as a policy.
 *
 * @since 0.1.0
 */

import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as Effect from "effect/Effect"
import { incomplete } from "../internal/failure.ts"
import { given } from "../internal/input/checkpoints.ts"
import { checkpoints, flag, force, from, out } from "../internal/input/option.ts"
import { caveats, withoutEnds } from "../internal/output/audit.ts"
import { deliverResult, targetOf } from "../internal/output/file.ts"
import { described, type Given } from "../internal/run.ts"
import { matrixOf } from "../internal/server/reading.ts"
import { rate, serverOptions, withPermissions } from "../internal/server/server.ts"
import * as Screen from "../internal/terminal/screen.ts"

const config = {
  checkpoints,
  from,
  out: out("Write it here instead of to standard output."),
  force,
  json: flag("json", "The policy as JSON instead of YAML."),
  rate,
  ...serverOptions
}

const run = Effect.fnUntraced(function* (options: Given<typeof config>) {
  const target = yield* targetOf(options, "policy file")
  const finish = Effect.fnUntraced(function* (matrix: AccessMatrix.AccessMatrix) {
    const policy = yield* Effect.mapError(AccessMatrix.toPolicy(matrix), (error) =>
      error._tag === "IncompleteMatrix" ? incomplete(`export: ${error.message}`) : error
    )
    const notes = [...caveats(matrix), withoutEnds]
    // JSON has no comments.
    if (options.json) yield* Effect.forEach(notes, Screen.complain)
    yield* deliverResult(target, {
      text: AccessPolicy.format(policy, options.json ? { format: "json" } : { format: "yaml", header: notes })
    })
  })

  const named = yield* given(options.checkpoints, options.from)
  return yield* withPermissions(options, named.checkpoints, () => Effect.flatMap(matrixOf("export", named, {}), finish))
})

/** @category commands */
export const exportPolicy = described("export", config, run, {
  summary: "Write the present state down as a policy.",
  details: [
    "Applied at once, the policy changes nothing. A key that may only list is enough. Exits with 4, and writes nothing, if a checkpoint could not be read to the end."
  ],
  examples: {
    "export --from models.json -o policy.yaml": "models.json is what GET /models answered",
    "export --from audit.json": "the checkpoints of a saved audit, read again"
  }
})
