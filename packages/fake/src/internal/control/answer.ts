import type { Reply } from "../../http.ts"
import { InvalidSetting } from "../../invalidSetting.ts"
import * as Check from "../checks.ts"
import type { Answer } from "./model.ts"
import { refusal } from "./model.ts"
import type { Context, Route } from "./routes.ts"
import { bodyOf, routes } from "./routes.ts"

const decoded = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** The open parts of a path that a route takes. */
const partsOf = (route: Route, path: string): ReadonlyArray<string> | undefined => {
  const wanted = route.path.split("/")
  const given = path.split("/")
  if (wanted.length !== given.length) return undefined
  const parts: Array<string> = []
  for (const [i, segment] of wanted.entries()) {
    const text = given[i] ?? ""
    const part = decoded(text)
    if (!segment.startsWith(":")) {
      if (segment !== text) return undefined
    } else if (part) {
      parts.push(part)
    } else {
      return undefined
    }
  }
  return parts
}

const noBody = Check.struct("nothing, or {}", {})

const refused = (reply: Reply): Answer => ({ _tag: "Reply", reply })

/**
 * Answers a control request for one server; `isRoot` for that of the emulator itself, `path` is what comes below it.
 */
export const answer = (path: string, isRoot: boolean, context: Omit<Context, "parts">): Answer => {
  const { method } = context.request
  const here = routes.flatMap((route) => {
    const parts = isRoot || route.rootOnly === undefined ? partsOf(route, path) : undefined
    return parts === undefined ? [] : [{ route, parts }]
  })
  if (here.length === 0) {
    return refused(refusal(404, `There is no control route ${method} ${context.request.path}: GET /__fake lists them.`))
  }
  const found = here.find(({ route }) => route.method === method)
  if (found === undefined) {
    const allowed = here.map(({ route }) => route.method).join(", ")
    const reply = refusal(405, `${context.request.path} takes ${allowed}, not ${method}.`)
    return refused({ ...reply, headers: { ...reply.headers, allow: allowed } })
  }
  try {
    if (context.request.body !== "" && found.route.takesBody === undefined) {
      Check.assertValid(noBody, bodyOf(context), "body")
    }
    return found.route.answer({ ...context, parts: found.parts })
  } catch (error) {
    if (!(error instanceof InvalidSetting)) throw error
    return refused(refusal(400, error.message.replace(/^: /, ""), error.field))
  }
}
