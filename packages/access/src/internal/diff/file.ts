import * as Schema from "effect/Schema"
import { withLines } from "../json.ts"
import { differs, isUnknown } from "./compare.ts"
import { AccessDiff, CheckpointDiff } from "./model.ts"

const encodeHead = Schema.encodeSync(AccessDiff)
const encodeCheckpoint = Schema.encodeSync(CheckpointDiff)

/** JSON with a line for each checkpoint. */
export const toJson = (diff: AccessDiff): string => {
  const { checkpoints: _, ...head } = encodeHead({ ...diff, checkpoints: [] })
  const answers = { isEmpty: !diff.checkpoints.some(differs), hasUnknown: diff.checkpoints.some(isUnknown) }
  return withLines(
    { ...head, ...answers },
    "checkpoints",
    diff.checkpoints.map((checkpoint) => encodeCheckpoint(checkpoint))
  )
}
