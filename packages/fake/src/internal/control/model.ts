import type { Reply } from "../../http.ts"
import { errorReply } from "../../http.ts"
import { json } from "../api/reply.ts"

/** Who may use the control routes. */
export type Control =
  | "off"
  /** Whoever names the emulator by a name of this machine. */
  | "local"
  /** Whoever sends the token, as `Authorization: Bearer`. */
  | { readonly token: string }

/**
 * What becomes of a control request: a reply, or a reply that is held back until `isDue` says so after some request, or
 * `millis` have passed.
 */
export type Answer =
  | { readonly _tag: "Reply"; readonly reply: Reply }
  | { readonly _tag: "Held"; readonly isDue: () => boolean; readonly reply: () => Reply; readonly millis: number }

export const answered = (value: unknown, status = 200): Answer => ({ _tag: "Reply", reply: json(status, value) })

/** A refusal in the envelope of the API, though the API has no such routes. */
export const refusal = (status: number, message: string, param?: string): Reply =>
  errorReply(status, message, {
    type: "control_error",
    code: "control_refused",
    ...(param === undefined || param === "" ? {} : { param })
  })
