/** Notes that keep an audit or a plan from being mistaken for a whole or a real one. */
import type { Part } from "@checkpoint-permissions/access/AccessMatrix"
import { label as partName } from "@checkpoint-permissions/access/AccessPart"
import { fakeUrl } from "../server/options.ts"

/** What no listing shows, said where one shows nothing. */
export const ownersDo = "a project that owns the model has access without one"

export const caveats = ({
  apiUrl,
  part
}: {
  readonly apiUrl: string
  readonly part?: Part | undefined
}): ReadonlyArray<string> => [
  ...(apiUrl === fakeUrl ? ["Made with --fake: no real server was asked."] : []),
  ...(part === undefined ? [] : [`Only ${partName(part)}.`])
]

/** What a policy that is made from what a server has cannot hold. */
export const withoutEnds = "Each access is for good here: a server does not know until when it was meant (until)."
