import { lined } from "../json.ts"
import { hasUnknown, isEmpty } from "./compare.ts"
import { AccessDiff } from "./model.ts"

const encode = lined(AccessDiff, "checkpoints")

/**
 * For programs: everything the diff holds, with `isEmpty` and `hasUnknown`. A line for each checkpoint, and no
 * character in it acts on a terminal.
 *
 * @category rendering
 */
export const toJson = (diff: AccessDiff): string =>
  encode(diff, { isEmpty: isEmpty(diff), hasUnknown: hasUnknown(diff) })
