import { InvalidSetting } from "../../invalidSetting.ts"
import * as Check from "../checks.ts"
import { router } from "../router.ts"
import type { Answer } from "./model.ts"
import { refusal } from "./model.ts"
import type { Context } from "./routes.ts"
import { routes } from "./routes.ts"

const findAtRoot = router(routes)
const findAtServer = router(routes.filter(({ rootOnly }) => rootOnly === undefined))

/** Throws `InvalidSetting`. */
const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    throw new InvalidSetting("body", body === "" ? "expected JSON, got nothing" : "expected JSON")
  }
}

const noBody = Check.struct("nothing, or {}", {})

/**
 * Answers a control request for one server; `isRoot` for that of the emulator itself, `path` is what comes below it.
 */
export const answer = (path: string, isRoot: boolean, context: Omit<Context, "body" | "params">): Answer => {
  const { body, method, path: whole } = context.request
  const found = (isRoot ? findAtRoot : findAtServer)(method, path)
  if (found === undefined) return refusal(404, `There is no control route ${method} ${whole}: GET /__fake lists them.`)
  if (typeof found === "string") {
    const reply = refusal(405, `${whole} takes ${found}, not ${method}.`)
    return { ...reply, headers: { ...reply.headers, allow: found } }
  }
  const { endpoint, params } = found
  try {
    if (body !== "" && endpoint.takesBody === undefined) noBody(parsed(body), "body")
    return endpoint.answer({ ...context, params, body: () => parsed(body) })
  } catch (error) {
    if (!(error instanceof InvalidSetting)) throw error
    return refusal(400, error.message.replace(/^: /, ""), error.field)
  }
}
