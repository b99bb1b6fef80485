/**
 * Strict paging as a state machine: what to ask next, what a page means, when a
 * listing ends, fails and recovers.
 *
 * @since 0.1.0
 */
import type { Failure } from "./failure.ts"
import type { ListParams, Page } from "./wire.ts"

/** @category models */
export interface Options {
  readonly checkpoint: string
  /** The cursor to resume after. */
  readonly after?: string | undefined
  /** Only permissions of this project. */
  readonly project_id?: string | undefined
  readonly order?: "ascending" | "descending" | undefined
  /** Permissions a page. */
  readonly limit: number
}

/** @category models */
export type Step<P extends Page> =
  | {
      readonly ask: ListParams
      /** The number of the page that is asked for, from 1. */
      readonly page: number
      /** The cursor to resume after, should this request fail. */
      readonly resumeAfter: string | undefined
      readonly state: State<P>
    }
  | { readonly emit: P; readonly then: Step<P> | undefined }
  | { readonly fail: Failure }

/** Opaque; may be used once. */
export interface State<P extends Page> {
  readonly _: P
}

export declare const start: <P extends Page>(options: Options) => Step<P>
export declare const onPage: <P extends Page>(state: State<P>, page: P) => Step<P>
export declare const onFailure: <P extends Page>(state: State<P>, failure: Failure) => Step<P>
