import { visibleJson } from "@checkpoint-permissions/protocol/text"
import * as Schema from "effect/Schema"
import { differs, isUnknown } from "./compare.ts"
import { AccessDiff, CheckpointDiff } from "./model.ts"

const encodeHead = Schema.encodeSync(AccessDiff)
const encodeCheckpoint = Schema.encodeSync(CheckpointDiff)

/** JSON with a line for each checkpoint. */
export const toJson = (diff: AccessDiff): string => {
  const { checkpoints: _, ...head } = encodeHead({ ...diff, checkpoints: [] })
  const answers = { isEmpty: !diff.checkpoints.some(differs), hasUnknown: diff.checkpoints.some(isUnknown) }
  const fields = Object.entries({ ...head, ...answers }).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`
  )
  const lines = diff.checkpoints.map((checkpoint) => `    ${JSON.stringify(encodeCheckpoint(checkpoint))}`)
  const list = lines.length === 0 ? "[]" : `[\n${lines.join(",\n")}\n  ]`
  return visibleJson(`{\n${fields.join("\n")}\n  "checkpoints": ${list}\n}\n`)
}
