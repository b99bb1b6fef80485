/** The differences between the policies and the server, as an issue. */
import * as Drift from "@checkpoint-permissions/access/Drift"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { change, issuesOf } from "./comments.ts"
import { runUrl } from "./github.ts"
import type { Inputs } from "./inputs.ts"
import { changesOf, markerOf } from "./issue.ts"
import { summarize, takePolicies } from "./plan.ts"
import * as Program from "./program.ts"
import { shown } from "./report.ts"
import { tipOf, workflow } from "./repository.ts"

const decode = Schema.decodeUnknown(Schema.parseJson(Drift.Drift))

/** Compares the policies of the branch with the server, and writes the differences as the issue of these policies. */
export const drift = (inputs: Inputs) =>
  Effect.gen(function* () {
    const { tip } = yield* tipOf
    const { files, own } = yield* takePolicies(inputs, tip)
    const options = ["drift", ...files, "--json", ...inputs.driftOptions]
    const { code, stderr, stdout } = yield* Program.run(inputs, own, options, () => Effect.void)
    if (stdout === "" || (code !== 0 && code !== 3 && code !== 4)) {
      yield* summarize(shown("Access drift: unknown", stderr))
      return code
    }
    const found = yield* decode(stdout)
    yield* summarize(Drift.toMarkdown(found, { files: inputs.policy, rows: Number.POSITIVE_INFINITY }))
    const about = { policy: inputs.policy, runUrl: yield* runUrl, workflow: yield* workflow }
    const changes = changesOf(yield* issuesOf(inputs, markerOf(found, about)), found, about)
    yield* Effect.forEach(changes, change, { discard: true })
    // the issue reports a difference
    return code === 3 ? 0 : code
  }).pipe(Effect.scoped)
