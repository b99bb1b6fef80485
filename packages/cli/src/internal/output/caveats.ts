/** Notes that keep an audit or a plan from being mistaken for a real one. */
import { fakeUrl } from "../server/server.ts"

/** What no listing shows, said where one shows nothing. */
export const ownersDo = "a project that owns the model has access without one"

export const caveats = ({ apiUrl }: { readonly apiUrl: string }): ReadonlyArray<string> =>
  apiUrl === fakeUrl ? ["Made with --fake: no real server was asked."] : []

/** What a policy that is made from what a server has cannot hold. */
export const withoutEnds = "Each access is for good here: a server does not know until when it was meant (until)."
