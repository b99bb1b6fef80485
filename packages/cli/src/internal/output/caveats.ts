/** What an audit or a plan must not be taken for. */
import type { Part } from "@checkpoint-permissions/access/AccessMatrix"
import { told } from "../input/parts.ts"
import { fakeUrl } from "../server/options.ts"

export const caveats = ({
  apiUrl,
  part
}: {
  readonly apiUrl: string
  readonly part?: Part | undefined
}): ReadonlyArray<string> => [
  ...(apiUrl === fakeUrl ? ["Made with --fake: no real server was asked."] : []),
  ...(part === undefined ? [] : [`Only ${told(part)}.`])
]
