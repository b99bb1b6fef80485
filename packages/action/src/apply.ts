/** The policies of a branch: the changes since the last finished apply, or the approved plan of the run. */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import type { Inputs } from "./inputs.ts"
import { summarize, takePolicies } from "./plan.ts"
import * as Program from "./program.ts"
import { shown } from "./report.ts"
import * as repository from "./repository.ts"

/**
 * Applies what the commits since the last finished apply of this workflow change, and access that has ended; or the plan
 * that was approved in this run.
 */
export const apply = (inputs: Inputs) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const fs = yield* FileSystem.FileSystem
    const at = (name: string) => path.join(inputs.folder, name)
    const { branch, tip } = yield* repository.tipOf
    const last = yield* repository.lastApply(branch)
    const { files, own } = yield* takePolicies(inputs, tip, inputs.approved === "" ? last?.commit : undefined)
    const what = inputs.approved === "" ? [...files, "--since", last?.at ?? ""] : [path.resolve(inputs.approved)]
    if (inputs.approved === "" && last === undefined) {
      yield* summarize(shown("Access apply: not run", "No apply has finished yet: approve a plan of the whole policy."))
      return 4
    }
    yield* fs.remove(at("executed.json"), { force: true })
    const { code, stderr, stdout } = yield* Program.run(inputs, own, [
      ...["apply", ...what, "--yes", "--format", "markdown"],
      ...["--journal", at("access.journal"), "--out", at("executed.json"), "--force"],
      ...inputs.applyOptions
    ])
    yield* summarize(stdout === "" ? shown(`Access apply: exit code ${code}`, stderr) : stdout)
    return code
  }).pipe(Effect.scoped)
