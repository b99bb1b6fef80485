import * as Schema from "effect/Schema"
import { withLines } from "../json.ts"
import { hasUnknown, isEmpty } from "./compare.ts"
import { AccessDiff, CheckpointDiff } from "./model.ts"

const encodeHead = Schema.encodeSync(AccessDiff)
const encodeCheckpoint = Schema.encodeSync(CheckpointDiff)

/**
 * For programs: everything the diff holds, with `isEmpty` and `hasUnknown`. A line for each checkpoint, and no
 * character in it acts on a terminal.
 *
 * @category rendering
 */
export const toJson = (diff: AccessDiff): string => {
  const { checkpoints: _, ...head } = encodeHead({ ...diff, checkpoints: [] })
  const answers = { isEmpty: isEmpty(diff), hasUnknown: hasUnknown(diff) }
  return withLines(
    { ...head, ...answers },
    "checkpoints",
    diff.checkpoints.map((checkpoint) => encodeCheckpoint(checkpoint))
  )
}
