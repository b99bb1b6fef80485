import type { Failure } from "../../failure.ts"
import type { ListParams } from "../../wire.ts"
import type { History } from "./history.ts"
import type { Page } from "./page.ts"
import type { Recovery } from "./recovery.ts"

export type Phase<P extends Page> =
  | { readonly _tag: "first" }
  /** The start of the whole listing, to compare it with the first page of a resumed one. */
  | { readonly _tag: "start"; readonly page: P }
  /** The end of the whole listing, where nothing came after the cursor that a listing was resumed after. */
  | { readonly _tag: "end"; readonly page: P }
  | { readonly _tag: "next"; readonly after: string; readonly gaveAfter: string | undefined }
  | { readonly _tag: "recovery"; readonly recovery: Recovery }

/** Opaque, and plain data: a step gives a new one. */
export interface State<P extends Page> {
  readonly phase: Phase<P>
  readonly ask: ListParams
  readonly history: History
}

export type Step<P extends Page> =
  | {
      /** What to request. Its `limit` is less than the one of the options once the server refused that. */
      readonly ask: ListParams
      readonly page: number
      readonly resumeAfter: string | undefined
      readonly state: State<P>
    }
  | { readonly emit: P; readonly then: Step<P> | undefined }
  | { readonly fail: Failure }
