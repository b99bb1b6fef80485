import type { Reply } from "../../http.ts"
import { errorReply } from "../../http.ts"

/** Who may use the control routes. */
export type Control =
  | "off"
  /** Whoever names the emulator by a name of this machine. */
  | "local"
  /** Whoever sends the token, as `Authorization: Bearer`. */
  | { readonly token: string }

/** A reply that is held back until `isDue` says so after some request, or `millis` have passed. */
export interface Held {
  readonly isDue: () => boolean
  readonly reply: () => Reply
  readonly millis: number
}

/** What becomes of a control request. */
export type Answer = Reply | Held

/** A refusal in the envelope of the API, though the API has no such routes. */
export const refusal = (status: number, message: string, param = ""): Reply =>
  errorReply(status, message, { type: "control_error", code: "control_refused", param })
