/**
 * `checkpoint-permissions export`: the present state as a policy.
 *
 * @since 0.1.0
 */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as AccessPolicy from "@checkpoint-permissions/access/AccessPolicy"
import * as CheckpointPermissions from "@checkpoint-permissions/client/CheckpointPermissions"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { described } from "../internal/help/described.ts"
import { given } from "../internal/input/checkpoints.ts"
import { checkpoints, force, from, out } from "../internal/input/parameters.ts"
import { deliver } from "../internal/output/deliver.ts"
import * as output from "../internal/output/file.ts"
import { rate, serverOptions } from "../internal/server/options.ts"
import { matrixOf } from "../internal/server/reading.ts"
import { withPermissions } from "../internal/server/server.ts"

const config = {
  checkpoints,
  from,
  out: out("Write it here instead of to standard output."),
  force,
  json: Options.boolean("json").pipe(Options.withDescription("The policy as JSON instead of YAML.")),
  rate,
  ...serverOptions
}

const run = (options: Command.Command.ParseConfig<typeof config>) =>
  Effect.gen(function* () {
    const target = Option.map(options.out, (path) => ({ what: "policy file", path, force: options.force }))
    if (Option.isSome(target)) yield* output.check(target.value)
    const named = yield* given(options.checkpoints, options.from)
    return yield* withPermissions(options, named.checkpoints, (permissions) =>
      Effect.gen(function* () {
        const policy = yield* AccessMatrix.toPolicy(yield* matrixOf("export", named, {}))
        yield* deliver(target, AccessPolicy.format(policy, { format: options.json ? "json" : "yaml" }))
      }).pipe(Effect.provideService(CheckpointPermissions.CheckpointPermissions, permissions))
    )
  })

/**
 * @category commands
 * @since 0.1.0
 */
export const exportPolicy = described("export", Command.make("export", config, run), {
  summary: "Write the present state down as a policy: applied at once, it changes nothing.",
  details: [
    "A key that may only list is enough. Exits with 4, and writes nothing, if a checkpoint could not be read to the end."
  ],
  examples: [
    {
      line: "checkpoint-permissions export --from models.json --out policy.yaml",
      does: "models.json is what GET /models answered"
    }
  ]
})
